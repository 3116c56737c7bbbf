package decide_test

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/rapidtest"
	"github.com/autoscalebot/autoscalebot/probe"
)

func drawPolicy(t *rapid.T) decide.Policy {
	seconds := func(name string) time.Duration {
		return time.Duration(rapid.SampledFrom([]int{0, 0, 1, 45, 300}).Draw(t, name)) * time.Second
	}
	quorum := func(name string) decide.Quorum {
		n := rapid.IntRange(1, 4).Draw(t, name)
		return decide.Quorum{N: n, M: n + rapid.IntRange(0, 3).Draw(t, name+" of")}
	}
	step := func(name string) decide.Step {
		if rapid.Bool().Draw(t, name+" by per cent") {
			return decide.Step{Percent: rapid.Float64Range(1, 150).Draw(t, name)}
		}
		return decide.Step{Dynos: rapid.IntRange(1, 4).Draw(t, name)}
	}
	var rules []decide.SignalRule
	if rapid.Bool().Draw(t, "a rule by rows") {
		rules = append(rules, decide.SignalRule{Signal: "jobs", Max: 100, Min: 10, Fails: quorum("many"), Passes: quorum("few")})
	}
	if rapid.Bool().Draw(t, "a rule by a window") {
		rules = append(rules, decide.SignalRule{Signal: "jobs", PerDyno: true, Max: 30, Min: math.NaN(), Window: seconds("window") + time.Second})
	}
	return decide.Policy{
		Rules: rules, DecideEvery: seconds("decide every"),
		HeartbeatRule: decide.HeartbeatRule{
			MaxResponseMS: 1000, MinResponseMS: 200, FailOn: defaults.FailOn,
			Fails: quorum("fails"), Passes: quorum("passes"),
		},
		Up: step("up"), Down: step("down"),
		Safeguards: decide.Safeguards{
			CooldownUp: seconds("cooldown up"), CooldownDown: seconds("cooldown down"),
			Stabilization: seconds("stabilization"), ManualHold: seconds("hold"),
			IneffectiveAfter: rapid.IntRange(0, 3).Draw(t, "help after"),
		},
		ZeroIsOurs: rapid.Bool().Draw(t, "zero is ours"),
		Budget:     rapid.SampledFrom([]float64{0, 0, 0.001, 300}).Draw(t, "budget"), Price: 25,
	}
}

// These hold with any settings, any past, and any manual changes.
func TestDecideNeverSurprises(t *testing.T) {
	racetest.Computes(t)
	rapidtest.Check(t, func(t *rapid.T) {
		p := drawPolicy(t)
		lim := bounds(rapid.IntRange(0, 5).Draw(t, "min"), 0)
		lim.Max = lim.Min + rapid.IntRange(0, 5).Draw(t, "room")
		n := rapid.IntRange(0, 12).Draw(t, "dynos")
		now := noon
		var st decide.State
		var lastUp, lastChange, lastHand time.Time
		var wishes []adaptive.Desired
		reading := rapid.SampledFrom([]probe.Reading{slow, right, fast, fast, fast, noData, failed(probe.ServerError, "status 503")})
		queue := rapid.SampledFrom([]probe.Reading{jobs(0), jobs(5), jobs(50), jobs(500), jobsUnknown})
		for range rapid.IntRange(1, 60).Draw(t, "ticks") {
			now = now.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "pause")) * time.Second)
			if hand := rapid.IntRange(-8, 8).Draw(t, "hand"); hand > 0 && now.Sub(lastChange) > 2*time.Minute && hand != n {
				if len(wishes) > 0 {
					lastHand = now
				}
				n = hand
			}
			in := append(rapid.SliceOfN(reading, 0, 2).Draw(t, "readings"), queue.Draw(t, "queue"))
			next, d := decideTwice(t, p, st, facts(now, in, lim, n))
			wishes = append(wishes, adaptive.Desired{Time: now, Dynos: d.Desired})
			inside := lim.Clamp(n) == n
			switch {
			case n == 0 && !p.ZeroIsOurs:
				if d.To != 0 {
					t.Fatalf("touched an app that was switched off: %+v", d)
				}
			case lim.Clamp(d.To) != d.To:
				t.Fatalf("left the limits %v: %+v", lim, d)
			case !inside && d.To != lim.Clamp(n):
				t.Fatalf("did not go to the nearest limit of %v: %+v", lim, d)
			case inside && d.To > n:
				if d.Bill != nil && d.Bill.Dollars >= p.Budget {
					t.Fatalf("went up beyond the budget: %+v", d)
				}
				if d.Says() != decide.Slow || now.Sub(lastUp) < p.CooldownUp || now.Sub(lastHand) < p.ManualHold {
					t.Fatalf("went up without cause or too soon: %+v", d)
				}
			case inside && d.To < n:
				if d.Says() != decide.Fast && (d.Verdict != decide.Slow || d.Rule != decide.RuleIneffective) || now.Sub(lastChange) < p.CooldownDown || now.Sub(lastHand) < p.ManualHold {
					t.Fatalf("went down without cause or too soon: %+v", d)
				}
				if p.Stabilization > 0 && now.Sub(wishes[0].Time) < p.Stabilization {
					t.Fatalf("went down before it had seen a whole window: %+v", d)
				}
				for _, w := range wishes {
					if now.Sub(w.Time) < p.Stabilization && w.Dynos > d.To && d.Rule != decide.RuleIneffective {
						t.Fatalf("went down to %d although it wished for %d %v ago", d.To, w.Dynos, now.Sub(w.Time))
					}
				}
			}
			st = next
			if d.To != n {
				st = applied(st, now, d)
				if d.To > n {
					lastUp = now
				}
				lastChange, n = now, d.To
			}
		}
	})
}

