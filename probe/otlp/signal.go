package otlp

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/internal/failure"
)

// A Signal is a quantity that the metrics report, with the log drain's name for the same.
type Signal string

const (
	// RequestsPerSecond is the rate of requests, the bot's heartbeats included, in "requests/s".
	RequestsPerSecond Signal = probe.RequestsPerSecond
	// ServiceP50, ServiceP95 and ServiceP99 are percentiles of the request times, in "ms", as exact as the histogram's
	// buckets. Without requests there is no reading.
	ServiceP50 Signal = probe.ServiceP50
	ServiceP95 Signal = probe.ServiceP95
	ServiceP99 Signal = probe.ServiceP99
	// ErrorsPerSecond is the rate of requests whose http.response.status_code is 5xx, in "requests/s".
	ErrorsPerSecond Signal = probe.ErrorsPerSecond
	// Busy is the mean number of requests served at once, in "requests".
	Busy Signal = probe.Busy
	// LoadMean and LoadMax are the mean and the maximum of the processors that a dyno uses.
	LoadMean Signal = probe.LoadMean
	LoadMax  Signal = probe.LoadMax
	// MemoryMean and MemoryMax are the mean and the maximum of the dynos' memory, in "%" of their quota.
	MemoryMean Signal = probe.MemoryMean
	MemoryMax  Signal = probe.MemoryMax
)

// Signals returns all signals.
func Signals() []Signal {
	return []Signal{
		RequestsPerSecond, ServiceP50, ServiceP95, ServiceP99, ErrorsPerSecond, Busy, LoadMean, LoadMax,
		MemoryMean, MemoryMax,
	}
}

// A Take selects what is made of a metric's points.
type Take string

const (
	// Mean, Max and Sum combine the newest points of all series that have one in the last 2 minutes. A counter's or a
	// histogram's points count as a rate per second.
	Mean Take = "mean"
	Max  Take = "max"
	Sum  Take = "sum"
	// Rate is the rate per second in the window, of all series.
	Rate Take = "rate"
	// P50, P95 and P99 are percentiles of histograms in the window; times are in "ms".
	P50 Take = "p50"
	P95 Take = "p95"
	P99 Take = "p99"
)

// Prober returns a [probe.Prober] of a signal, or an error if the signal does not exist. Its readings have the signal's
// name, and one of these outcomes:
//   - Answered: the points have a value.
//   - Unreachable: no point came for 2 minutes, or too few so far.
//   - BadAnswer: points came, but have no value: a percentile of nothing, requests reported by several services that
//     may have counted the same ones, an unknown unit or memory quota, or too many series.
func (d *Drain) Prober(s Signal) (probe.Prober, error) {
	if !slices.Contains(Signals(), s) {
		return nil, fmt.Errorf("%.100q is not a signal of the telemetry drain", string(s))
	}
	query := d.requests
	switch s {
	case LoadMean, LoadMax:
		query = d.load
	case MemoryMean, MemoryMax:
		query = d.memory
	}
	m, ok := d.watch(query)
	if !ok {
		return nil, errTooMany
	}
	return &prober{
		d: d, m: m, name: string(s), unit: s.unit(),
		read: func(now time.Time) (float64, error) { return d.readSignal(now, s, m) },
	}, nil
}

// Metric returns a [probe.Prober] of any metric. Its readings have the given name, and the same outcomes as a signal's.
func (d *Drain) Metric(name string, q Query, take Take) (probe.Prober, error) {
	if !slices.Contains([]Take{Mean, Max, Sum, Rate, P50, P95, P99}, take) {
		return nil, fmt.Errorf("invalid take %.100q of a metric: must be mean, max, sum, rate, "+
			"p50, p95 or p99", string(take))
	}
	if err := q.check(); err != nil {
		return nil, err
	}
	m, ok := d.watch(q.or(""))
	if !ok {
		return nil, errTooMany
	}
	return &prober{
		d: d, m: m, name: name, take: take,
		read: func(now time.Time) (float64, error) { return m.read(now, take) },
	}, nil
}

var errTooMany = fmt.Errorf("the telemetry drain has more than %d metrics", mostQueries)

type prober struct {
	d          *Drain
	m          *metric
	name, unit string
	take       Take // "" for a signal
	read       func(time.Time) (float64, error)
}

func silent(err error) error { return failure.Failure{Outcome: probe.Unreachable, Text: err.Error()} }

