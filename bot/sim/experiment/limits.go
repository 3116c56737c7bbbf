package experiment

import (
	"time"

	"github.com/autoscalebot/autoscalebot/schedule"
)

// Mixed is a schedule of recorded limits, but for those that are tried.
type Mixed struct {
	Record *Record
	Tried  schedule.Table
	// Min and Max say which of the limits are tried.
	Min, Max bool
}

// At returns the limits at a time.
func (s Mixed) At(now time.Time) schedule.Limits {
	l, tried := s.Record.At(now), s.Tried.At(now)
	if s.Max {
		l.Max = max(tried.Max, 1)
		l.Min = min(l.Min, l.Max)
	}
	if s.Min {
		l.Min = tried.Min
		l.Max = max(l.Min, l.Max)
	}
	return l
}

// Rows returns no rows: what was recorded are numbers.
func (s Mixed) Rows(time.Time) (minRow, maxRow string) { return "", "" }