// The decision from the state's JSON is the same as from the state, has JSON itself, and leaves the state unchanged.
func decideTwice(t *rapid.T, p decide.Policy, st decide.State, f decide.Facts) (decide.State, decide.Decision) {
	before := fromJSON(t, st)
	next, d := p.Decide(st, f)
	again, d2 := p.Decide(before, f)
	if !reflect.DeepEqual(again, next) || !reflect.DeepEqual(d2, d) {
		t.Fatalf("the same state, through JSON, decided otherwise:\n%+v %+v\n%+v %+v", next, d, again, d2)
	}
	if !reflect.DeepEqual(before, fromJSON(t, st)) {
		t.Fatalf("Decide changed the state it was given")
	}
	if _, err := json.Marshal(d); err != nil {
		t.Fatal(err)
	}
	return next, d
}

func fromJSON(t *rapid.T, st decide.State) decide.State {
	text, err := json.Marshal(st)
	if err != nil {
		t.Fatal(err)
	}
	var back decide.State
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

// With any heartbeats and any manual changes the adaptive policy stays within the limits, does not scale down without
// data, and its state survives JSON.
func TestAdaptiveNeverSurprises(t *testing.T) {
	racetest.Long(t)
	aims := []adaptive.Aim{adaptive.Lean, adaptive.Balanced, adaptive.Safe}
	rapidtest.Check(t, func(t *rapid.T) {
		p := drawPolicy(t)
		a, err := adaptive.New(rapid.SampledFrom(aims).Draw(t, "aim"), rapid.Float64Range(0.001, 1e7).Draw(t, "bound"))
		if err != nil {
			t.Fatal(err)
		}
		p.Adaptive = a
		lim := bounds(rapid.IntRange(0, 5).Draw(t, "min"), 0)
		lim.Max = max(1, lim.Min) + rapid.SampledFrom([]int{0, 1, 5, 60, 9000}).Draw(t, "room")
		n := rapid.IntRange(0, 80).Draw(t, "dynos")
		now := noon
		var st decide.State
		reading := rapid.Custom(func(t *rapid.T) probe.Reading {
			r := took(rapid.OneOf(rapid.Float64Range(0, 200), rapid.Float64Range(0, 40_000), rapid.Float64()).Draw(t, "ms"))
			r.Outcome = rapid.SampledFrom([]probe.Outcome{
				probe.Answered, probe.Answered, probe.Answered, probe.Timeout, probe.ServerError, probe.Unreachable,
			}).Draw(t, "outcome")
			return r
		})
		fed := rapid.Custom(func(t *rapid.T) probe.Reading {
			r := line(rapid.SampledFrom(adaptive.RouterSignals()).Draw(t, "signal"), rapid.OneOf(rapid.Float64Range(0, 2000), rapid.Float64()).Draw(t, "value"))
			r.Outcome = rapid.SampledFrom([]probe.Outcome{probe.Answered, probe.Answered, probe.Answered, probe.Unreachable}).Draw(t, "outcome")
			return r
		})
		for range rapid.IntRange(1, 60).Draw(t, "ticks") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 5, 30, 400, 100_000, -60}).Draw(t, "pause")) * time.Second)
			if hand := rapid.IntRange(-9, 40).Draw(t, "hand"); hand >= 30 {
				n = hand
			}
			in := append(rapid.SliceOfN(reading, 0, 3).Draw(t, "readings"), rapid.SliceOfN(fed, 0, 5).Draw(t, "log")...)
			next, d := decideTwice(t, p, st, facts(now, in, lim, n))
			inside := lim.Clamp(n) == n
			switch {
			case n == 0 && !p.ZeroIsOurs:
				if d.To != 0 {
					t.Fatalf("touched an app that was switched off: %+v", d)
				}
			case lim.Clamp(d.To) != d.To:
				t.Fatalf("left the limits %v: %+v", lim, d)
			case inside && d.To < n && d.Verdict == decide.NoData:
				t.Fatalf("went down blind: %+v", d)
			case inside && d.To > n && d.To > 2*n+2 && d.Rule == decide.RuleMoreLoad:
				t.Fatalf("went up too far at once: %+v", d)
			}
			if next.Load != nil && len(next.Load.Needs) > 65 {
				t.Fatalf("remembers %d needs", len(next.Load.Needs))
			}
			st = next
			if d.To != n {
				st = applied(st, now, d)
				n = d.To
			}
		}
	})
}
