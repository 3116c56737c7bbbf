package schedule

import (
	"slices"
	"time"
)

// survey goes through all days that the rows can tell apart, and returns what is wrong with them and whether the minimum is
// 0 on any.
func (t Table) survey() (found clashes, zero bool) {
	note := func(d day, dated bool, spans []span) {
		for _, s := range spans {
			zero = zero || s.Min == 0
			if s.Min > s.Max {
				found.add(d, dated, s)
			}
		}
	}

	// Days without dates: a week, or the 28 years in which weekdays, dates and leap days come round.
	ordinary := Table{min: t.min.recurring(), max: t.max.recurring()}
	found.from = dayOf(2001, time.January, 1) // a Monday
	found.to = found.from + 7
	if t.min.yearly() || t.max.yearly() {
		found.to = dayOf(2029, time.January, 1)
	}
	for d, spans := range ordinary.days(found.from, found.to) {
		note(d, false, spans)
	}

	// Each date, and the days after it on which its number still holds.
	var done day // All such days before it have been noted.
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
			note(d, true, spans)
			minOwed, maxOwed = t.min.owed(d, minOwed), t.max.owed(d, maxOwed)
		}
	}
	return found, zero
}

// owed says whether the number at the end of day d comes from a date, when before says so of the day before.
func (s Series) owed(d day, before bool) bool {
	for _, r := range s.ruling(d, d.calendar()) {
		before = r.rank == onDates
	}
	return before
}

// recurring returns the series without its dates.
func (s Series) recurring() Series {
	s.rows = slices.DeleteFunc(slices.Clone(s.rows), func(r row) bool { return r.rank == onDates })
	return s
}

// yearly says whether the series has a row for which more counts than the weekday.
func (s Series) yearly() bool {
	return slices.ContainsFunc(s.rows, func(r row) bool {
		return r.rank == onWeekdays && (r.either || r.dom != allDoms || r.month != allMonths)
	})
}

// dated returns the rows of both series that are for dates, the earliest first.
func (t Table) dated() []row {
	dates := slices.DeleteFunc(slices.Concat(t.min.rows, t.max.rows), func(r row) bool { return r.rank != onDates })
	slices.SortFunc(dates, row.compare)
	return dates
}
