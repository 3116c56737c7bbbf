package decide_test

import (
	"cmp"
	"math"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/probe"
)

// A speaker is a policy with one kind of rule, and readings at which it asks for more dynos at any number.
type speaker struct {
	name   string
	policy func(*decide.Policy)
	// load returns the signal's readings at tick i. heart is the heartbeat, if the rule is about it.
	load  func(i int) []probe.Reading
	heart func(i int) probe.Reading
	// again is the number of additional ticks for twice the evidence.
	again int
}

func (s *speaker) byHeartbeat() bool { return s.heart != nil }

func speakers(t *testing.T) []speaker {
	reading := func(r ...probe.Reading) func(int) []probe.Reading { return func(int) []probe.Reading { return r } }
	heart := func(r probe.Reading) func(int) probe.Reading { return func(int) probe.Reading { return r } }
	rule := func(change func(*decide.SignalRule)) func(*decide.Policy) {
		r := decide.SignalRule{Signal: "jobs", Max: 10, Min: math.NaN()}
		change(&r)
		return func(p *decide.Policy) { p.Rules = []decide.SignalRule{r} }
	}
	window := func(r *decide.SignalRule) { r.Window = 2 * time.Minute }
	one := func(r *decide.SignalRule) { r.Fails, r.Passes = decide.InARow(1), decide.InARow(1) }
	breach := func(p *decide.Policy) {
		p.Breaches = []decide.BreachRule{
			{Metric: "jobs", Operator: "<", Threshold: 1, Down: true, Step: decide.Step{Dynos: 1}, Breach: time.Minute, Cooldown: time.Minute},
			{Metric: "jobs", Operator: ">", Threshold: 10, Step: decide.Step{Dynos: 1}, Breach: 2 * time.Minute, Cooldown: time.Minute},
		}
	}
	a := adaptively(t, adaptive.Balanced, 1000).Adaptive
	logged := func(i int) []probe.Reading {
		rate := 20.0
		if i > 20 {
			rate = 2000
		}
		return []probe.Reading{
			line(probe.RequestsPerSecond, rate), line(probe.RecentRequestsPerSecond, rate), line(probe.Busy, rate/10),
			line(probe.ServiceP50, 90), line(probe.ServiceP95, 150),
		}
	}
	nothing := reading()
	return []speaker{
		{"heartbeats in a row", func(*decide.Policy) {}, nothing, heart(slow), 3},
		{"heartbeats, 3 of 5", func(p *decide.Policy) { p.Fails = decide.Quorum{N: 3, M: 5} }, nothing, func(i int) probe.Reading {
			if i%2 == 0 {
				return slow
			}
			return right
		}, 6},
		{"heartbeats, 60 of 64", func(p *decide.Policy) { p.Fails = decide.Quorum{N: 60, M: 64} }, nothing, func(i int) probe.Reading {
			if i%20 == 19 {
				return right
			}
			return slow
		}, 63},
		{"heartbeats of the load model", func(p *decide.Policy) { p.Adaptive = a }, nothing, heart(took(9000)), 3},
		{"router log of the load model", func(p *decide.Policy) { p.Adaptive = a }, logged, nil, 3},
		{"signal in a row", rule(func(r *decide.SignalRule) { r.Fails, r.Passes = decide.InARow(3), decide.InARow(3) }), reading(jobs(1e6)), nil, 3},
		{"signal, 2 of 4", rule(func(r *decide.SignalRule) { r.Fails, r.Passes = decide.Quorum{N: 2, M: 4}, decide.InARow(3) }), func(i int) []probe.Reading {
			return []probe.Reading{jobs(float64(i % 2 * 100))}
		}, nil, 4},
		{"signal per dyno", rule(func(r *decide.SignalRule) {
			r.PerDyno = true
			one(r)
		}), reading(jobs(1e6)), nil, 1},
		{"mean of a window", rule(window), reading(jobs(1e6)), nil, 4},
		{"percentile of a window", rule(func(r *decide.SignalRule) {
			window(r)
			r.Percentile = 90
		}), reading(jobs(1e6)), nil, 4},
		{"mean of a window, judged every 2 minutes", func(p *decide.Policy) {
			rule(window)(p)
			p.DecideEvery = 2 * time.Minute
		}, reading(jobs(1e6)), nil, 4},
		{"steps", rule(one), reading(wants(1, probe.UnitSteps)), nil, 1},
		{"dynos", rule(one), reading(wants(3, probe.UnitDynos)), nil, 1},
		{"scaling rule", breach, reading(jobs(1e6)), nil, 4},
	}
}

