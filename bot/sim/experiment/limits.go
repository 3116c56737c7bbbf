package experiment

import (
	"time"

	"github.com/autoscalebot/autoscalebot/schedule"
)

// At returns the limits recorded for a time, as [bot.Schedule] requires.
func (r *Record) At(t time.Time) schedule.Limits {
	if len(r.Beats) == 0 {
		return schedule.Limits{Min: 1, Max: 1}
	}
	return r.Beats[r.at(t)].Limits
}

// The smallest and the largest number of dynos that were requested or allowed.
func (r *Record) limits() schedule.Limits {
	l := schedule.Limits{Min: 10_000, Max: 1}
	for _, b := range r.Beats {
		l.Min, l.Max = min(l.Min, b.Limits.Min, b.Dynos), max(l.Max, b.Limits.Max, b.Dynos)
	}
	l.Min = min(l.Min, l.Max)
	return l
}

// Rows returns no rows: the record has only numbers.
func (r *Record) Rows(time.Time) (minRow, maxRow string) { return "", "" }

// Mixed is a schedule of recorded limits in which some are replaced by tried ones.
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

// Rows returns no rows: the record has only numbers.
func (s Mixed) Rows(time.Time) (minRow, maxRow string) { return "", "" }
