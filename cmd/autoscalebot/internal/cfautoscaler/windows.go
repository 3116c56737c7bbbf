package cfautoscaler

import (
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/schedule"
)

// App Autoscaler sets a schedule's initial number once, at the start. Here it is the minimum for some minutes, so that
// the bot reaches it even if one heartbeat fails.
const initialMinutes = 2

type windows struct {
	base                schedule.Limits
	recurring, specific []window
}

func (w *window) on(date time.Time) bool {
	return (w.weekdays&(1<<date.Weekday()) != 0 || slices.Contains(w.days, date.Day())) && within(date, w.first, w.last)
}

func (s *windows) steps(ws []window) Day {
	at := map[int]schedule.Limits{}
	for _, w := range ws {
		if w.end < minutesPerDay {
			at[w.end] = s.base
		}
	}
	for _, w := range ws {
		if w.end <= 0 { // it ended at this midnight
			continue
		}
		at[max(0, w.start)] = w.limits
		calm := w.start + initialMinutes // the end of the initial minimum
		if calm <= 0 || w.initial <= w.limits.Min {
			continue
		}
		at[max(0, w.start)] = schedule.Limits{Min: w.initial, Max: w.limits.Max}
		if calm < w.end && calm < minutesPerDay {
			if _, taken := at[calm]; !taken {
				at[calm] = w.limits
			}
		}
	}
	var out Day
	for m, l := range at {
		out = append(out, Step{m, l})
	}
	slices.SortFunc(out, byMinute)
	return out
}

func (s *windows) calendar(p *Plan, now time.Time) {
	c := &p.Calendar
	today, _ := dateOf(now, c.zone())
	s.ahead(p)
	c.Dates = s.dates(today)
	s.recurring = slices.DeleteFunc(s.recurring, func(w window) bool {
		over := !w.last.IsZero() && w.last.Before(today)
		if over {
			p.note("line %d: this schedule ended on %s and is left out", w.node.Line, w.last.Format(time.DateOnly))
		}
		return over
	})
	for i := range s.recurring {
		if w := &s.recurring[i]; !w.first.After(today) {
			w.first = time.Time{}
		}
	}
	parts := s.parts(today)
	if !slices.ContainsFunc(parts, func(p Part) bool { return p.bounded() }) {
		c.recur(parts)
		return
	}
	// Rows with dates replace others, so all rows get dates.
	for i := range parts {
		if p := &parts[i]; !p.bounded() {
			p.First = today
		}
	}
	c.Parts = parts
}

// Windows that begin after the last date of schedules are left out. Those that end after it have no end.
func (s *windows) ahead(p *Plan) {
	never := func(w window) bool {
		if w.first.After(tablesEnd()) {
			p.note("line %d: this schedule is left out: it begins on %s, after the last date that a schedule may have",
				w.node.Line, w.first.Format(time.DateOnly))
		}
		return w.first.After(tablesEnd())
	}
	s.recurring, s.specific = slices.DeleteFunc(s.recurring, never), slices.DeleteFunc(s.specific, never)
	for i := range s.recurring {
		if w := &s.recurring[i]; w.last.After(tablesEnd()) {
			w.last = time.Time{}
		}
	}
}

func (c *Calendar) recur(parts []Part) {
	for _, p := range parts {
		if p.Days != nil {
			c.Parts = append(c.Parts, p)
			continue
		}
		for weekday := range c.Week {
			if p.Weekdays&(1<<weekday) != 0 {
				c.Week[weekday] = append(c.Week[weekday], p.Day...)
			}
		}
	}
	for i := range c.Week {
		slices.SortStableFunc(c.Week[i], byMinute)
	}
}

// The days of windows that do not recur are worked out one by one, from today.
func (s *windows) dates(today time.Time) []Dates {
	var c Calendar
	add := func(first, last time.Time, day Day) {
		if first.Before(today) {
			first = today
		}
		if end := tablesEnd(); last.After(end) {
			last = end
		}
		if !last.Before(first) {
			c.addDates(Dates{first, last, day})
		}
	}
	once := slices.Clone(s.specific)
	slices.SortStableFunc(once, func(a, b window) int {
		return moment(a.first, a.start, time.UTC).Compare(moment(b.first, b.start, time.UTC))
	})
	var open *window // it continues from the day before, in minutes since the midnight of date
	var date time.Time
	for len(once) > 0 || open != nil {
		if open == nil {
			date = once[0].first
		}
		var day []window
		if open != nil {
			day = append(day, *open)
		}
		n := 0
		for ; n < len(once) && once[n].first.Equal(date); n++ {
			day = append(day, once[n])
		}
		once = once[n:]
		held, special := s.heldOnDate(day, date)
		if special {
			add(date, date, s.whole(held))
		}
		date, open = date.AddDate(0, 0, 1), nil
		if k := len(held); k > 0 && held[k-1].end >= minutesPerDay {
			last := held[k-1]
			between := last.end/minutesPerDay - 1 // days on which nothing changes
			if between > 0 {
				calm := Day{{0, last.limits}}
				begins := last.later(1)
				add(date, date, s.steps([]window{begins}))
				add(date.AddDate(0, 0, 1), date.AddDate(0, 0, between-1), calm)
				date = date.AddDate(0, 0, between)
			}
			last = last.later(1 + max(0, between))
			open = &last
		}
	}
	return c.Dates
}

func (w window) later(days int) window {
	w.start, w.end = w.start-days*minutesPerDay, w.end-days*minutesPerDay
	return w
}

// held is in the order of the starts. A window that starts during another one does not apply. special is true if one of
// the given windows is in it.
func (s *windows) heldOnDate(given []window, date time.Time) (held []window, special bool) {
	all := slices.Clone(given)
	for i := range s.recurring {
		if s.recurring[i].on(date) {
			all = append(all, s.recurring[i])
		}
	}
	slices.SortStableFunc(all, func(a, b window) int { return a.start - b.start })
	for _, w := range all {
		if n := len(held); n == 0 || held[n-1].end <= w.start {
			held = append(held, w)
			special = special || !w.recurs
		}
	}
	return held, special
}

func (s *windows) whole(held []window) Day {
	day := s.steps(held)
	if _, ok := day.at(0); !ok {
		day = append(Day{{0, s.base}}, day...)
	}
	return day
}

func tablesEnd() time.Time { return time.Date(lastYear, time.December, 31, 0, 0, 0, 0, time.UTC) }
