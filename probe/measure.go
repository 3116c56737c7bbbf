package probe

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A Measure selects what a heartbeat's Value is.
type Measure string

const (
	// MeasureTotal is the time to the first byte of the final answer's body, redirects included: what a visitor waits
	// for.
	MeasureTotal Measure = "total"
	// MeasureProcessing is Phases.Processing: the total without DNS, TCP and TLS.
	MeasureProcessing Measure = "processing"
	// MeasureQueue is the time that a request waits for a free process, as the app reports it in the final answer's
	// X-Queue-Time-Ms header: milliseconds from 0 to one hour, fractions allowed.
	MeasureQueue Measure = "queue"
)

const (
	queueHeader = "X-Queue-Time-Ms"
	// milliseconds: longer than any router waits, shorter than a timestamp or a value in the wrong unit
	maxQueue = float64(time.Hour / time.Millisecond)
)

func checkMeasure(m Measure) (Measure, error) {
	switch m {
	case "", MeasureTotal:
		return "", nil
	case MeasureProcessing, MeasureQueue:
		return m, nil
	}
	return "", fmt.Errorf("invalid heartbeat measure %q: must be total, processing or queue", string(m))
}

// Errors omit the header's value: a server may echo what it was sent.
func (m Measure) measure(ph Phases, header http.Header) (float64, error) {
	switch m {
	case MeasureProcessing:
		return ms(ph.Processing), nil
	case MeasureQueue:
		return queueTime(header.Values(queueHeader))
	}
	return ms(ph.Total()), nil
}

func queueTime(values []string) (float64, error) {
	switch len(values) {
	case 0:
		return 0, errors.New("the answer has no " + queueHeader + " header")
	case 1:
	default:
		return 0, errors.New("the answer has more than one " + queueHeader + " header")
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(values[0]), 64)
	switch {
	case errors.Is(err, strconv.ErrSyntax) || math.IsNaN(f):
		return 0, errors.New("the answer's " + queueHeader + " is not a number of milliseconds")
	case f < 0:
		return 0, errors.New("the answer's " + queueHeader + " is below 0")
	case f > maxQueue: // or out of a float's range
		return 0, errors.New("the answer's " + queueHeader + " is more than an hour: is it in milliseconds?")
	}
	return math.Abs(f), nil // a -0 is a 0
}
