// Package metrics tells Prometheus and OpenTelemetry what the bot does, and whether it is alive.
//
// All of it is made from the bot's records: nothing is measured a second time. What records don't hold, such as the
// notices that did not arrive, is told to [Metrics] by hooks.
package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/autoscalebot/autoscalebot/bot/record"
)

// Options say what a [Metrics] tells beside the records. App, ProcessType and Interval are needed.
type Options struct {
	// App and ProcessType name what is scaled. All metrics of the bot carry them as the labels app and process_type.
	App         string
	ProcessType string
	// Version is the bot's own.
	Version string
	// Interval is from tick to tick, more than 0.
	Interval time.Duration
	// DryRun says that the bot has no way to change anything.
	DryRun bool
	// Started is when the bot was started; zero means now.
	Started time.Time
	// Targets are the names of those who are told notices, so that their counters begin at 0.
	Targets []string
	// History tells how many records wait to be kept, and how many were dropped since the start because too many
	// waited. It is called at every scrape, from several goroutines. Nil means that no history is kept.
	History func() (waiting int, dropped uint64)
}

// A Metrics is a [bot.Recorder] that keeps the newest record and counts all of them. Its methods may be called from
// several goroutines at once.
type Metrics struct {
	o        Options
	registry *prometheus.Registry
	counters counters

	mu     sync.Mutex // guards the rest
	last   *record.Record
	seen   time.Time // when the newest record came
	ready  bool      // a tick was done
	beat   time.Time // when the newest tick should have begun
	missed uint64
	// It is the beginning of the newest tick that decided on fresh facts and was carried out.
	decided time.Time
}

// New makes a Metrics with a registry of its own. Each process type has one; no two of them have the same App and
// ProcessType.
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

// Record takes in a tick's record. It neither blocks nor fails.
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

// lateness returns how long after its beat a tick began that began at t, and counts the beats that were missed before
// it. The first tick sets the beat, so nothing is known of its own. A beat that is a little early counts as on time.
// m.mu is held.
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