var backgrounds = []struct {
	name string
	in   []probe.Reading
}{{"none", nil}, {"right", []probe.Reading{right}}, {"fast", []probe.Reading{fast}}, {"blind", []probe.Reading{noData}}, {"slow", []probe.Reading{slow}}}

// The tick counts from 0; -1 means none in 400 ticks. The scale-up is from two dynos.
func (s *speaker) firstUp(st decide.State, p decide.Policy, background []probe.Reading, most int) (tick int, d decide.Decision) {
	for i := range 400 {
		in := background
		if s.byHeartbeat() {
			in = []probe.Reading{s.heart(i)}
		}
		in = append(in[:len(in):len(in)], s.load(i)...)
		st, d = p.Decide(st, facts(noon.Add(time.Duration(i)*30*time.Second), in, bounds(1, most), 2, st.Control))
		if d.To > 2 {
			return i, d
		}
	}
	return -1, d
}

func eachSpeaker(t *testing.T, test func(t *testing.T, s *speaker, p decide.Policy, background []probe.Reading)) {
	for _, s := range speakers(t) {
		for _, b := range backgrounds {
			if s.byHeartbeat() && b.name != "none" || s.name == "router log of the load model" && b.name != "right" && b.name != "fast" {
				continue
			}
			t.Run(s.name+", heartbeat "+cmp.Or(map[bool]string{true: "its own"}[s.byHeartbeat()], b.name), func(t *testing.T) {
				p := defaults
				s.policy(&p)
				test(t, &s, p, b.in)
			})
		}
	}
}

func TestNearTheBudgetEachRuleNeedsTwiceItsOwnEvidence(t *testing.T) {
	racetest.Computes(t)
	eachSpeaker(t, func(t *testing.T, s *speaker, p decide.Policy, background []probe.Reading) {
		first, d := s.firstUp(decide.State{}, p, background, 20)
		if first < 0 {
			t.Fatalf("without a budget it never asks for more: %+v", d)
		}
		p.Budget, p.Price = 60, 90
		later, d := s.firstUp(decide.State{}, p, background, 20)
		want := first + s.again
		if len(background) > 0 && background[0].Value == slow.Value && s.name != "scaling rule" {
			want = min(want, 5) // the heartbeat itself has twice its evidence then
		}
		if later != want {
			t.Errorf("with a budget the first scale-up is at tick %d, want %d, as it is at %d without: %+v", later, want, first, d)
		}
		p.Budget = 1e6
		if at, _ := s.firstUp(decide.State{}, p, background, 20); at != first {
			t.Errorf("far from the budget the first scale-up is at tick %d, want %d", at, first)
		}
		p.Budget = 1e-9
		if at, d := s.firstUp(decide.State{}, p, background, 20); at > first {
			t.Errorf("beyond the budget there is a scale-up: %+v", d)
		}
	})
}

// What prevents a scale-up prevents that of every kind of rule, for the same time.
func TestSafeguardsOfTimeHoldForEachKindOfRule(t *testing.T) {
	racetest.Computes(t)
	eachSpeaker(t, func(t *testing.T, s *speaker, p decide.Policy, background []probe.Reading) {
		first, _ := s.firstUp(decide.State{}, p, background, 20)
		for _, c := range []struct {
			name   string
			change func(*decide.Policy, *decide.State)
			most   int
			want   int
		}{
			{"a pause in the settings", func(p *decide.Policy, _ *decide.State) { p.PauseUp = true }, 20, -1},
			{"a pause of an hour", func(_ *decide.Policy, st *decide.State) {
				st.Control.Up = decide.Pause{On: true, Until: noon.Add(time.Hour)}
			}, 20, 120},
			{"a pause of scaling down", func(p *decide.Policy, _ *decide.State) { p.PauseDown = true }, 20, first},
			{"a number set by hand", func(p *decide.Policy, st *decide.State) {
				p.ManualHold, st.Known, st.Dynos = time.Hour, true, 3
			}, 20, 120},
			{"the maximum", func(*decide.Policy, *decide.State) {}, 2, -1},
			{"a scale-up", func(p *decide.Policy, st *decide.State) { p.CooldownUp, st.LastUp = time.Hour, noon }, 20, 120},
			{"a scale-down", func(p *decide.Policy, st *decide.State) { p.CooldownUp, st.LastDown = time.Hour, noon }, 20, first},
			{"an override", func(_ *decide.Policy, st *decide.State) {
				st.Control.Override = decide.Override{Dynos: 2, Until: noon.Add(time.Hour)}
			}, 20, 120},
		} {
			q, st := p, decide.State{}
			c.change(&q, &st)
			want := c.want
			if s.name == "scaling rule" && c.name == "a scale-up" {
				want = first // it has a cooldown of its own
			}
			at, d := s.firstUp(st, q, background, c.most)
			if at < want || want < 0 && at >= 0 || want == first && at != first || want > 0 && at < 0 {
				t.Errorf("%s: the first scale-up is at tick %d, want %d, as it is at %d without: %+v", c.name, at, want, first, d)
			}
		}
	})
}

