package logcache

import (
	"math"
	"slices"
	"strings"
	"time"
)

// requests are those that the router passed on.
type requests struct {
	since time.Time // from when on they are all here
	took  []float64 // in milliseconds, sorted
}

// A request is told twice: by the router as the app's client, and as the server of whoever asked. The first is without the router's
// own time.
type request struct {
	instance, id string
	start, stop  integer
}

// requests reads the requests to a process type.
func (r *reader) requests(processType string, since, now time.Time) (requests, error) {
	asClient, asServer := map[request]bool{}, map[request]bool{}
	from, err := r.envelopes("TIMER", since, now, func(e *envelope) {
		if e.Timer == nil || e.Timer.Name != "http" || !e.of(processType) || e.Timer.Stop < e.Timer.Start {
			return
		}
		q := request{e.Instance, e.Tags["request_id"], e.Timer.Start, e.Timer.Stop}
		if strings.EqualFold(e.Tags["peer_type"], "server") {
			asServer[q] = true
		} else {
			asClient[q] = true
		}
	})
	if len(asClient) == 0 {
		asClient = asServer
	}
	out := requests{since: from}
	for q := range asClient {
		if ms := (float64(q.stop) - float64(q.start)) / float64(time.Millisecond); ms < 24*3600e3 { // no request takes a day
			out.took = append(out.took, ms)
		}
	}
	slices.Sort(out.took)
	return out, err
}

// perSecond is their rate up to now.
func (q requests) perSecond(now time.Time) float64 {
	if d := now.Sub(q.since).Seconds(); d > 0 {
		return float64(len(q.took)) / d
	}
	return 0
}

// middle is the mean of so many per cent of them, those in the middle. There must be one.
func (q requests) middle(percent float64) float64 {
	cut := int(float64(len(q.took)) * (100 - percent) / 200)
	cut = min(cut, (len(q.took)-1)/2)
	var m mean
	for _, ms := range q.took[cut : len(q.took)-cut] {
		m.add(ms)
	}
	return m.value()
}

// percentile is by the nearest rank. There must be one.
func (q requests) percentile(p float64) float64 {
	rank := int(math.Ceil(p / 100 * float64(len(q.took))))
	return q.took[min(max(rank, 1), len(q.took))-1]
}
