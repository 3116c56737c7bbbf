package decide_test

import (
	"slices"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

var noon = time.Date(2024, 1, 15, 12, 0, 0, 0, time.UTC)

func took(ms float64) probe.Reading {
	return probe.Reading{Signal: "heartbeat", Value: ms, Unit: "ms", Outcome: probe.Answered, Status: 200}
}

func failed(o probe.Outcome, text string) probe.Reading {
	return probe.Reading{Signal: "heartbeat", Value: 7, Unit: "ms", Outcome: o, Error: text}
}

var (
	slow   = took(1500)
	right  = took(500)
	fast   = took(50)
	noData = failed(probe.Unreachable, "connection refused by 127.0.0.1:5000")
)

var defaults = decide.Policy{
	HeartbeatRule: decide.HeartbeatRule{
		MaxResponseMS: 1000, MinResponseMS: 200, Fails: decide.InARow(3), Passes: decide.InARow(5),
		FailOn: []probe.Outcome{probe.Timeout, probe.ServerError},
	},
}

func bounds(least, most int) schedule.Limits { return schedule.Limits{Min: least, Max: most} }

// The platform reports n dynos. control is optional.
func facts(now time.Time, in []probe.Reading, lim schedule.Limits, n int, control ...decide.Control) decide.Facts {
	f := decide.Facts{Now: now, Readings: in, Limits: lim, Dynos: n, Settled: true}
	if len(control) > 0 {
		f.Control = control[0]
	}
	return f
}

func applied(st decide.State, now time.Time, d decide.Decision) decide.State {
	return accepted(decide.Policy{}, st, now, d)
}

func accepted(p decide.Policy, st decide.State, now time.Time, d decide.Decision) decide.State {
	st, _ = p.Answered(st, decide.Facts{Now: now}, d, decide.Accepted)
	return st
}

// A world is a policy, and a platform that makes changes at once, with a tick every 30 s from noon.
type world struct {
	policy  decide.Policy
	state   decide.State
	limits  schedule.Limits
	n       int
	resizes []int
	now     time.Time
}

// The maximum is 20 dynos.
func with(dynos int, change func(*decide.Policy)) *world {
	p := defaults
	change(&p)
	return by(p, dynos)
}

func by(p decide.Policy, dynos int) *world {
	return &world{policy: p, limits: bounds(1, 20), n: dynos, now: noon.Add(-30 * time.Second)}
}

// One tick for each reading.
func (w *world) beat(readings ...probe.Reading) (last record.Record) {
	for _, reading := range readings {
		last = w.tick(reading)
	}
	return last
}

func (w *world) decide(in ...probe.Reading) decide.Decision { return w.tick(in...).Decision }

func (w *world) tick(in ...probe.Reading) record.Record {
	w.now = w.now.Add(30 * time.Second)
	r := record.Record{Time: w.now, Readings: in, Limits: w.limits, Dynos: w.n, Action: record.Held}
	w.state, r.Decision = w.policy.Decide(w.state, facts(w.now, in, w.limits, w.n))
	if d := r.Decision; d.To != d.From {
		w.state = accepted(w.policy, w.state, w.now, d)
		w.n, w.resizes, r.Action = d.To, append(w.resizes, d.To), record.Scaled
	}
	return r
}

func wantResizes(t *testing.T, w *world, want ...int) {
	t.Helper()
	if !slices.Equal(w.resizes, want) {
		t.Errorf("asked for %v, want %v", w.resizes, want)
	}
	w.resizes = nil
}

func wantWhy(t *testing.T, r record.Record, want string) {
	t.Helper()
	if got := r.Headline() + ": " + r.Why(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func times(n int, r probe.Reading) []probe.Reading { return slices.Repeat([]probe.Reading{r}, n) }

func signal(name string, value float64, unit string) probe.Reading {
	return probe.Reading{Signal: name, Value: value, Unit: unit, Outcome: probe.Answered}
}

func jobs(n float64) probe.Reading { return signal("jobs", n, "jobs") }

var (
	jobsUnknown = probe.Reading{Signal: "jobs", Outcome: probe.Timeout, Error: "no answer within 5s"}
	jobsRule    = decide.SignalRule{Signal: "jobs", Max: 100, Min: 10, Fails: decide.InARow(3), Passes: decide.InARow(2)}
)

func why(d decide.Decision, in ...probe.Reading) string {
	return record.Record{Readings: in, Dynos: d.From, Decision: d}.Why()
}
