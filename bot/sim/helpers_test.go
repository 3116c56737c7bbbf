package sim_test

import (
	"context"
	"math"
	"os"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
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

// at is the time that the simulation has lasted.
func every(interval time.Duration, tick func(ctx context.Context, w *sim.World, at time.Duration)) sim.Driver {
	return sim.Driver{Name: "every", Interval: interval, Begin: func(w *sim.World) func(context.Context, time.Time) {
		start := w.Now()
		return func(ctx context.Context, now time.Time) { tick(ctx, w, now.Sub(start)) }
	}}
}

// Looks every ten minutes.
func watch(n int, look func(w *sim.World, at time.Duration)) sim.Driver {
	return every(10*time.Minute, func(_ context.Context, w *sim.World, at time.Duration) {
		w.Want(n)
		look(w, at)
	})
}

func run(t rapid.TB, o sim.Options, by sim.Driver) sim.Result {
	t.Helper()
	r, err := sim.Run(context.Background(), o, by)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func near(got, want, share float64) bool { return math.Abs(got-want) <= share*math.Abs(want) }

func limits(t rapid.TB) schedule.Table {
	table, err := schedule.New(schedule.Fixed(1), schedule.Fixed(60), nil)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func model(t *testing.T, aim adaptive.Aim) *adaptive.Model {
	t.Helper()
	m, err := adaptive.New(aim, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func shape(t testing.TB, name string) sim.Shape {
	t.Helper()
	s, err := sim.ShapeOf(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func day(t *testing.T, name string) sim.Trace {
	t.Helper()
	file, err := os.Open("testdata/traces/" + name + ".csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	trace, err := sim.ParseTrace(file)
	if err != nil {
		t.Fatal(err)
	}
	return trace
}
