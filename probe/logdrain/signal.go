package logdrain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

// A Signal is a quantity that the log reports.
type Signal string

const (
	// RequestsPerSecond is the rate of requests, the bot's heartbeats included. Its unit, like that of every rate, is
	// "requests/s".
	RequestsPerSecond Signal = probe.RequestsPerSecond
	// RecentRequestsPerSecond is the rate in the last 15 s of the window: more recent, and noisier.
	RecentRequestsPerSecond Signal = probe.RecentRequestsPerSecond
	// ServiceP50, ServiceP95 and ServiceP99 are percentiles of the time that the dynos took, in "ms". Without requests
	// there is no reading.
	ServiceP50 Signal = probe.ServiceP50
	ServiceP95 Signal = probe.ServiceP95
	ServiceP99 Signal = probe.ServiceP99
	// ConnectP50, ConnectP95 and ConnectP99 are percentiles of the time that the router took to connect to a dyno.
	ConnectP50 Signal = "connect_p50"
	ConnectP95 Signal = "connect_p95"
	ConnectP99 Signal = "connect_p99"
	// ErrorsPerSecond is the rate of [Snapshot].Errors.
	ErrorsPerSecond Signal = probe.ErrorsPerSecond
	// OverloadPerSecond is the rate of requests with a code that indicates load: H11 (backlog too deep), H12 (no answer
	// within 30 s) or H13 (connection closed without an answer). The next three are the rates of each code.
	OverloadPerSecond Signal = "overload_per_second"
	H11PerSecond      Signal = "h11_per_second"
	H12PerSecond      Signal = "h12_per_second"
	H13PerSecond      Signal = "h13_per_second"
	// Busy is [Snapshot].Busy, corrected for lost lines: the mean number of requests served at once, in "requests".
	Busy Signal = probe.Busy
	// LoadMean and LoadMax are the mean and the maximum of the dynos' one-minute load average.
	LoadMean Signal = probe.LoadMean
	LoadMax  Signal = probe.LoadMax
	// MemoryMean and MemoryMax are the mean and the maximum of the dynos' memory, in "%" of their quota.
	MemoryMean Signal = probe.MemoryMean
	MemoryMax  Signal = probe.MemoryMax
)

// Signals returns all signals.
func Signals() []Signal {
	return []Signal{
		RequestsPerSecond, RecentRequestsPerSecond, ServiceP50, ServiceP95, ServiceP99, ConnectP50, ConnectP95,
		ConnectP99, ErrorsPerSecond,
		OverloadPerSecond, H11PerSecond, H12PerSecond, H13PerSecond, Busy, LoadMean, LoadMax, MemoryMean, MemoryMax,
	}
}

// All other signals are the router's.
func (s Signal) ofDynos() bool {
	return s == LoadMean || s == LoadMax || s == MemoryMean || s == MemoryMax
}

// Prober returns a [probe.Prober] of a signal over the last minute, or an error if the signal does not exist or the
// process type does not have it. Its readings have the signal's name, and one of these outcomes:
//   - Answered: the log has a value.
//   - Unreachable: no line came for one minute, or too few so far, or, with [Options].ExpectRequests, no request.
//   - BadAnswer: lines came, but have no value: no line is of this signal, more lines were lost than came, or a post
//     was refused.
func (d *Drain) Prober(s Signal) (probe.Prober, error) {
	if !slices.Contains(Signals(), s) {
		return nil, fmt.Errorf("%q is not a signal of the log drain: must be one of %s", string(s), list(Signals()))
	}
	if d.processType != webType && !s.ofDynos() {
		return nil, fmt.Errorf("signal %s is only for web dynos, which the router knows: process type %s has %s", s,
			d.processType,
			list([]Signal{LoadMean, LoadMax, MemoryMean, MemoryMax}))
	}
	return prober{d, s}, nil
}