// Heartbeats that more dynos do not improve stop the heartbeat from scaling up, but no other rule.
func TestIneffectiveScaleUpsHoldTheHeartbeatAlone(t *testing.T) {
	racetest.Computes(t)
	for _, s := range speakers(t) {
		if s.name == "router log of the load model" || s.name == "dynos" {
			continue // it has a safeguard of its own; and it wants a number, not more and more
		}
		t.Run(s.name, func(t *testing.T) {
			p := defaults
			s.policy(&p)
			p.IneffectiveAfter = 2
			w := by(p, 2)
			w.limits.Max = 12
			for i := range 1000 {
				beat := slow
				if s.byHeartbeat() {
					beat = s.heart(i)
				}
				w.tick(append([]probe.Reading{beat}, s.load(i)...)...)
			}
			switch held := w.n < 12; {
			case held && !s.byHeartbeat():
				t.Errorf("%d dynos, want the maximum of 12, as the rule never ceases to ask for more", w.n)
			case !held && s.byHeartbeat() && s.name != "heartbeats of the load model":
				t.Error("the heartbeat never improves, and came to the maximum")
			}
		})
	}
}

// The bot takes back only what the heartbeat added, not the scale-ups of another rule.
func TestAStepBackTakesOnlyWhatTheHeartbeatAdded(t *testing.T) {
	p := defaults
	p.IneffectiveAfter = 2
	p.Rules = []decide.SignalRule{{Signal: "jobs", Max: 10, Min: math.NaN(), Fails: decide.InARow(1), Passes: decide.InARow(1), Up: decide.Step{Dynos: 3}}}
	w := by(p, 2)
	reached := 0
	for i := range 60 {
		queue := jobs(0)
		if i == 10 { // the heartbeat has added two
			queue = jobs(100)
		}
		w.tick(slow, queue)
		reached = max(reached, w.n)
	}
	if reached != 7 || w.n != 5 {
		t.Errorf("went up to %d and back to %d, want 7 and 5: two were added for the heartbeat, three for the jobs", reached, w.n)
	}
}

func TestACooldownIsThatOfTheRuleThatScaled(t *testing.T) {
	p := defaults
	p.Breaches = []decide.BreachRule{{Metric: "jobs", Operator: ">", Threshold: 10, Step: decide.Step{Dynos: 1}, Breach: time.Minute, Cooldown: time.Hour}}
	w := by(p, 2)
	w.policy.PauseUp = true
	tick := func(value float64, lim, n int) decide.Decision {
		w.limits, w.n = bounds(lim, 9), n
		return w.decide(jobs(value))
	}
	for range 4 {
		if d := tick(100, 1, 2); d.To != 2 {
			t.Fatalf("a pause is none: %+v", d)
		}
	}
	if d := tick(0, 4, 2); d.To != 4 || d.Rule != decide.RuleLimits {
		t.Fatalf("the minimum is not kept: %+v", d)
	}
	w.policy.PauseUp = false
	if d := tick(100, 4, 4); d.To != 4 {
		t.Fatalf("spoke half a minute after a reading that is not beyond: %+v", d)
	}
	if d := tick(100, 4, 4); d.To != 5 {
		t.Errorf("the limits began a cooldown of a rule: %+v", d)
	}
}

