package logcache

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/probe/internal/failure"
)

// A window too busy to be read whole is divided into parts. The newest page of each part is read.
const parts = 12

const mostWeight = 1000 // requests that one sample may represent

type requests struct {
	window time.Duration // in which they came
	took   []sample      // sorted by time
	weight float64       // number of requests that took represents
}

// It represents weight requests.
type sample struct{ ms, weight float64 }

// The router reports a request twice: as the app's client and as the visitor's server. The client's time is without the
// router's own.
type request struct {
	instance, id string
	start, stop  integer
}

type counts struct{ asClient, asServer map[request]float64 }

func (t counts) take(processType string, weight float64) func(*envelope) {
	return func(e *envelope) {
		if e.Timer == nil || e.Timer.Name != "http" || !e.of(processType) || e.Timer.Stop < e.Timer.Start {
			return
		}
		q, by := request{e.Instance, e.Tags["request_id"], e.Timer.Start, e.Timer.Stop}, t.asClient
		if strings.EqualFold(e.Tags["peer_type"], "server") {
			by = t.asServer
		}
		if _, twice := by[q]; !twice {
			by[q] = weight
		}
	}
}

func (t counts) add(page counts, weight float64) {
	for _, both := range [][2]map[request]float64{{t.asClient, page.asClient}, {t.asServer, page.asServer}} {
		for q := range both[1] {
			if _, twice := both[0][q]; !twice {
				both[0][q] = weight
			}
		}
	}
}

// If there are too many to read, the older ones are sampled evenly over the window.
func (r *reader) requests(processType string, since, now time.Time) (requests, error) {
	t := counts{map[request]float64{}, map[request]float64{}}
	q := query{kind: "TIMER", since: since, end: now}
	from, err := r.pages(q, maxPages, t.take(processType, 1))
	if err == nil && from.After(since) {
		err = r.inParts(t, processType, since, from)
	}
	if err != nil {
		return requests{}, err
	}
	all := t.asClient
	if len(all) == 0 {
		all = t.asServer
	}
	out := requests{window: now.Sub(since)}
	for q, weight := range all {
		if took := time.Duration(q.stop - q.start); took >= 0 && took < 24*time.Hour { // a request does not take a day
			out.took = append(out.took, sample{float64(took) / float64(time.Millisecond), weight})
			out.weight += weight
		}
	}
	slices.SortFunc(out.took, func(a, b sample) int { return cmp.Compare(a.ms, b.ms) })
	return out, nil
}

// The requests of a part's page are weighted by the share of the part that the page covers.
func (r *reader) inParts(t counts, processType string, since, end time.Time) error {
	long := end.Sub(since) / parts
	for i := range parts {
		q := query{kind: "TIMER", since: since.Add(time.Duration(i) * long), end: since.Add(time.Duration(i+1) * long)}
		page := counts{map[request]float64{}, map[request]float64{}}
		from, err := r.page(q, page.take(processType, 1))
		if err != nil {
			return err
		}
		weight := float64(long) / float64(max(q.end.Sub(from), 1))
		if weight > mostWeight {
			return failure.Bad("there are too many requests to measure their times")
		}
		t.add(page, weight)
	}
	return nil
}

func (q requests) perSecond() float64 { return q.weight / q.window.Seconds() }

// The mean of the middle percent of the requests. There must be at least one.
func (q requests) middle(percent float64) float64 {
	cut := math.Floor(q.weight * (100 - percent) / 200)
	cut = min(cut, math.Floor((q.weight-1)/2))
	low, high := max(0, cut), q.weight-max(0, cut)
	sum, weight, at := 0.0, 0.0, 0.0
	for _, s := range q.took {
		inside := max(0, min(high, at+s.weight)-max(low, at))
		sum, weight, at = sum+s.ms*inside, weight+inside, at+s.weight
	}
	return sum / weight
}

// By nearest rank. There must be at least one request.
func (q requests) percentile(p float64) float64 {
	rank, at := math.Ceil(p/100*q.weight), 0.0
	for _, s := range q.took {
		if at += s.weight; at >= rank {
			return s.ms
		}
	}
	return q.took[len(q.took)-1].ms
}
