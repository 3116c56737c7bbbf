package logdrain

import (
	"errors"
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A rate of less time is mere chance.
const warmUp = 10 * time.Second

// A Snapshot is what the log says of some time.
type Snapshot struct {
	// From and Until bound the time. Until is not now, but when the slot of the newest line begins. The time is shorter
	// than was asked for when the drain came up, or came back, within it.
	From, Until time.Time
	// Lines are all that were counted, Lost those that Logplex says it could not deliver here (L10), TailLost those
	// that it could not show to somebody who watched (L11).
	Lines, Lost, TailLost int
	// Dropped says that a post was refused which Logplex does not send again, so that nobody knows how many lines are
	// missing.
	Dropped bool
	// Requests are those that the router answered or gave up, the bot's heartbeats among them. Errors are those of them
	// with a status of 5xx, but for those with an H-code that does not tell of load: H10, H14, H20, H80, H81, H82 and
	// H99.
	Requests, Errors int
	// Codes count the requests with an H-code: "H12" is a timeout.
	Codes map[string]int
	// Timed are the requests whose service time is told: not WebSockets, and not those that reached no dyno.
	Timed int
	// MeanService is the mean service time of these, a minute at most of each; 0 where there is none.
	MeanService time.Duration
	// Busy is how many requests were served at once on average (Little's law). Lost lines are not reckoned in.
	Busy float64
	// LastRequest is the time of the newest request that was ever told; zero when there was none.
	LastRequest time.Time
	// Dynos are those with runtime metrics, by number.
	Dynos []Dyno

	services, connects *hdrhistogram.Histogram
}

// Service returns the service time that a share p of the requests, from 0 to 1, does not exceed: right to 1 %, a minute
// at most, and 0 where there is none.
func (s *Snapshot) Service(p float64) time.Duration { return quantile(s.services, p) }

// Connect is as Service for the time to connect to the dyno.
func (s *Snapshot) Connect(p float64) time.Duration { return quantile(s.connects, p) }

func quantile(h *hdrhistogram.Histogram, p float64) time.Duration {
	if h == nil || h.TotalCount() == 0 {
		return 0
	}
	return time.Duration(min(longest, h.ValueAtQuantile(100*p))) * time.Millisecond
}

// PerSecond makes a rate of a number that was counted. The lost lines are taken to have been as those that came.
func (s *Snapshot) PerSecond(n int) float64 {
	return float64(n) * s.missed() / s.Until.Sub(s.From).Seconds()
}

// for each line that came, so far as is known
func (s *Snapshot) missed() float64 {
	return float64(s.Lines+s.Lost) / float64(max(1, s.Lines))
}

// Snapshot sums up the last time before now, as far as it can be known: as long as is asked for, rounded up to seconds,
// and at most a minute, which 0 stands for. An error says in words why nothing can be known: no line came for a minute,
// or ever, or the first one only now.
func (d *Drain) Snapshot(now time.Time, length time.Duration) (Snapshot, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.newest.IsZero() {
		return Snapshot{}, errors.New("no line of the log has come yet: `heroku drains` shows whether the app " +
			"has this drain")
	}
	if age := now.Sub(d.newest); age > silence {
		return Snapshot{}, fmt.Errorf("no line of the log from the last %v has come: the newest is %v old", silence,
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
	if first := d.since.Unix() + 1; first > from { // that slot was not seen from its beginning
		from = first
	}
	if seen := time.Duration(until-from) * time.Second; seen < min(warmUp, length) {
		return Snapshot{}, fmt.Errorf("the log has been seen for %v only: %v are needed", max(0, seen),
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
