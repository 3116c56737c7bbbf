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

// A Measure is what a heartbeat takes for its Value.
type Measure string

const (
	// MeasureTotal is the time to the first byte of the final answer's body, redirects included: what a visitor waits
	// for.
	MeasureTotal Measure = "total"
	// MeasureProcessing is Phases.Processing, summed over the redirects: the same less DNS, TCP and TLS.
	MeasureProcessing Measure = "processing"
	// MeasureQueue is what the app says in the final answer's header X-Queue-Time-Ms: how long a request waits for a
	// process of it to be free. It is a number of milliseconds from 0 to an hour, fractions allowed.
	MeasureQueue Measure = "queue"
)

const (
	queueHeader = "X-Queue-Time-Ms"
	// milliseconds: far longer than any router waits, and less than a wrong unit or a point in time
	maxQueue = float64(time.Hour / time.Millisecond)
)

func checkMeasure(m Measure) (Measure, error) {
	switch m {
	case "", MeasureTotal:
		return "", nil
	case MeasureProcessing, MeasureQueue:
		return m, nil
	}
	return "", fmt.Errorf("heartbeat measure %q is not one of total, processing and queue", string(m))
}

// The error shows nothing of what the app told, as a server may put there what it was sent.
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
		return 0, errors.New("the answer has no header " + queueHeader + ", so the queue time is not known")
	case 1:
	default:
		return 0, errors.New("the answer has more than one header " + queueHeader)
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(values[0]), 64)
	switch {
	case errors.Is(err, strconv.ErrSyntax) || math.IsNaN(f):
		return 0, errors.New("the answer's header " + queueHeader + " is no number of milliseconds")
	case f < 0:
		return 0, errors.New("the answer's header " + queueHeader + " is less than 0")
	case f > maxQueue: // also what is out of a float's range
		return 0, errors.New("the answer's header " + queueHeader + " is more than an hour: is it in milliseconds?")
	}
	return math.Abs(f), nil // a -0 is a 0
}
