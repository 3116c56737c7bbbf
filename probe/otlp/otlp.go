// Package otlp reads an app's load from OpenTelemetry metrics, as the telemetry drain of a Heroku Fir app, a collector
// or the app itself posts them by OTLP over HTTP: requests per second, service times, errors, and the load and memory
// of the dynos; and any other metric by its name.
//
// A reading is about the last minute. Without a point for 2 minutes there is none.
//
// A [Drain] is an [http.Handler] for the posts, and gives a [probe.Prober] for each [Signal] and each [Query]. It keeps
// numbers only, and only of the metrics that a prober asks for: make the probers first. Its memory is bounded whatever
// is posted.
//
// # Time
//
// Points count by their own time. What a point counts, it counts evenly from the one before to itself. The window ends
// when the last of the sources that still post (dynos, the router) has told all, so that it is behind by as long as the
// slowest of them waits between two points: a minute, by OpenTelemetry's defaults.
//
// # Temporality
//
// Cumulative points (counted since the start) and deltas (counted since the point before) are both read. Points that
// come twice count once. A cumulative point that comes late says nothing new, and a late delta counts where it belongs.
// A counter that went back was restarted: it counts from its new start on. What was counted before the first point that
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
	window = time.Minute // that a reading is about
	// without a point, after which there is no reading: twice the time between two exports by default
	silence = 2 * time.Minute
	ahead   = 30 * time.Second // of the clock of a point
	width   = time.Second      // of a slot
)

// The metrics of OpenTelemetry's semantic conventions.
const (
	defaultRequests = "http.server.request.duration"
	defaultLoad     = "container.cpu.usage"
	defaultMemory   = "container.memory.usage"
)

// Options say whose posts a [Drain] takes, and what its signals are read from.
type Options struct {
	// Tokens are those that whoever posts may show, each of 16 bytes at least, as "Authorization: Bearer TOKEN" or as
	// the password of basic authentication.
	Tokens []string
	// Requests is a histogram of how long requests took; the zero Query means http.server.request.duration.
	Requests Query
	// Load is how many processors a dyno uses, or a counter of the seconds that it does; the zero Query means
	// container.cpu.usage.
	Load Query
	// Memory is what a dyno uses: in bytes, or as a share from 0 to 1 where its unit is "1"; the zero Query means
	// container.memory.usage.
	Memory Query
	// MemoryQuota is how many bytes a dyno may use. It is needed where Memory is in bytes.
	MemoryQuota float64
	// Log is told, once a minute at most, of posts that were refused and of points that there was no room for. nil
	// means nobody.
	Log *slog.Logger
}

// A Drain takes posts of metrics, and tells what they say. It may be used by several goroutines at once.
type Drain struct {
	guard        guard.Guard
	requests     Query
	load, memory Query
	quota        float64
	log          *slog.Logger
	seed         maphash.Seed
	turn         chan struct{} // held by who decodes a body: one at a time

	mu      sync.Mutex
	told    time.Time // when something was logged
	watched map[string]*metric
}

// New returns a Drain that has seen nothing yet, or says all that is wrong with the options, without a secret.
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
		wrong = append(wrong, fmt.Errorf("the memory of a dyno is %v bytes, and must be 0 or more", o.MemoryQuota))
	}
	for _, q := range []Query{d.requests, d.load, d.memory} {
		wrong = append(wrong, q.check())
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, fmt.Errorf("telemetry drain: %w", err)
	}
	return d, nil
}

// It is false where there are too many queries.
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

// At most one a minute. d.mu is held.
func (d *Drain) complain(now time.Time, msg string, args ...any) {
	if d.told.IsZero() || now.Sub(d.told) >= time.Minute {
		d.told = now
		d.log.Warn("telemetry drain: "+msg, args...)
	}
}
