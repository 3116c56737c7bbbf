package cfautoscaler

import (
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/schedule"
)

const minutesPerDay = 24 * 60

// A Step is a minute of the day at which limits take effect.
type Step struct {
	Minute int
	Limits schedule.Limits
}

func byMinute(a, b Step) int { return a.Minute - b.Minute }

// A Day has the steps of one day, in the order of time. The last step before that day applies up to the first one.
type Day []Step

// A Calendar has the limits over time, in local time of its zone.
type Calendar struct {
	// Zone is nil for UTC.
	Zone *time.Location
	// Week has the steps of each weekday, Sunday first.
	Week [7]Day
	// Parts have steps of some days, in addition to those of the weekday. If one has dates as bounds, all parts that
	// share a day with it have.
	Parts []Part
	// Dates have exceptional days, in order. They do not overlap.
	Dates []Dates
}

// A Part recurs on some days.
type Part struct {
	// Weekdays has a bit for each weekday, Sunday the lowest.
	Weekdays int
	// Days are days of the month, from 1 to 31, in order; nil for all.
	Days []int
	// First and Last are the first and the last day, as midnights in UTC; zero for no bound.
	First, Last time.Time
	Day         Day
}

func (p *Part) on(date time.Time) bool {
	return p.Weekdays&(1<<date.Weekday()) != 0 && (p.Days == nil || slices.Contains(p.Days, date.Day())) &&
		within(date, p.First, p.Last)
}

// If first or last is zero, there is no such bound.
func within(date, first, last time.Time) bool {
	return !date.Before(first) && (last.IsZero() || !date.After(last))
}

func (p *Part) bounded() bool { return !p.First.IsZero() || !p.Last.IsZero() }

func (c *Calendar) bounded() bool {
	return slices.ContainsFunc(c.Parts, func(p Part) bool { return p.bounded() })
}

// Dates are consecutive days with steps of their own. Nothing else applies on them.
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

// The date is a midnight in UTC.
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

// Dates do not count here.
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

// More days than between two recurring steps, such as those of October 31 and December 31.
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

// Consecutive dates with the same steps become one range.
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

// The date is a midnight in UTC.
func dateOf(t time.Time, zone *time.Location) (date time.Time, minute int) {
	t = t.In(zone)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC), t.Hour()*60 + t.Minute()
}

// The minute is in local time of the zone.
func moment(date time.Time, minute int, zone *time.Location) time.Time {
	return time.Date(date.Year(), date.Month(), date.Day(), 0, minute, 0, 0, zone)
}
