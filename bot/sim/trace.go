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

// A Trace is recorded demand: requests per bin, all bins of one width. The rate is interpolated between the middles of
// the bins.
type Trace struct {
	// Start is the start of the first bin.
	Start time.Time
	// Step is the width of a bin.
	Step time.Duration
	// Requests are the requests of each bin, at least one.
	Requests []float64
}

const (
	// Ten years of minutes are half of it.
	maxRows = 10_000_000
	// The last second of the year 2099, so that no trace is too long for a time.Duration.
	maxUnixTime = 4102444799
	// Of a bin, so that no sum overflows.
	maxRequests = 1e12
)

// ParseTrace reads a trace from CSV: a row of unix_time,requests for each bin, with or without a heading. The width of
// the bins is the step between rows, which must be constant. Empty lines and lines that begin with # are skipped. An
// error names the line.
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
	begun bool // a row was read, perhaps the heading
	last  float64
}

func (p *traceParser) take(row []string, line int) error {
	if len(row) != 2 {
		return fmt.Errorf("%d fields: must be unix_time,requests, such as 898646400,22200", len(row))
	}
	at, err := strconv.ParseFloat(row[0], 64)
	heading := err != nil && !p.begun
	p.begun = true
	if heading {
		return nil
	}
	if err != nil || !(at >= 0 && at <= maxUnixTime) {
		return fmt.Errorf("invalid time %.40q: must be seconds since 1970, such as 898646400", row[0])
	}
	requests, err := strconv.ParseFloat(row[1], 64)
	if err != nil || !(requests >= 0 && requests <= maxRequests) {
		return fmt.Errorf("invalid number of requests %.40q: must be 0–%g", row[1], float64(maxRequests))
	}
	if len(p.Requests) == maxRows {
		return fmt.Errorf("more than %d rows", maxRows)
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
		return fmt.Errorf("the time %.15g is not after %.15g, the time of the row before", at, p.last)
	case n == 1 && (step < time.Millisecond || step > 24*time.Hour):
		return fmt.Errorf("the row is %v after the one before: must be from a millisecond to a day", step)
	case n == 1:
		p.Step = step.Round(time.Millisecond)
	case (step - p.Step).Abs() > time.Millisecond:
		return fmt.Errorf("the row is %v after the one before, but the step is %v: a bin without requests needs a row "+
			"with 0", step, p.Step)
	}
	return nil
}

func (p *traceParser) done() (Trace, error) {
	if len(p.Requests) < 2 {
		return Trace{}, fmt.Errorf("the trace has %d rows: needs at least two, to know the width of a bin",
			len(p.Requests))
	}
	return p.Trace, nil
}

// Length is the time from the start of the first bin to the end of the last one.
func (t Trace) Length() time.Duration { return time.Duration(len(t.Requests)) * t.Step }

// Rate interpolates between the middles of the bins. Before the first middle and after the last, it is the rate of that
// bin.
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

// Rows returns rows from (included) to to (excluded), counted from 0. It shares the requests with t.
func (t Trace) Rows(from, to int) (Trace, error) {
	if from < 0 || to > len(t.Requests) || from >= to {
		return Trace{}, fmt.Errorf("rows %d to %d are not in the trace: must be 0–%d", from,
			to, len(t.Requests))
	}
	return Trace{Start: t.Start.Add(time.Duration(from) * t.Step), Step: t.Step, Requests: t.Requests[from:to]}, nil
}

// Between returns the bins that begin at from or later and before to, both counted from the start of the trace.
func (t Trace) Between(from, to time.Duration) (Trace, error) {
	if from < 0 || to > t.Length() || from >= to {
		return Trace{}, fmt.Errorf("%v to %v is not in the trace, which lasts %v", from, to, t.Length())
	}
	return t.Rows(int((from+t.Step-1)/t.Step), int((to+t.Step-1)/t.Step))
}

func seconds(s float64) time.Duration { return time.Duration(math.Round(s * float64(time.Second))) }
