package logdrain

import (
	"errors"
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A rate over a shorter time is mere chance.
const warmUp = 10 * time.Second

// A Snapshot is what the log reports about a period.
type Snapshot struct {
	// From and Until bound the period. Until is not now, but the start of the newest line's slot. The period is shorter
	// than requested if the drain started, or recovered, within it.
	From, Until time.Time
	// Lines is the number of lines counted. Lost lines could not be delivered here (L10), TailLost lines not to
	// somebody who watched the log (L11).
	Lines, Lost, TailLost int
	// Dropped says that a post was refused that Logplex does not repeat, so an unknown number of lines is missing.
	Dropped bool
	// Requests is the number of requests that the router answered or gave up, the bot's heartbeats included. Errors is
	// how many had a 5xx, except those with an H-code that does not indicate load: H10, H14, H20, H80, H81, H82 and
	// H99.
	Requests, Errors int
	// Codes counts the requests by H-code: "H12" is a timeout.
	Codes map[string]int
	// Timed is the number of requests with a service time: WebSockets and requests that reached no dyno are not
	// timed.
	Timed int
	// MeanService is the mean service time of these, each counted as at most one minute; 0 without any.
	MeanService time.Duration
	// Busy is the mean number of requests served at once (Little's law), not corrected for lost lines.
	Busy float64
	// LastRequest is the time of the newest request so far; zero before the first.
	LastRequest time.Time
	// Dynos are the dynos with runtime metrics, by number.
	Dynos []Dyno

	services, connects *hdrhistogram.Histogram
}

// Service returns the quantile p, from 0 to 1, of the service times: accurate to 1 %, at most one minute, 0 without
// requests.
func (s *Snapshot) Service(p float64) time.Duration { return quantile(s.services, p) }

// Connect is like Service, for the time to connect to the dyno.
func (s *Snapshot) Connect(p float64) time.Duration { return quantile(s.connects, p) }

func quantile(h *hdrhistogram.Histogram, p float64) time.Duration {
	if h == nil || h.TotalCount() == 0 {
		return 0
	}
	return time.Duration(min(longest, h.ValueAtQuantile(100*p))) * time.Millisecond
}

// PerSecond returns the rate of a count, assuming that lost lines were like those that came.
func (s *Snapshot) PerSecond(n int) float64 {
	return float64(n) * s.missed() / s.Until.Sub(s.From).Seconds()
}

// The factor by which lost lines raise a count.
func (s *Snapshot) missed() float64 {
	return float64(s.Lines+s.Lost) / float64(max(1, s.Lines))
}

// Snapshot summarizes the last period before now. length is rounded up to seconds; 0 means one minute, the maximum. It
// fails if no line came for one minute, or ever, or the first one only just now.
func (d *Drain) Snapshot(now time.Time, length time.Duration) (Snapshot, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.newest.IsZero() {
		return Snapshot{}, errors.New("no line of the log has come yet: `heroku drains` shows whether the app " +
			"has this drain")
	}
	if age := now.Sub(d.newest); age > silence {
		return Snapshot{}, fmt.Errorf("no line of the log in the last %v: the newest is %v old", silence,
			age.Round(time.Second))
	}
	if length <= 0 || length > window {
		length = window
	}
	end := d.newest
	if now.Before(end) {
		end = now
	}
	until := end.Unix()
	from := until - int64((length+time.Second-1)/time.Second)
	if first := d.since.Unix() + 1; first > from { // the slot before is incomplete
		from = first
	}
	if seen := time.Duration(until-from) * time.Second; seen < min(warmUp, length) {
		return Snapshot{}, fmt.Errorf("the log covers only %v so far: %v are needed", max(0, seen),
			min(warmUp, length))
	}
	s := d.sum(from, until)
	s.Dynos = d.dynos.list(end)
	s.LastRequest = d.newestRequest
	s.Dropped = !d.dropped.IsZero() && now.Sub(d.dropped) <= length
	return s, nil
}

func (d *Drain) sum(from, until int64) Snapshot {
	s := Snapshot{
		From: time.Unix(from, 0), Until: time.Unix(until, 0), Codes: map[string]int{},
		services: newHistogram(), connects: newHistogram(),
	}
	var sums [codes]int
	var service time.Duration
	d.ring.between(from, until, func(o *slot) {
		s.Lines += o.lines
		s.Lost += o.lost
		s.TailLost += o.tailLost
		if o.requests == 0 {
			return
		}
		s.Requests += o.requests
		s.Errors += o.errors
		s.Timed += o.timed
		service += o.service
		for i, n := range o.codes {
			sums[i] += int(n)
		}
		s.services.Merge(o.services)
		s.connects.Merge(o.connects)
	})
	for i, n := range sums {
		if i > 0 && n > 0 {
			s.Codes[fmt.Sprintf("H%02d", i)] = n
		}
	}
	if s.Timed > 0 {
		s.MeanService = service / time.Duration(s.Timed)
	}
	s.Busy = service.Seconds() / s.Until.Sub(s.From).Seconds()
	return s
}
