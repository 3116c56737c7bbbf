package schedule

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Times at which the minimum is above the maximum.
type clash struct {
	span
	ordinary []day // days without dates
	dates    []day
}

type clashes struct {
	list []*clash
	more bool // there are more than maxClashes
	// The days without dates that were examined; to is excluded.
	from, to day
}

const maxClashes = 5 // a mistake in one row often causes several

// zero: the minimum is 0 in some span.
func (c *clashes) note(d day, dated bool, spans []span) (zero bool) {
	for _, s := range spans {
		zero = zero || s.Min == 0
		if s.Min > s.Max {
			c.add(d, dated, s)
		}
	}
	return zero
}

func (c *clashes) add(d day, dated bool, s span) {
	i := slices.IndexFunc(c.list, func(k *clash) bool { return k.span == s })
	if i < 0 {
		if i = len(c.list); i == maxClashes {
			c.more = true
			return
		}
		c.list = append(c.list, &clash{span: s})
	}
	if dated {
		c.list[i].dates = append(c.list[i].dates, d)
	} else {
		c.list[i].ordinary = append(c.list[i].ordinary, d)
	}
}

func (c clashes) err() error {
	var errs []error
	for _, k := range c.list {
		errs = append(errs, fmt.Errorf("MIN_DYNOS %d is above MAX_DYNOS %d %s", k.Min, k.Max, c.when(k)))
	}
	if c.more {
		errs = append(errs, errors.New("and at other times"))
	}
	return errors.Join(errs...)
}

// Such as "on Mon–Fri from 9:00 to 17:00".
func (c clashes) when(k *clash) string {
	always := c.alwaysOn(k)
	whole := k.from == 0 && k.to == minutesPerDay
	if always == allWeekdays && whole {
		return "at all times"
	}
	on := "every day"
	if always != allWeekdays {
		sometimes := func(d day) bool { return always&d.calendar().dow == 0 }
		var parts []string
		if always != 0 {
			parts = append(parts, weekdayTitle(always))
		}
		parts = append(parts, runs(yearly(filter(k.ordinary, sometimes)), "2 Jan", "–")...)
		parts = append(parts, runs(filter(k.dates, sometimes), time.DateOnly, "..")...)
		on = "on " + strings.Join(shorten(parts), ", ")
	}
	if whole {
		return on + ", all day"
	}
	return fmt.Sprintf("%s from %s to %s", on, clockText(k.from), clockText(k.to))
}

// The weekdays on which the clash occurs in every week without dates.
func (c clashes) alwaysOn(k *clash) (mask uint64) {
	var left [7]int
	for d := c.from; d < c.to; d++ {
		left[d.utc().Weekday()]++
	}
	for _, d := range k.ordinary {
		left[d.utc().Weekday()]--
	}
	for weekday, n := range left {
		if n == 0 {
			mask |= 1 << weekday
		}
	}
	return mask
}

// The same days in the year 2000, a leap year.
func yearly(days []day) []day {
	for i, d := range days {
		_, month, dom := d.utc().Date()
		days[i] = dayOf(2000, month, dom)
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// days must be sorted.
func runs(days []day, layout, dash string) []string {
	var texts []string
	for i := 0; i < len(days); {
		first := i
		for i++; i < len(days) && days[i] == days[i-1]+1; i++ {
		}
		text := days[first].utc().Format(layout)
		if i-1 > first {
			text += dash + days[i-1].utc().Format(layout)
		}
		texts = append(texts, text)
	}
	return texts
}

func shorten(parts []string) []string {
	const most = 4
	if len(parts) <= most {
		return parts
	}
	return append(parts[:most:most], fmt.Sprintf("and %d more", len(parts)-most))
}

func filter(days []day, keep func(day) bool) []day {
	return slices.DeleteFunc(slices.Clone(days), func(d day) bool { return !keep(d) })
}
