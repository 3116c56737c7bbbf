package sim

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"
)

// A Trace is recorded demand: requests per bin, all bins of one width. Between the middles of its bins it is
// interpolated.
type Trace struct {
	// Start is when the first bin begins.
	Start time.Time
	// Step is the width of a bin.
	Step time.Duration
	// Requests are the requests of each bin, at least one.
	Requests []float64
}

const (
	// maxRows bounds a trace: ten years of minutes are half of it.
	maxRows = 10_000_000
	// maxUnixTime is the last second of the year 2099, so that no trace is too long for a time.Duration.
	maxUnixTime = 4102444799
	// maxRequests bounds the requests of a bin, so that no sum of them overflows.
	maxRequests = 1e12
)

// ParseTrace reads a trace from CSV: rows of unix_time,requests, a bin each, with or without a heading. The width of
// the bins is the step from row to row, which must be the same throughout. Lines that are empty or begin with # do not
// count. An error names the line.
func ParseTrace(r io.Reader) (Trace, error) {
	rows := csv.NewReader(r)
	rows.FieldsPerRecord, rows.Comment, rows.ReuseRecord, rows.TrimLeadingSpace = -1, '#', true, true
	p := traceParser{}
	for {
		row, err := rows.Read()
		switch {
		case errors.Is(err, io.EOF):
			return p.done()
		case err != nil:
			return Trace{}, fmt.Errorf("read the trace: %w", err)
		}
		line, _ := rows.FieldPos(0)
		if err := p.take(row, line); err != nil {
			return Trace{}, fmt.Errorf("line %d of the trace: %w", line, err)
		}
	}
}

type traceParser struct {
	Trace
	begun bool // a row was read, be it the heading
	last  float64
}

func (p *traceParser) take(row []string, line int) error {
	if len(row) != 2 {
		return fmt.Errorf("there are %d fields; a row is unix_time,requests, as in 898646400,22200", len(row))
	}
	at, err := strconv.ParseFloat(row[0], 64)
	heading := err != nil && !p.begun
	p.begun = true
	if heading {
		return nil
	}
	if err != nil || !(at >= 0 && at <= maxUnixTime) {
		return fmt.Errorf("%.40q is no unix time; it must be seconds since 1970, as in 898646400", row[0])
	}
	requests, err := strconv.ParseFloat(row[1], 64)
	if err != nil || !(requests >= 0 && requests <= maxRequests) {
		return fmt.Errorf("%.40q is no number of requests; it must be from 0 to %g", row[1], float64(maxRequests))
	}
	if len(p.Requests) == maxRows {
		return fmt.Errorf("there are more than %d rows", maxRows)
	}
	if err := p.stepTo(at); err != nil {
		return err
	}
	p.Requests = append(p.Requests, requests)
	p.last = at
	return nil
}

func (p *traceParser) stepTo(at float64) error {
	step := seconds(at - p.last)
	switch n := len(p.Requests); {
	case n == 0:
		p.Start = time.UnixMilli(int64(math.Round(at * 1000))).UTC()
	case at <= p.last:
		return fmt.Errorf("its time %.15g is not after %.15g of the row before it", at, p.last)
	case n == 1 && (step < time.Millisecond || step > 24*time.Hour):
		return fmt.Errorf("it comes %v after the row before it; the step must be from a millisecond to a day", step)
	case n == 1:
		p.Step = step.Round(time.Millisecond)
	case (step - p.Step).Abs() > time.Millisecond:
		return fmt.Errorf("it comes %v after the row before it, where the step is %v; a bin without requests must be "+
			"there too, with 0", step, p.Step)
	}
	return nil
}

func (p *traceParser) done() (Trace, error) {
	if len(p.Requests) < 2 {
		return Trace{}, fmt.Errorf("the trace has %d rows; it needs at least two, to tell how wide a bin is",
			len(p.Requests))
	}
	return p.Trace, nil
}

// Length is the time from the beginning of the first bin to the end of the last one.
func (t Trace) Length() time.Duration { return time.Duration(len(t.Requests)) * t.Step }

// Rate interpolates between the middles of the bins. Before the first middle and after the last it is that bin's own
// rate.
func (t Trace) Rate(seconds float64) float64 {
	step := t.Step.Seconds()
	x := seconds/step - 0.5
	last := len(t.Requests) - 1
	switch {
	case x <= 0:
		return t.Requests[0] / step
	case x >= float64(last):
		return t.Requests[last] / step
	}
	i := int(x)
	part := x - float64(i)
	return ((1-part)*t.Requests[i] + part*t.Requests[i+1]) / step
}

// Rows returns the rows from the one numbered from to the one before to, counted from 0. It shares the requests with t.
func (t Trace) Rows(from, to int) (Trace, error) {
	if from < 0 || to > len(t.Requests) || from >= to {
		return Trace{}, fmt.Errorf("rows %d to %d are not a part of the trace, which has rows 0 to %d", from,
			to, len(t.Requests))
	}
	return Trace{Start: t.Start.Add(time.Duration(from) * t.Step), Step: t.Step, Requests: t.Requests[from:to]}, nil
}

// Between returns the bins that begin at from or later and before to, both counted from the beginning of the trace.
func (t Trace) Between(from, to time.Duration) (Trace, error) {
	if from < 0 || to > t.Length() || from >= to {
		return Trace{}, fmt.Errorf("%v to %v is not a part of the trace, which lasts %v", from, to, t.Length())
	}
	return t.Rows(int((from+t.Step-1)/t.Step), int((to+t.Step-1)/t.Step))
}

func seconds(s float64) time.Duration { return time.Duration(math.Round(s * float64(time.Second))) }
