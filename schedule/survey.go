package schedule

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Examines all days that the rows can distinguish. zero: the minimum is 0 on any.
func (t Table) survey() (found clashes, zero bool) {
	// Days without dates: a week, or the 28 years after which weekdays, dates and leap days repeat.
	ordinary := Table{min: t.min.recurring(), max: t.max.recurring()}
	found.from = dayOf(2001, time.January, 1) // a Monday
	found.to = found.from + 7
	if ordinary.min.yearly() || ordinary.max.yearly() {
		found.to = found.from + cycle
	}
	for d, spans := range ordinary.days(found.from, found.to) {
		zero = found.note(d, false, spans) || zero
	}
	clash, datedZero := t.turning()
	if clash {
		t.dates(&found)
	}
	return found, zero || datedZero
}

// Examines the days after each change of the possible dated rows, until everything repeats.
func (t Table) turning() (clash, zero bool) {
	after := day(2 * 7) // a week, and one before it in which the earlier number ends
	if t.min.yearly() || t.max.yearly() {
		after = longestGap + cycle
	}
	for _, s := range t.stretches() {
		minOwed, maxOwed := t.min.rows != nil, t.max.rows != nil
		for d, spans := range t.days(s.from, min(s.to, s.from+after)) {
			for _, s := range spans {
				clash, zero = clash || s.Min > s.Max, zero || s.Min == 0
			}
			if minOwed, maxOwed = t.min.owed(d, minOwed), t.max.owed(d, maxOwed); !s.dated && !minOwed && !maxOwed {
				break
			}
		}
	}
	return clash, zero
}

// Days on which the same dated rows, or no dated rows, are possible; to is excluded.
type stretch struct {
	from, to day
	dated    bool
}

// From the first date on. The last stretch, after the last date, has no end.
func (t Table) stretches() (out []stretch) {
	opens := map[day]int{} // how many more rows span this day than the one before
	for _, r := range t.dated() {
		opens[r.first]++
		opens[r.last+1]--
	}
	open := 0
	for _, turn := range slices.Sorted(maps.Keys(opens)) {
		if n := len(out); n > 0 {
			out[n-1].to = turn
		}
		open += opens[turn]
		out = append(out, stretch{turn, lastDate + longestGap, open > 0})
	}
	return out
}

// Adds the clashes of each date, and of the days after it on which its number still applies.
func (t Table) dates(found *clashes) {
	var done day // all such days before this one are noted
	end := lastDate + longestGap
	for _, r := range t.dated() {
		if r.last < done {
			continue
		}
		minOwed, maxOwed := false, false
		for d, spans := range t.days(max(r.first, done), end) {
			if done = d; d > r.last && !minOwed && !maxOwed {
				break
			}
			found.note(d, true, spans)
			minOwed, maxOwed = t.min.owed(d, minOwed), t.max.owed(d, maxOwed)
		}
	}
}

// True if the number at the end of day d comes from a date. before is the same for the day before.
func (s Series) owed(d day, before bool) bool {
	for _, r := range s.ruling(d, d.calendar()) {
		before = r.dated()
	}
	return before
}

func (s Series) recurring() Series {
	s.rows = slices.DeleteFunc(slices.Clone(s.rows), row.dated)
	return s
}

// True if a row depends on more than the weekday.
func (s Series) yearly() bool { return slices.ContainsFunc(s.rows, row.yearly) }

func (t Table) dated() []row {
	dates := slices.DeleteFunc(slices.Concat(t.min.rows, t.max.rows), func(r row) bool { return !r.dated() })
	slices.SortFunc(dates, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.first, b.first),
			cmp.Compare(a.last, b.last))
	})
	return dates
}
