package bot_test

import (
	"encoding/json"
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

// Whatever the heartbeats are, and whoever changes the number, the adaptive policy stays inside the limits, does not go down when it
// is blind, and writes a state that can be read again and decides the same.
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
			before := fromJSON(t, st) // NaN has no JSON
			next, d := p.Decide(st, facts(now, in, lim, n))
			if again, d2 := p.Decide(before, facts(now, in, lim, n)); !reflect.DeepEqual(fromJSON(t, again), fromJSON(t, next)) || !reflect.DeepEqual(d2, d) {
				t.Fatalf("the same state, through JSON, decided otherwise:\n%+v %+v\n%+v %+v", next.Load, d, again.Load, d2)
			}
			if !reflect.DeepEqual(before, fromJSON(t, st)) {
				t.Fatalf("Decide changed the state it was given")
			}
			if _, err := json.Marshal(d); err != nil {
				t.Fatal(err)
			}
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