func list(signals []Signal) string {
	var names []string
	for _, s := range signals {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}

type prober struct {
	d      *Drain
	signal Signal
}

func (p prober) Probe(context.Context) probe.Reading {
	r := probe.Reading{Signal: string(p.signal), Time: time.Now(), Unit: p.signal.unit(), Outcome: probe.Unreachable}
	s, err := p.d.Snapshot(r.Time, p.signal.window())
	if err == nil && p.d.requests && !p.signal.ofDynos() && r.Time.Sub(s.LastRequest) > silence {
		err = fmt.Errorf("the log has no request in the last %v, although the heartbeats "+
			"are requests", silence)
	}
	if err == nil {
		r.Outcome = probe.BadAnswer
		r.Value, err = p.signal.read(&s)
	}
	if err != nil {
		r.Error = err.Error()
		return r
	}
	r.Outcome = probe.Answered
	return r
}

const recently = 15 * time.Second

// 0 means the drain's window.
func (s Signal) window() time.Duration {
	if s == RecentRequestsPerSecond {
		return recently
	}
	return 0
}

func (s Signal) unit() string {
	if unit, ok := probe.SignalUnit(string(s)); ok {
		return unit
	}
	switch s {
	case ConnectP50, ConnectP95, ConnectP99:
		return "ms"
	}
	return "requests/s"
}

func (s Signal) read(o *Snapshot) (float64, error) {
	switch s {
	case ServiceP50, ServiceP95, ServiceP99:
		return s.percentile(o.Timed > 0, o.Service)
	case ConnectP50, ConnectP95, ConnectP99:
		return s.percentile(o.connects.TotalCount() > 0, o.Connect)
	case LoadMean, LoadMax:
		return s.ofAll(o.Dynos, "load", func(d Dyno) float64 { return d.Load })
	case MemoryMean, MemoryMax:
		return s.ofAll(o.Dynos, "memory", func(d Dyno) float64 {
			if d.Memory < 0 || d.Quota <= 0 {
				return -1
			}
			return 100 * d.Memory / d.Quota
		})
	}
	if o.Lost > o.Lines {
		return 0, fmt.Errorf("%d lines of the log came, but %d were lost on the way (L10)", o.Lines, o.Lost)
	}
	if o.Dropped {
		return 0, errors.New("a post of the log was refused, so requests are missing: the bot's own " +
			"log says why")
	}
	if s == Busy {
		return o.Busy * o.missed(), nil
	}
	return o.PerSecond(s.count(o)), nil
}

func (s Signal) count(o *Snapshot) int {
	switch s {
	case RequestsPerSecond, RecentRequestsPerSecond:
		return o.Requests
	case ErrorsPerSecond:
		return o.Errors
	case H11PerSecond:
		return o.Codes["H11"]
	case H12PerSecond:
		return o.Codes["H12"]
	case H13PerSecond:
		return o.Codes["H13"]
	}
	return o.Codes["H11"] + o.Codes["H12"] + o.Codes["H13"]
}

func (s Signal) percentile(some bool, of func(float64) time.Duration) (float64, error) {
	if !some {
		return 0, errors.New("no request in the window has a time")
	}
	p := 0.5
	switch s {
	case ServiceP95, ConnectP95:
		p = 0.95
	case ServiceP99, ConnectP99:
		p = 0.99
	}
	return float64(of(p)) / float64(time.Millisecond), nil
}

// of returns a value below 0 for a dyno without one.
func (s Signal) ofAll(all []Dyno, what string, of func(Dyno) float64) (float64, error) {
	sum, most, n := 0.0, 0.0, 0
	for _, d := range all {
		if v := of(d); v >= 0 {
			sum += v
			most = max(most, v)
			n++
		}
	}
	switch {
	case n == 0:
		return 0, fmt.Errorf("the log has no %s of a dyno: run `heroku labs:enable log-runtime-metrics` "+
			"and restart the app", what)
	case s == LoadMax || s == MemoryMax:
		return most, nil
	}
	return sum / float64(n), nil
}
