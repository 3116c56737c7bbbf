package sim_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/probe"
)

var counting = bot.Options{
	Interval: 30 * time.Second,
	Policy: decide.Policy{
		HeartbeatRule: decide.HeartbeatRule{
			MaxResponseMS: 1000, MinResponseMS: 200, Fails: decide.InARow(3), Passes: decide.InARow(5),
			FailOn: []probe.Outcome{probe.Timeout, probe.ServerError},
		},
	},
}

type level struct {
	rate   float64
	length time.Duration
}

func (l level) Rate(float64) float64  { return l.rate }
func (l level) Length() time.Duration { return l.length }

func lasting(n int) sim.Fleet {
	f := sim.DefaultFleet()
	f.Dynos, f.NoRestarts = n, true
	return f
}

// watch looks every ten minutes.
func watch(n int, look func(w *sim.World, now time.Time)) sim.Driver {
	return sim.Driver{Name: "watch", Interval: 10 * time.Minute, Begin: func(w *sim.World) func(context.Context, time.Time) {
		return func(_ context.Context, now time.Time) {
			w.Want(n)
			look(w, now)
		}
	}}
}

func run(t testing.TB, o sim.Options, by sim.Driver) sim.Result {
	t.Helper()
	r, err := sim.Run(t.Context(), o, by)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func near(got, want, share float64) bool { return math.Abs(got-want) <= share*math.Abs(want) }

// beating sends a heartbeat at each tick and changes nothing.
func beating(hear func(probe.Reading)) func(w *sim.World) func(context.Context, time.Time) {
	return func(w *sim.World) func(context.Context, time.Time) {
		p := w.Heartbeat()
		return func(ctx context.Context, _ time.Time) { hear(p.Probe(ctx)) }
	}
}
