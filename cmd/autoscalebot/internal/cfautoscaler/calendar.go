package cfautoscaler

import (
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/schedule"
)

const minutesPerDay = 24 * 60

// A Step is a minute of the day from which on limits hold.
type Step struct {
	Minute int
	Limits schedule.Limits
}

func byMinute(a, b Step) int { return a.Minute - b.Minute }

// A Day is what changes on one day, in the order of time. Until the first step the last one before that day still
// holds.
type Day []Step

// A Calendar is when which limits begin to hold, by the clock on the wall of its zone.
type Calendar struct {
	// Zone is nil for UTC.
	Zone *time.Location
	// Week has the steps of each weekday, Sunday first.
	Week [7]Day
	// Parts have steps that come on some days beside those of the weekday. Where one is bounded by dates, all are that
	// ever meet it.
	Parts []Part
	// Dates have days that are unlike what else recurs, in order; no two hold the same date.
	Dates []Dates
}

// A Part is what recurs on some days.
type Part struct {
	// Weekdays has a bit for each weekday on which it comes, Sunday the lowest.
	Weekdays int
	// Days are those of the month on which it comes, from 1 to 31, in order; nil for all.
	Days []int
	// First and Last are midnights in UTC between which it comes, both included; zero for no bound.
	First, Last time.Time
	Day         Day
}

func (p *Part) on(date time.Time) bool {
	return p.Weekdays&(1<<date.Weekday()) != 0 && (p.Days == nil || slices.Contains(p.Days, date.Day())) &&
		within(date, p.First, p.Last)
}

// within takes a zero first or last for no bound.
func within(date, first, last time.Time) bool {
	return !date.Before(first) && (last.IsZero() || !date.After(last))
}

func (p *Part) bounded() bool { return !p.First.IsZero() || !p.Last.IsZero() }

func (c *Calendar) bounded() bool {
	return slices.ContainsFunc(c.Parts, func(p Part) bool { return p.bounded() })
}

// Dates are some days in a row on which nothing holds but what stands here.
type Dates struct {
	// First and Last are midnights in UTC; both are included.
	First, Last time.Time
	Day         Day
}

func (c *Calendar) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

func (c *Calendar) empty() bool {
	return c.weekly() == 0 && len(c.Parts) == 0 && len(c.Dates) == 0
}

func (c *Calendar) weekly() (n int) {
	for _, d := range c.Week {
		if len(d) > 0 {
			n++
		}
	}
	return n
}

// on takes a midnight in UTC.
func (c *Calendar) on(date time.Time) Day {
	i, dated := slices.BinarySearchFunc(c.Dates, date, func(d Dates, date time.Time) int {
		switch {
		case d.Last.Before(date):
			return -1
		case d.First.After(date):
			return 1
		}
		return 0
	})
	if dated {
		return c.Dates[i].Day
	}
	return c.recurring(date)
}

// recurring is what would hold if no date had steps of its own.
func (c *Calendar) recurring(date time.Time) Day {
	day := slices.Clone(c.Week[date.Weekday()])
	for i := range c.Parts {
		if c.Parts[i].on(date) {
			day = append(day, c.Parts[i].Day...)
		}
	}
	slices.SortStableFunc(day, byMinute)
	return day
}

// longestGap in days between two steps that recur: from one 31st to the next but one.
const longestGap = 70

func (c *Calendar) at(date time.Time, minute int, base schedule.Limits) schedule.Limits {
	for range longestGap {
		if l, ok := c.on(date).at(minute); ok {
			return l
		}
		date, minute = date.AddDate(0, 0, -1), minutesPerDay
	}
	return base
}

// ok is false before the first step.
func (d Day) at(minute int) (l schedule.Limits, ok bool) {
	for _, s := range d {
		if s.Minute <= minute {
			l, ok = s.Limits, true
		}
	}
	return l, ok
}

// addDates makes one range of neighbours that are alike.
func (c *Calendar) addDates(d Dates) {
	if n := len(c.Dates); n > 0 {
		last := &c.Dates[n-1]
		if last.Last.AddDate(0, 0, 1).Equal(d.First) && slices.Equal(last.Day, d.Day) {
			last.Last = d.Last
			return
		}
	}
	c.Dates = append(c.Dates, d)
}

// dateOf returns a midnight in UTC, and the minute of the day.
func dateOf(t time.Time, zone *time.Location) (date time.Time, minute int) {
	t = t.In(zone)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC), t.Hour()*60 + t.Minute()
}

// moment is when the clock on the wall shows a minute of a date.
func moment(date time.Time, minute int, zone *time.Location) time.Time {
	return time.Date(date.Year(), date.Month(), date.Day(), 0, minute, 0, 0, zone)
}
