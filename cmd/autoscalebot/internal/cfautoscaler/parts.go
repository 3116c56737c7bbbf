package cfautoscaler

import (
	"slices"
	"time"
)

// A recurring window becomes a part. Windows that overlap on some day are split by kinds of day, so that on each day
// the window that starts first applies. Parts that end before today are left out.
func (s *windows) parts(today time.Time) (out []Part) {
	for _, group := range s.groups() {
		if len(group) == 1 {
			w := group[0]
			out = append(out, Part{
				Weekdays: w.mask(), Days: w.daysOrAll(), First: w.first, Last: w.last,
				Day: s.steps([]window{*w}),
			})
			continue
		}
		out = append(out, s.apart(group)...)
	}
	return slices.DeleteFunc(out, func(p Part) bool { return !p.ever(today) })
}

func (w *window) mask() int {
	if w.weekdays == 0 {
		return everyWeekday
	}
	return w.weekdays
}

// nil for all
func (w *window) daysOrAll() []int {
	if len(w.days) == 31 {
		return nil
	}
	return w.days
}

// A group has windows that overlap, directly or through others, in the order of the document.
func (s *windows) groups() [][]*window {
	var groups [][]int
	for i := range s.recurring {
		joined := []int{i}
		groups = slices.DeleteFunc(groups, func(group []int) bool {
			meets := slices.ContainsFunc(group, func(j int) bool { return s.recurring[i].meets(&s.recurring[j]) })
			if meets {
				joined = append(joined, group...)
			}
			return meets
		})
		groups = append(groups, joined)
	}
	out := make([][]*window, len(groups))
	for i, group := range groups {
		slices.Sort(group)
		for _, j := range group {
			out[i] = append(out[i], &s.recurring[j])
		}
	}
	return out
}

// Two windows of one kind never overlap, see overlaps.
func (w *window) meets(o *window) bool {
	if (w.weekdays == 0) == (o.weekdays == 0) || w.end < o.start || o.end < w.start {
		return false
	}
	return (w.last.IsZero() || o.first.IsZero() || !w.last.Before(o.first)) &&
		(o.last.IsZero() || w.first.IsZero() || !o.last.Before(w.first))
}

// There is a part for each kind of day between two dates on which a window begins or ends.
func (s *windows) apart(group []*window) (out []Part) {
	slices.SortStableFunc(group, func(a, b *window) int { return a.start - b.start })
	var turns []time.Time
	for _, w := range group {
		if !w.last.Before(tablesEnd()) {
			w.last = time.Time{}
		}
		if !w.first.IsZero() {
			turns = append(turns, w.first)
		}
		if !w.last.IsZero() {
			turns = append(turns, w.last.AddDate(0, 0, 1))
		}
	}
	slices.SortFunc(turns, time.Time.Compare)
	turns = append([]time.Time{{}}, slices.CompactFunc(turns, time.Time.Equal)...)
	for i, first := range turns {
		var last time.Time
		if i+1 < len(turns) {
			last = turns[i+1].AddDate(0, 0, -1)
		}
		for _, p := range s.kinds(group, first, last) {
			out = extend(out, p)
		}
	}
	return out
}

func extend(parts []Part, p Part) []Part {
	for i := range parts {
		o := &parts[i]
		if o.Weekdays == p.Weekdays && slices.Equal(o.Days, p.Days) && slices.Equal(o.Day, p.Day) &&
			!o.Last.IsZero() && o.Last.AddDate(0, 0, 1).Equal(p.First) {
			o.Last = p.Last
			return parts
		}
	}
	return append(parts, p)
}

// No window begins or ends between the two dates.
func (s *windows) kinds(group []*window, first, last time.Time) (out []Part) {
	var in []*window
	for _, w := range group {
		if (w.first.IsZero() || !first.IsZero() && !first.Before(w.first)) &&
			(w.last.IsZero() || !last.IsZero() && !last.After(w.last)) {
			in = append(in, w)
		}
	}
	for weekday := range 7 {
		var kinds []Part // of this weekday
		for day := 1; day <= 31; day++ {
			held := heldOn(in, weekday, day)
			if len(held) == 0 {
				continue
			}
			steps := s.steps(held)
			i := slices.IndexFunc(kinds, func(p Part) bool { return slices.Equal(p.Day, steps) })
			if i < 0 {
				i = len(kinds)
				kinds = append(kinds, Part{Weekdays: 1 << weekday, First: first, Last: last, Day: steps})
			}
			kinds[i].Days = append(kinds[i].Days, day)
		}
		for _, p := range kinds {
			if len(p.Days) == 31 {
				p.Days = nil
			}
			i := slices.IndexFunc(out, func(o Part) bool {
				return slices.Equal(o.Day, p.Day) &&
					slices.Equal(o.Days, p.Days)
			})
			if i < 0 {
				out = append(out, p)
			} else {
				out[i].Weekdays |= p.Weekdays
			}
		}
	}
	return out
}

// The result is in the order of the starts. A window that starts during another one does not apply.
func heldOn(in []*window, weekday, day int) (held []window) {
	for _, w := range in {
		if w.weekdays&(1<<weekday) == 0 && !slices.Contains(w.days, day) {
			continue
		}
		if n := len(held); n == 0 || held[n-1].end <= w.start {
			held = append(held, *w)
		}
	}
	return held
}

func (p *Part) ever(today time.Time) bool {
	from, last := p.First, p.Last
	if from.Before(today) {
		from = today
	}
	if last.IsZero() {
		last = tablesEnd()
	}
	// all combinations of weekday and day of the month come in 29 years
	for d, n := from, 0; !d.After(last) && n < 29*366; d, n = d.AddDate(0, 0, 1), n+1 {
		if p.on(d) {
			return true
		}
	}
	return false
}

func tablesBegin() time.Time { return time.Date(firstYear, time.January, 1, 0, 0, 0, 0, time.UTC) }

func (p *Plan) writeOut(today time.Time, which func(Part) bool, why string) {
	c := &p.Calendar
	if !slices.ContainsFunc(c.Parts, which) {
		return
	}
	end := today.AddDate(0, 0, horizon)
	p.note("schedules of some days of the month, or between dates, become dates up to %s: %s",
		end.Format(time.DateOnly), why)
	old := *c
	c.Parts, c.Dates = slices.DeleteFunc(slices.Clone(c.Parts), which), nil
	i := 0
	for d := today; !d.After(end); d = d.AddDate(0, 0, 1) {
		for ; i < len(old.Dates) && old.Dates[i].Last.Before(d); i++ {
		}
		dated := i < len(old.Dates) && !old.Dates[i].First.After(d)
		if dated || slices.ContainsFunc(old.Parts, func(p Part) bool { return which(p) && p.on(d) }) {
			c.addDates(Dates{d, d, old.on(d)})
		}
	}
	for _, d := range old.Dates {
		if d.Last.After(end) {
			if !d.First.After(end) {
				d.First = end.AddDate(0, 0, 1)
			}
			c.addDates(d)
		}
	}
}