// A scale-up by people or limits does not tell the load model that the scale-down before it was wrong.
func TestOnlyTheLoadMakesTheLoadModelPatient(t *testing.T) {
	p := adaptively(t, adaptive.Balanced, 1000)
	st, _ := p.Decide(decide.State{}, facts(noon, []probe.Reading{fast}, bounds(1, 9), 4))
	down := decide.Decision{From: 4, To: 3, Rule: decide.RuleLessLoad}
	st = applied(st, noon, down)
	before := st.Load.HoldTime
	limits := applied(st, noon.Add(time.Minute), decide.Decision{From: 3, To: 6, Rule: decide.RuleLimits})
	if got := limits.Load.HoldTime; got != before {
		t.Errorf("after an up by the limits the patience is %g, want %g", got, before)
	}
	up := decide.Decision{From: 3, To: 4, Rule: decide.RuleMoreLoad, Evidence: &decide.Evidence{By: decide.ByHeartbeat}}
	if got := applied(st, noon.Add(time.Minute), up).Load.HoldTime; got <= before {
		t.Errorf("after an up by the load the patience is %g, want more than %g", got, before)
	}
}

// A scaling rule needs readings of the whole breach time also after an override.
func TestAnOverrideIsNoEvidenceForAScalingRule(t *testing.T) {
	p := defaults
	p.Breaches = []decide.BreachRule{{Metric: "jobs", Operator: ">", Threshold: 10, Step: decide.Step{Dynos: 1}, Breach: time.Minute, Cooldown: time.Minute}}
	var st decide.State
	for i := range 20 {
		value := 0.0
		if i == 0 || i == 10 {
			value = 100
		}
		var people decide.Control
		if i >= 1 {
			people.Override = decide.Override{Dynos: 2, Until: noon.Add(5 * time.Minute)}
		}
		var d decide.Decision
		st, d = p.Decide(st, facts(noon.Add(time.Duration(i)*30*time.Second), []probe.Reading{jobs(value)}, bounds(1, 9), 2, people))
		if d.To != 2 {
			t.Fatalf("at tick %d: %+v", i, d)
		}
	}
}

// Scale-ups by a signal do not count as ineffective for the heartbeat, however slow it was.
func TestTheUpsOfASignalAreNoneOfTheHeartbeat(t *testing.T) {
	p := defaults
	p.IneffectiveAfter = 1
	p.Rules = []decide.SignalRule{{Signal: "jobs", Max: 10, Min: math.NaN(), Fails: decide.InARow(1), Passes: decide.InARow(1)}}
	w := by(p, 2)
	for range 4 {
		w.tick(slow, jobs(100))
	}
	for range 4 {
		w.tick(slow, jobs(0))
	}
	if w.n != 7 {
		t.Errorf("%d dynos, want 7: four more for the jobs, one more for the heartbeat, which had none before", w.n)
	}
}

// The router's log still decides although more dynos did not improve the heartbeat, and its dynos are not taken back.
func TestIneffectiveScaleUpsDoNotHoldTheRouterLog(t *testing.T) {
	for _, s := range speakers(t) {
		if s.name != "router log of the load model" {
			continue
		}
		p := defaults
		s.policy(&p)
		p.IneffectiveAfter = 2
		first, _ := s.firstUp(decide.State{}, p, []probe.Reading{right}, 20)
		stuck := decide.State{RunState: decide.RunState{ScaleUps: &decide.ScaleUps{
			From: 1, Before: decide.Level{N: 3, SumMS: 4500}, N: 2, StuckSince: noon.Add(-time.Hour), Calm: -1000,
		}}}
		if at, d := s.firstUp(stuck, p, []probe.Reading{right}, 20); at != first {
			t.Errorf("the first scale-up is at tick %d, want %d: %+v", at, first, d)
		}
		st := stuck
		for i := range 20 {
			var d decide.Decision
			st, d = p.Decide(st, facts(noon.Add(time.Duration(i)*30*time.Second), append(s.load(0), slow), bounds(1, 20), 2))
			if d.Rule == decide.RuleIneffective && i > 0 {
				t.Fatalf("at tick %d it steps back for the heartbeat: %+v", i, d)
			}
		}
	}
}