func (p *prober) Probe(context.Context) probe.Reading {
	p.d.mu.Lock()
	defer p.d.mu.Unlock()
	r := probe.Reading{Signal: p.name, Time: time.Now(), Unit: p.unit, Outcome: probe.Answered}
	if p.take != "" {
		r.Unit = p.take.unit(p.m.unit)
	}
	value, err := p.read(r.Time)
	if err == nil {
		err = p.m.whole(r.Time)
	}
	r.Value = value
	failure.Note(&r, err)
	return r
}

func (s Signal) unit() string {
	unit, _ := probe.SignalUnit(string(s))
	return unit
}

// of is a unit in UCUM.
func (t Take) unit(of string) string {
	of = strings.Trim(of, "{}")
	switch _, isTime := inMS(of); {
	case t == Rate && (of == "" || of == "1"):
		return "1/s"
	case t == Rate:
		return short(of) + "/s"
	case (t == P50 || t == P95 || t == P99) && isTime:
		return "ms"
	}
	return short(of)
}

// The unit comes from outside, and may be anything.
func short(unit string) string {
	if len(unit) > 20 || strings.ContainsFunc(unit, func(c rune) bool { return c < ' ' || c > '~' }) {
		return "?"
	}
	return unit
}

func inMS(unit string) (float64, bool) {
	ms, ok := map[string]float64{"s": 1e3, "ms": 1, "us": 1e-3, "ns": 1e-6}[unit]
	return ms, ok
}

// The share of the values below the percentile.
func (t Take) share() float64 {
	return map[Take]float64{P50: 0.5, P95: 0.95, P99: 0.99}[t]
}

func (d *Drain) readSignal(now time.Time, s Signal, m *metric) (float64, error) {
	switch s {
	case LoadMean:
		return m.read(now, Mean)
	case LoadMax:
		return m.read(now, Max)
	case MemoryMean:
		return d.readMemory(now, m, Mean)
	case MemoryMax:
		return d.readMemory(now, m, Max)
	}
	total, seconds, err := m.sum(now)
	if err != nil {
		return 0, silent(err)
	}
	if names := m.several(now); names != nil {
		return 0, fmt.Errorf("requests come from %d services (%.100q): select one, as in "+
			"%s{service.name=%.30s}", len(names), names, m.query.Name, names[0])
	}
	ms, isTime := inMS(m.unit)
	switch {
	case s == RequestsPerSecond:
		return total.count / seconds, nil
	case s == ErrorsPerSecond:
		return total.failed / seconds, nil
	case !isTime:
		return 0, fmt.Errorf("%s has the unit %q: must be s, ms, us or ns",
			m.query, short(m.unit))
	case s == Busy:
		return total.sums * ms / 1e3 / seconds, nil
	}
	return m.read(now, Take(strings.TrimPrefix(string(s), "service_")))
}

func (d *Drain) readMemory(now time.Time, m *metric, take Take) (float64, error) {
	value, err := m.read(now, take)
	switch {
	case err != nil:
		return 0, err
	case m.unit == "1":
		return 100 * value, nil
	case m.unit == "%":
		return value, nil
	case m.unit != "By":
		return 0, fmt.Errorf("%s has the unit %q: must be By, 1 or %%", m.query, short(m.unit))
	case d.quota <= 0:
		return 0, fmt.Errorf("%s is in bytes, but the dyno's memory quota is not set", m.query)
	}
	return 100 * value / d.quota, nil
}

func (m *metric) read(now time.Time, take Take) (float64, error) {
	switch take {
	case Mean, Max, Sum:
		all, err := m.values(now)
		if err != nil {
			return 0, silent(err)
		}
		return combine(all, take), nil
	}
	total, seconds, err := m.sum(now)
	if err != nil {
		return 0, silent(err)
	}
	if take == Rate {
		return total.count / seconds, nil
	}
	value, ok := quantile(total.times, take.share())
	if !ok {
		return 0, fmt.Errorf("the histograms of %s have no values in the window", m.query)
	}
	if ms, isTime := inMS(m.unit); isTime {
		value *= ms
	}
	return value, nil
}

func combine(all []float64, take Take) float64 {
	sum := 0.0
	for _, v := range all {
		sum += v
	}
	switch take {
	case Max:
		return slices.Max(all)
	case Mean:
		return sum / float64(len(all))
	}
	return sum
}
