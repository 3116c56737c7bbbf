// Package metrics exports to Prometheus and OpenTelemetry what the bot does, and whether it is alive.
//
// Everything comes from the bot's records; nothing is measured a second time. Hooks of [Metrics] report what records
// lack, such as undelivered notices.
package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/autoscalebot/autoscalebot/bot/record"
)

// Options configure a [Metrics]. App, ProcessType and Interval are required.
type Options struct {
	// App and ProcessType name what is scaled. All metrics of the bot have them as the labels app and process_type.
	App         string
	ProcessType string
	// Version is the bot's version.
	Version string
	// Interval is the time between ticks; it must be more than 0.
	Interval time.Duration
	// DryRun: the bot changes nothing.
	DryRun bool
	// Started is the start of the bot; zero means now.
	Started time.Time
	// Targets are the names of the notice targets. Their counters start at 0.
	Targets []string
	// History returns the number of records waiting to be stored, and the number dropped since the start because too
	// many waited. It is called at every scrape, from several goroutines. Nil means that there is no history.
	History func() (waiting int, dropped uint64)
}

// A Metrics is a [bot.Recorder] that counts records and keeps the newest. Its methods may be called from several
// goroutines.
type Metrics struct {
	o        Options
	registry *prometheus.Registry
	counters counters

	mu     sync.Mutex // guards the rest, and Interval and DryRun of o
	last   *record.Record
	seen   time.Time // when the newest record came
	ready  bool      // a tick is done
	beat   time.Time // when the newest tick should have started
	missed uint64
	// start of the newest tick whose decision on fresh data was carried out
	decided time.Time
}

// New returns a Metrics with its own registry. Each process type needs one, with a unique pair of App and ProcessType.
func New(o Options) *Metrics {
	if o.Started.IsZero() {
		o.Started = time.Now()
	}
	m := &Metrics{o: o, registry: prometheus.NewRegistry()}
	own := prometheus.WrapRegistererWith(prometheus.Labels{"app": valid(o.App), "process_type": valid(o.ProcessType)},
		m.registry)
	m.counters = newCounters(own, o.Targets)
	own.MustRegister(newest{m})
	return m
}

// Exchange replaces Interval and DryRun of [Options].
func (m *Metrics) Exchange(interval time.Duration, dryRun bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.o.Interval != interval {
		m.beat = time.Time{}
	}
	m.o.Interval, m.o.DryRun = interval, dryRun
}

// Record counts a tick's record. It does not block or fail.
func (m *Metrics) Record(_ context.Context, r record.Record) error {
	m.mu.Lock()
	late, known := m.lateness(r.Time)
	m.last, m.seen = &r, time.Now()
	if r.Undecided() == "" {
		m.decided = r.Time
	}
	m.ready = m.ready || r.Action != record.Interrupted
	m.mu.Unlock()
	m.counters.count(r)
	if known {
		m.counters.lateness.Observe(late.Seconds())
	}
	return nil
}

// The lateness is the time from the beat to the tick that started at t. Missed beats are counted. The first tick sets
// the beat, so its lateness is unknown. A tick slightly before its beat is on time. m.mu must be held.
func (m *Metrics) lateness(t time.Time) (late time.Duration, known bool) {
	every := m.o.Interval
	if m.beat.IsZero() || t.Before(m.beat) { // the clock was set back
		m.beat = t
		return 0, false
	}
	beats := (t.Sub(m.beat) + every/20) / every
	if beats > 1 {
		m.missed += uint64(beats - 1)
	}
	m.beat = m.beat.Add(beats * every)
	return max(0, t.Sub(m.beat)), true
}
