package schedule

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// mostAdded is the maximum number of rows that Add adds to a series. More would be hard to read.
const mostAdded = 20

// Add returns the series of t with rows of dates, which make the limits l from one moment until another one, both to
// the minute, in the table's zone. At all other times the limits stay those of t.
//
// An error says that a row of t for one of the dates prevents that, or that too many rows would be necessary.
func (t Table) Add(l Limits, from, until time.Time) (min, max Series, err error) {
	if min, err = t.add(t.min, l.Min, from, until); err != nil {
		return min, max, fmt.Errorf("MIN_DYNOS: %w", err)
	}
	if max, err = t.add(t.max, l.Max, from, until); err != nil {
		return min, max, fmt.Errorf("MAX_DYNOS: %w", err)
	}
	_, err = New(min, max, t.zone)
	return min, max, err
}

func (t Table) add(s Series, n int, from, until time.Time) (Series, error) {
	first, begin := t.wall(from)
	last, end := t.wall(until)
	at := func(d day, minute int) int {
		if (d > first || d == first && minute >= begin) && (d < last || d == last && minute < end) {
			return n
		}
		return s.at(d, minute)
	}
	added := changes(first, first, at)
	if last > first+1 {
		added = append(added, changes(first+1, last-1, at)...)
	}
	if last > first {
		added = append(added, changes(last, last, at)...)
	}
	if len(added) > mostAdded {
		return Series{}, fmt.Errorf("%d rows would be necessary", len(added))
	}
	text := s.String()
	if s.rows == nil {
		text = "0:00=" + text
	}
	return Parse(text + ", " + strings.Join(added, ", "))
}

// The rows of the days from first to last, which are alike. A day follows only its own rows, so it needs at least one.
func changes(first, last day, at func(day, int) int) []string {
	days := first.String()
	if last > first {
		days += ".." + last.String()
	}
	row := func(minute, n int) string { return days + " " + clockText(minute) + "=" + strconv.Itoa(n) }
	var rows []string
	before := at(first-1, minutesPerDay-1)
	for minute := range minutesPerDay {
		if n := at(first, minute); n != before {
			rows, before = append(rows, row(minute, n)), n
		}
	}
	if rows == nil {
		rows = append(rows, row(0, before))
	}
	return rows
}
