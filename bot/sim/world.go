package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// A World is the app, its visitors and its platform, as a driver sees them at a tick. It is the platform of a bot: a
// Scaler and an UpReporter. Its methods are safe for use by several goroutines.
type World struct {
	mu       sync.Mutex
	engine   engine
	fleet    *formation
	meter    *meter
	f        *Fleet
	limits   schedule.Limits
	need     need
	interval float64

	start time.Time
	now   float64 // of the tick, in seconds since the start
	took  float64 // the longest of the tick's heartbeats, in seconds

	beats   *rand.Rand
	service sampler // of a heartbeat
	changes *changes
}

// Now is the time of the present tick.
func (w *World) Now() time.Time { return w.start.Add(seconds(w.now)) }

// Size returns the number of dynos asked for. A change is settled at once, as on Heroku.
func (w *World) Size(context.Context) (n int, settled bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.fleet.dynos), true, nil
}

// Slots is the number of requests that a dyno works on at once.
func (w *World) Slots() int { return w.f.Slots }

// Up returns the number of dynos that serve.
func (w *World) Up(context.Context) (n int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.fleet.serving), nil
}

// Resize asks for n dynos once the tick's heartbeats are back.
func (w *World) Resize(_ context.Context, n int) error {
	if n < 0 || n > maxDynos {
		return fmt.Errorf("invalid number of dynos %d: must be 0–%d", n, maxDynos)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.resize(n)
	return nil
}

func (w *World) resize(n int) {
	at := w.now + w.took
	w.engine.advance(at)
	w.changes.add(at, len(w.fleet.dynos), n)
	w.fleet.resize(at, n)
}

// Observe sums up the last whole seconds before the tick: at most ten minutes, and never before the start.
func (w *World) Observe(last time.Duration) Observation {
	w.mu.Lock()
	defer w.mu.Unlock()
	// An engine that has waited for a heartbeat knows more than the tick may.
	return w.meter.observe(int(w.now), int(last.Seconds()))
}

// Heartbeat returns a Prober that sends heartbeats to the app. It is a [bot.Burster]. Several probers of a tick send at
// the same time.
func (w *World) Heartbeat() probe.Prober { return heartbeats{w} }

type heartbeats struct{ w *World }

func (h heartbeats) Probe(ctx context.Context) probe.Reading { return h.Burst(ctx, 1, 0)[0] }

func (h heartbeats) Burst(_ context.Context, n int, gap time.Duration) []probe.Reading {
	w := h.w
	w.mu.Lock()
	defer w.mu.Unlock()
	services := make([]float64, max(1, n))
	for i := range services {
		services[i] = w.service.draw(w.beats)
	}
	network := w.f.Heartbeat.Network.Seconds()
	timeout := min(w.f.Heartbeat.Timeout.Seconds(), 0.8*w.interval)
	readings := make([]probe.Reading, len(services))
	for i, a := range w.engine.heartbeats(services, gap.Seconds(), max(0, timeout-network)) {
		took := min(timeout, a.took+network)
		w.took = max(w.took, float64(i)*gap.Seconds()+took)
		readings[i] = w.reading(w.Now().Add(time.Duration(i)*gap), took, timeout, a.ok)
	}
	return readings
}

// The bot's reading of a heartbeat. took and timeout are in seconds.
func (w *World) reading(at time.Time, took, timeout float64, ok bool) probe.Reading {
	network := w.f.Heartbeat.Network.Seconds()
	r := probe.Reading{
		Signal: probe.HeartbeatSignal, Time: at, Value: took * 1000, Unit: "ms",
		Phases: probe.Phases{Connect: seconds(min(took, network)), Processing: seconds(max(0, took-network))},
	}
	switch {
	case took >= timeout:
		r.Outcome, r.Error = probe.Timeout, fmt.Sprintf("no answer within %v", seconds(timeout))
	case !ok:
		r.Outcome, r.Status, r.Error = probe.ServerError, 503, "status 503"
	default:
		r.Outcome, r.Status = probe.Answered, 200
	}
	return r
}
