package adaptive_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

var noon = time.Date(2024, 1, 15, 12, 0, 0, 0, time.UTC)

func took(ms float64) probe.Reading {
	return probe.Reading{Signal: "heartbeat", Value: ms, Unit: "ms", Outcome: probe.Answered, Status: 200}
}

func bounds(least, most int) schedule.Limits { return schedule.Limits{Min: least, Max: most} }

func facts(now time.Time, in []probe.Reading, lim schedule.Limits, n int) decide.Facts {
	return decide.Facts{Now: now, Readings: in, Limits: lim, Dynos: n, Settled: true}
}

func applied(st decide.State, now time.Time, d decide.Decision) decide.State {
	st, _ = decide.Policy{}.Answered(st, decide.Facts{Now: now}, d, decide.Accepted)
	return st
}

func policy(m *adaptive.Model, boundMS float64) decide.Policy {
	return decide.Policy{Adaptive: m, HeartbeatRule: decide.HeartbeatRule{
		MaxResponseMS: boundMS, MinResponseMS: 200, Fails: decide.InARow(3), Passes: decide.InARow(5),
		FailOn: []probe.Outcome{probe.Timeout, probe.ServerError},
	}}
}

func adaptively(t testing.TB, aim adaptive.Aim, boundMS float64) decide.Policy {
	t.Helper()
	a, err := adaptive.New(aim, boundMS)
	if err != nil {
		t.Fatal(err)
	}
	return policy(a, boundMS)
}

// A running app gets the desired dynos at once, and has a tick every 5 s.
type running struct {
	policy decide.Policy
	state  decide.State
	dynos  int
	limits [2]int
	now    time.Time
	draws  *rand.Rand
	ups    []int
}

func (a *running) runWith(d time.Duration, readings func() []probe.Reading) (last decide.Decision) {
	for end := a.now.Add(d); a.now.Before(end); a.now = a.now.Add(5 * time.Second) {
		a.state, last = a.policy.Decide(a.state, facts(a.now, readings(), bounds(a.limits[0], a.limits[1]), a.dynos))
		if last.To != last.From {
			a.state = applied(a.state, a.now, last)
			if last.To > last.From {
				a.ups = append(a.ups, last.To-last.From)
			}
			a.dynos = last.To
		}
	}
	return last
}

// An app whose heartbeats wait as in queueing theory: dynos of 5 slots, 100 ms of service, exponential.
type app struct {
	running
	load       float64 // in dynos
	baselineMS float64
	wait       float64 // of a backlog, in seconds
	beat       func(ms float64) probe.Reading
}

func newApp(p decide.Policy, dynos int, load float64) *app {
	return &app{
		running: running{policy: p, dynos: dynos, limits: [2]int{1, 60}, now: noon, draws: rand.New(rand.NewPCG(1, 2))},
		load:    load, baselineMS: 40, beat: took,
	}
}

func (a *app) run(d time.Duration) decide.Decision { return a.runWith(d, a.readings) }

func (a *app) readings() []probe.Reading {
	busy := a.load / float64(a.dynos)
	a.wait = max(0, a.wait+(busy-1)*5)
	wait := a.wait
	if busy < 1 && a.draws.Float64() < math.Pow(busy, 3) {
		wait += a.draws.ExpFloat64() * 0.02 / (1 - busy)
	}
	ms := 30 + a.baselineMS*math.Exp(0.47*a.draws.NormFloat64()-0.11) + 1000*wait
	in := []probe.Reading{a.beat(ms)}
	if ms > 4000 {
		in = []probe.Reading{{Signal: "heartbeat", Value: 4000, Unit: "ms", Outcome: probe.Timeout, Error: "no answer within 4s"}}
	}
	return in
}
