package plan

import (
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/schedule"
)

// initialMinutes is for how long a schedule's initial number of instances is held as a minimum. App Autoscaler sets it once, at the start;
// so long even a bot that fails at one heartbeat gets there.
const initialMinutes = 2

// windows are the schedules of a policy.
type windows struct {
	base                schedule.Limits
	recurring, specific []window
}

// on says whether a recurring window is on a date.
func (w *window) on(date time.Time) bool {
	return (w.weekdays&(1<<date.Weekday()) != 0 || slices.Contains(w.days, date.Day())) &&
		(w.first.IsZero() || !date.Before(w.first)) && (w.last.IsZero() || !date.After(w.last))
}

// bounded says whether it recurs on some dates alone.
func (w *window) bounded() bool { return !w.first.IsZero() || !w.last.IsZero() }

// steps are what a window changes on a day on which it is from start to end, in minutes of that day.
func (s *windows) steps(ws []window) Day {
	at := map[int]schedule.Limits{}
	for _, w := range ws {
		if w.end < minutesPerDay {
			at[w.end] = s.base
		}
	}
	for _, w := range ws {
		if w.end <= 0 { // which ended at this midnight
			continue
		}
		at[max(0, w.start)] = w.limits
		if w.start < 0 || w.initial <= w.limits.Min {
			continue
		}
		at[w.start] = schedule.Limits{Min: w.initial, Max: w.limits.Max}
		if m := w.start + initialMinutes; m < w.end && m < minutesPerDay {
			if _, taken := at[m]; !taken {
				at[m] = w.limits
			}
		}
	}
	var out Day
	for m, l := range at {
		out = append(out, Step{m, l})
	}
	slices.SortFunc(out, func(a, b Step) int { return a.Minute - b.Minute })
	return out
}

// A turn is one time that a window is to hold, in minutes since the midnight of a first date.
type turn struct {
	start, end int
	window     *window
}

// turns lists the times that windows hold from a date to another. Of two at once the one that starts first holds, and the other does not come
// at all.
func (s *windows) turns(from, to time.Time) []turn {
	var all []turn
	for i := range s.specific {
		w := &s.specific[i]
		off := int(w.first.Sub(from).Minutes())
		if w.end+off > 0 {
			all = append(all, turn{w.start + off, w.end + off, w})
		}
	}
	for d, off := from, 0; !d.After(to); d, off = d.AddDate(0, 0, 1), off+minutesPerDay {
		for i := range s.recurring {
			if w := &s.recurring[i]; w.on(d) {
				all = append(all, turn{w.start + off, w.end + off, w})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b turn) int { return a.start - b.start })
	var held []turn
	for _, t := range all {
		if n := len(held); n == 0 || held[n-1].end <= t.start {
			held = append(held, t)
		}
	}
	return held
}

// day returns all that changes on a day that begins off minutes after the first date of the turns, with what holds at its midnight.
func (s *windows) day(held []turn, off int) Day {
	var today []window
	i, _ := slices.BinarySearchFunc(held, off, func(t turn, off int) int { return t.end - off })
	for ; i < len(held) && held[i].start < off+minutesPerDay; i++ {
		w := *held[i].window
		w.start, w.end = held[i].start-off, held[i].end-off
		today = append(today, w)
	}
	day := s.steps(today)
	if _, ok := day.at(0); !ok {
		day = append(Day{{0, s.base}}, day...)
	}
	return day
}

// calendar writes the windows into a plan's calendar.
func (s *windows) calendar(p *Plan, now time.Time) {
	c := &p.Calendar
	today, _ := dateOf(now, c.zone())
	horizonEnd := today.AddDate(0, 0, horizon)
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
	dates := map[time.Time]bool{}
	for _, w := range s.specific {
		for m := 0; m <= w.end; m += minutesPerDay {
			if d := w.first.AddDate(0, 0, m/minutesPerDay); !d.Before(today) {
				dates[d] = true
			}
		}
	}
	s.mixed(p, horizonEnd)
	s.bounded(p, dates, today, horizonEnd)
	s.recur(c)
	var order []time.Time
	for d := range dates {
		order = append(order, d)
	}
	if len(order) == 0 {
		return
	}
	slices.SortFunc(order, time.Time.Compare)
	from := today.AddDate(0, 0, -2)
	held := s.turns(from, order[len(order)-1])
	for _, d := range order {
		c.addDates(Dates{d, d, s.day(held, int(d.Sub(from).Minutes()))})
	}
}

// bounded marks the dates of the windows that recur between two dates.
func (s *windows) bounded(p *Plan, dates map[time.Time]bool, today, horizonEnd time.Time) {
	for i := range s.recurring {
		w := &s.recurring[i]
		if !w.bounded() {
			continue
		}
		from, to := w.first, w.last
		if from.IsZero() {
			from = today
		}
		if to.IsZero() {
			to = horizonEnd
			p.note("line %d: a schedule that begins on %s is written out as dates until %s", w.node.Line, from.Format(time.DateOnly), to.Format(time.DateOnly))
		}
		for d := from; !d.After(to); d = d.AddDate(0, 0, 1) {
			if w.on(d) {
				dates[d] = true
			}
		}
	}
}

// mixed bounds the windows of the month that meet one of the week, since rows of one rank cannot say which holds.
func (s *windows) mixed(p *Plan, horizonEnd time.Time) {
	for i := range s.recurring {
		month := &s.recurring[i]
		meets := slices.ContainsFunc(s.recurring, func(week window) bool {
			return week.weekdays != 0 && week.end >= month.start && month.end >= week.start
		})
		if len(month.days) > 0 && month.last.IsZero() && meets {
			month.last = horizonEnd
			p.note("line %d: this schedule meets one by weekday, so its days are written out as dates until %s", month.node.Line, horizonEnd.Format(time.DateOnly))
		}
	}
}

// recur writes the windows that recur without end.
func (s *windows) recur(c *Calendar) {
	for weekday := range c.Week {
		var ws []window
		for _, w := range s.recurring {
			if !w.bounded() && w.weekdays&(1<<weekday) != 0 {
				ws = append(ws, w)
			}
		}
		c.Week[weekday] = s.steps(ws)
	}
	for _, w := range s.recurring {
		if !w.bounded() && len(w.days) > 0 {
			c.Month = append(c.Month, Monthly{w.days, s.steps([]window{w})})
		}
	}
}
