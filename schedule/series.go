package schedule

import (
	"iter"
	"strconv"
	"strings"
)

// A Series is the value of MIN_DYNOS or MAX_DYNOS over time. The zero Series is always 0.
type Series struct {
	// The number at all times, if there are no rows.
	fixed int
	// In the order of row.compare. At least one row recurs.
	rows []row
}

// Ten times what any platform allows for a process type, so more is a typing error.
const maxNumber = 10000

// Fixed returns the Series that is n at all times. [New] refuses it unless n is from 0 to 10000.
func Fixed(n int) Series { return Series{fixed: n} }

// String returns the canonical text of the series. Parse reads it as an equal Series.
func (s Series) String() string {
	if s.rows == nil {
		return strconv.Itoa(s.fixed)
	}
	texts := make([]string, len(s.rows))
	for i, r := range s.rows {
		texts[i] = r.String()
	}
	return strings.Join(texts, ", ")
}

// MarshalText returns the canonical text of the series. It never fails.
func (s Series) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads b as [Parse] does. After an error the series is unchanged.
func (s *Series) UnmarshalText(b []byte) error {
	parsed, err := Parse(string(b))
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}

// The largest number of days between two on which a series has a row: from one February 29 to the next, across a year
// such as 2100.
const longestGap = 8 * 366

func (s Series) at(d day, minute int) int {
	if s.rows == nil {
		return s.fixed
	}
	return s.row(d, minute).n
}

// The series must not be fixed.
func (s Series) row(d day, minute int) *row {
	for range longestGap {
		if r := s.begun(d, minute); r != nil {
			return r
		}
		d, minute = d-1, minutesPerDay-1
	}
	panic("schedule: series without a row that recurs") // Parse refuses such a series.
}

// Leaves n unchanged if no row has begun on day d.
func (s Series) take(n *int, d day, minute int) {
	if s.rows == nil {
		*n = s.fixed
	} else if r := s.begun(d, minute); r != nil {
		*n = r.n
	}
}

// The row in force at minute; nil before the day's first.
func (s Series) begun(d day, minute int) (begun *row) {
	last := -1
	for _, r := range s.ruling(d, d.calendar()) {
		if m := r.before(minute); m > last {
			last, begun = m, r
		}
	}
	return begun
}

// The first beginning at or after minute; minutesPerDay without one.
func (s Series) after(d day, minute int) int {
	first := minutesPerDay
	for _, r := range s.ruling(d, d.calendar()) {
		first = min(first, r.after(minute))
	}
	return first
}

func (s Series) only(d day) Series {
	if s.rows == nil {
		return s
	}
	rows := []row{} // nil would be a fixed series
	for _, r := range s.ruling(d, d.calendar()) {
		rows = append(rows, *r)
	}
	return Series{rows: rows}
}

// The rows that count on day d, whose calendar is c, with their indices.
func (s Series) ruling(d day, c calendar) iter.Seq2[int, *row] {
	return func(yield func(int, *row) bool) {
		top := everyDay
		for i := len(s.rows) - 1; i >= 0 && s.rows[i].rank >= top; i-- {
			if r := &s.rows[i]; r.begins(d, c) {
				if top = r.rank; !yield(i, r) {
					return
				}
			}
		}
	}
}
