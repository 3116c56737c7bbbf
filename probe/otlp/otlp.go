// Package otlp measures an app's load from OpenTelemetry metrics that the telemetry drain of a Heroku Fir app, a
// collector or the app itself posts with OTLP over HTTP: requests per second, service times, errors, and the load and
// memory of the dynos. It can also read any other metric by its name.
//
// A reading covers the last minute. After 2 minutes without a point there is no reading.
//
// A [Drain] is an [http.Handler] for the posts, and has a [probe.Prober] for each [Signal] and each [Query]. It keeps
// numbers only, and only for metrics that have a prober: create the probers first. Its memory is bounded whatever is
// posted.
//
// # Time
//
// Points count at their own time. A counter's increase is spread evenly over the time since the point before. The
// window ends when the slowest source that still posts (a dyno, the router) has reported, so it lags by that source's
// interval: one minute, by OpenTelemetry's defaults.
//
// # Temporality
//
// Cumulative points (counted since the start) and deltas (counted since the point before) are both supported. Repeated
// points count once. A late cumulative point adds no information; a late delta counts at its time. A counter that went
// back has restarted, and counts from its new start. What was counted before the first point is unknown, unless the
// point began within the window.
// is seen is not known, unless the point says that it began within the window.
package otlp

import (
	"cmp"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/probe/internal/guard"
)

const (
	window = time.Minute // of a reading
	// without a point, after which there is no reading: twice OpenTelemetry's default export interval
	silence = 2 * time.Minute
	ahead   = 30 * time.Second // that a point's clock may be
	width   = time.Second      // of a slot
)

// Names from OpenTelemetry's semantic conventions.
const (
	defaultRequests = "http.server.request.duration"
	defaultLoad     = "container.cpu.usage"
	defaultMemory   = "container.memory.usage"
)

// Options say whose posts a [Drain] accepts, and which metrics its signals use.
type Options struct {
	// Tokens are the accepted tokens, each at least 16 bytes long, sent as "Authorization: Bearer TOKEN" or as the
	// password of basic authentication.
	Tokens []string
	// Requests is a histogram of request times; the zero Query means http.server.request.duration.
	Requests Query
	// Load is the number of processors that a dyno uses, or a counter of its processor seconds; the zero Query means
	// container.cpu.usage.
	Load Query
	// Memory is a dyno's memory in use: in bytes, or a share from 0 to 1 if its unit is "1"; the zero Query means
	// container.memory.usage.
	Memory Query
	// MemoryQuota is a dyno's memory quota in bytes. It is required if Memory is in bytes.
	MemoryQuota float64
	// Log receives a warning about refused posts and about points for which there was no room, at most one per minute.
	// nil disables it.
	Log *slog.Logger
}

// A Drain accepts posts of metrics and measures what they report. It is safe for concurrent use.
type Drain struct {
	guard        guard.Guard
	requests     Query
	load, memory Query
	quota        float64
	log          *slog.Logger
	seed         maphash.Seed
	turn         chan struct{} // held while a body is decoded: one at a time

	mu      sync.Mutex
	told    time.Time // when the last warning was logged
	watched map[string]*metric
}

// New returns an empty Drain, or all that is wrong with the options, without a secret.
func New(o Options) (*Drain, error) {
	d := &Drain{
		requests: o.Requests.or(defaultRequests), load: o.Load.or(defaultLoad),
		memory: o.Memory.or(defaultMemory), quota: o.MemoryQuota, log: o.Log, seed: maphash.MakeSeed(),
		turn:    make(chan struct{}, 1),
		watched: map[string]*metric{},
	}
	d.log = cmp.Or(d.log, slog.New(slog.DiscardHandler))
	var err error
	d.guard, err = guard.New(o.Tokens)
	wrong := []error{err}
	if ok := o.MemoryQuota >= 0 && o.MemoryQuota <= 1e15; !ok {
		wrong = append(wrong, fmt.Errorf("the memory of a dyno is %v bytes: must be 0 or more", o.MemoryQuota))
	}
	for _, q := range []Query{d.requests, d.load, d.memory} {
		wrong = append(wrong, q.check())
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, fmt.Errorf("telemetry drain: %w", err)
	}
	return d, nil
}

// ok is false if there are too many queries.
func (d *Drain) watch(q Query) (*metric, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	name := q.String()
	m, ok := d.watched[name]
	if !ok && len(d.watched) < mostQueries {
		m, ok = newMetric(q), true
		d.watched[name] = m
	}
	return m, ok
}

// At most one warning per minute. d.mu must be held.
func (d *Drain) complain(now time.Time, msg string, args ...any) {
	if d.told.IsZero() || now.Sub(d.told) >= time.Minute {
		d.told = now
		d.log.Warn("telemetry drain: "+msg, args...)
	}
}
