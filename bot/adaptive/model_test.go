package adaptive_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/probe"
)

func TestAdaptiveKeepsAsManyDynosAsTheLoadNeeds(t *testing.T) {
	racetest.Long(t)
	for _, load := range []float64{0.3, 2, 7, 20} {
		a := newApp(adaptively(t, adaptive.Balanced, 1000), int(load)+1, load)
		a.run(3 * time.Hour)
		if least, most := load, 1.5*load+1.5; float64(a.dynos) < least || float64(a.dynos) > most {
			t.Errorf("a load of %g dynos has %d, want %g to %g", load, a.dynos, least, most)
		}
		e := a.state.Load
		if e == nil || len(e.Needs) == 0 {
			t.Fatalf("nothing is known of the load: %+v", e)
		}
	}
}

func TestAdaptiveGoesUpBySeveralAtOnce(t *testing.T) {
	racetest.Computes(t)
	a := newApp(adaptively(t, adaptive.Balanced, 1000), 3, 2)
	a.run(time.Hour)
	a.load, a.ups = 12, nil
	a.run(3 * time.Minute)
	if a.dynos < 12 {
		t.Errorf("3 minutes after the load rose to 12 dynos' worth, there are %d", a.dynos)
	}
	if slices.Max(a.ups) < 5 {
		t.Errorf("went up by %v, want several at once", a.ups)
	}
}

func TestAdaptiveComesDownAfterEvidenceEnough(t *testing.T) {
	racetest.Computes(t)
	a := newApp(adaptively(t, adaptive.Balanced, 1000), 12, 9)
	a.run(time.Hour)
	before := a.dynos
	a.load = 2
	a.run(4 * time.Minute)
	if a.dynos != before {
		t.Errorf("4 minutes of less load took %d dynos to %d, before the patience was over", before, a.dynos)
	}
	a.run(2 * time.Hour)
	if a.dynos > 4 {
		t.Errorf("2 hours of a load of 2 dynos' worth left %d", a.dynos)
	}
}

func TestAdaptiveRemovesNothingInTheFirstTenMinutes(t *testing.T) {
	a := newApp(adaptively(t, adaptive.Lean, 1000), 10, 0.5)
	a.run(10 * time.Minute)
	if a.dynos != 10 {
		t.Errorf("there are %d dynos, want 10", a.dynos)
	}
}

// Dyno-hours for a number of half hours of a load that comes and goes.
func hours(p decide.Policy, halves int) float64 {
	a, hours := newApp(p, 10, 8), 0.0
	for i := range halves {
		a.load = 10 + 6*math.Sin(float64(i)/3)
		a.run(30 * time.Minute)
		hours += float64(a.dynos) / 2
	}
	return hours
}

func TestASaferAimCostsMore(t *testing.T) {
	racetest.Long(t)
	of := func(aim adaptive.Aim) float64 { return hours(adaptively(t, aim, 1000), 20) }
	lean, balanced, safe := of(adaptive.Lean), of(adaptive.Balanced), of(adaptive.Safe)
	t.Logf("lean %.0f, balanced %.0f, safe %.0f dyno-hours", lean, balanced, safe)
	if !(lean < balanced && balanced < safe) {
		t.Errorf("lean, balanced and safe cost %.0f, %.0f and %.0f dyno-hours, want ever more", lean, balanced, safe)
	}
}

func TestAdaptiveGrowsPatientWhereDownsAreTakenBack(t *testing.T) {
	racetest.Long(t)
	p := adaptively(t, adaptive.Balanced, 1000)
	a := newApp(p, 4, 3)
	a.run(time.Hour)
	smooth := a.state.Load.HoldTime
	for range 8 { // a load that leaps and falls back
		a.load = 1
		a.run(22 * time.Minute)
		a.load = 6
		a.run(3 * time.Minute)
	}
	if got := a.state.Load.HoldTime; got <= smooth {
		t.Errorf("patience is %g s, as it was before downs had to be taken back: %g s", got, smooth)
	}
}

func TestAdaptiveDoesNotRunAwayFromABoundBelowTheIdleApp(t *testing.T) {
	racetest.Long(t)
	a := newApp(adaptively(t, adaptive.Safe, 60), 2, 1)
	a.baselineMS = 250
	a.run(time.Hour)
	soon := a.dynos
	a.run(5 * time.Hour)
	if soon > 6 || a.dynos > 4 {
		t.Errorf("a bound of 60 ms, which no heartbeat keeps, ran up %d, then %d dynos for a load of 1", soon, a.dynos)
	}
}

// No number of dynos gets below the threshold, but there must be enough for the load.
func TestAdaptiveServesTheLoadOfAnAppThatTakesLongerThanTheBound(t *testing.T) {
	racetest.Long(t)
	a := newApp(adaptively(t, adaptive.Balanced, 60), 12, 10)
	a.baselineMS = 250
	a.run(2 * time.Hour)
	var d decide.Decision
	before := len(a.ups)
	sum := 0.0
	for range 48 {
		d = a.run(5 * time.Minute)
		sum += float64(a.dynos)
	}
	if mean := sum / 48; mean < 11 || mean > 15 || d.Load.Busy < 0.8 {
		t.Errorf("a load of 10 dynos has %.1f, to be busy to %g at most", mean, d.Load.Busy)
	}
	a.load = 15
	a.run(time.Hour)
	if ups := a.ups[before:]; len(ups) == 0 || slices.Max(ups) > 2 {
		t.Errorf("goes up by %v, want a tenth at a time", ups)
	}
	if want := "no number of dynos is enough, since an idle app already takes longer than the threshold"; !strings.Contains(d.Load.String(), want) {
		t.Errorf("%q does not say %q", d.Load, want)
	}
}

// A start during an overload, without a single calm heartbeat, must not teach that slow is usual.
func TestAdaptiveBeginsInAnOverload(t *testing.T) {
	a := newApp(adaptively(t, adaptive.Balanced, 1000), 2, 6)
	a.wait = 3
	a.run(20 * time.Minute)
	if a.dynos < 6 || a.wait > 1 {
		t.Errorf("20 minutes on, a load of 6 has %d dynos and a backlog of %.1f s", a.dynos, a.wait)
	}
}

func TestAdaptiveStaysWithinWhatPeopleAsk(t *testing.T) {
	racetest.Computes(t)
	p := adaptively(t, adaptive.Balanced, 1000)
	t.Run("limits", func(t *testing.T) {
		a := newApp(p, 3, 20)
		a.limits = [2]int{1, 5}
		a.run(10 * time.Minute)
		if a.dynos != 5 {
			t.Errorf("there are %d dynos where 5 are the most", a.dynos)
		}
	})
	t.Run("pause", func(t *testing.T) {
		a := newApp(p, 3, 20)
		a.policy.PauseUp = true
		d := a.run(10 * time.Minute)
		if a.dynos != 3 || len(d.Clamps) == 0 || d.Clamps[len(d.Clamps)-1].By != decide.ClampPause {
			t.Errorf("paused, there are %d dynos: %+v", a.dynos, d)
		}
	})
	t.Run("cooldown", func(t *testing.T) {
		a := newApp(p, 3, 20)
		a.policy.CooldownUp = time.Hour
		a.run(30 * time.Minute)
		if len(a.ups) != 1 {
			t.Errorf("went up %d times within the cooldown of the first", len(a.ups))
		}
	})
}

func TestAdaptiveIsNeverLedDownByWhatItCannotSee(t *testing.T) {
	racetest.Computes(t)
	for name, in := range map[string][]probe.Reading{
		"nothing":               nil,
		"unreachable":           {{Signal: "heartbeat", Value: 7, Unit: "ms", Outcome: probe.Unreachable, Error: "connection refused"}},
		"errors at once":        {{Signal: "heartbeat", Value: 7, Unit: "ms", Outcome: probe.ServerError, Error: "status 503"}},
		"another signal, right": {took(50), {Signal: "jobs", Value: 500, Unit: "jobs", Outcome: probe.Answered}},
	} {
		p := adaptively(t, adaptive.Lean, 1000)
		if len(in) > 1 {
			p.Rules = []decide.SignalRule{{Signal: "jobs", Max: 100, Min: 10, Fails: decide.InARow(3), Passes: decide.InARow(2)}}
		}
		a := newApp(p, 12, 3)
		a.policy.PauseDown = true
		a.run(time.Hour)
		a.policy.PauseDown = false
		for range 300 {
			a.now = a.now.Add(5 * time.Second)
			var d decide.Decision
			if a.state, d = a.policy.Decide(a.state, facts(a.now, in, bounds(1, 60), 12)); d.To < 12 {
				t.Errorf("%s: went down: %+v", name, d)
				break
			}
		}
	}
}

func TestAnEstimateComesWithEachDecision(t *testing.T) {
	a := newApp(adaptively(t, adaptive.Balanced, 1000), 3, 1)
	if d := a.run(time.Minute); d.Load == nil || !(d.Load.Low <= d.Load.Likely && d.Load.Likely <= d.Load.High) || d.Load.Need < 1 {
		t.Errorf("a hold is not explained: %+v", d.Load)
	}
}

func TestNewAdaptiveRefuses(t *testing.T) {
	for _, c := range []struct {
		aim   adaptive.Aim
		bound float64
		want  string
	}{
		{"bold", 1000, `invalid aim "bold": must be lean, balanced or safe`},
		{adaptive.Lean, 0, "invalid threshold of 0 ms: must be more than 0"},
		{adaptive.Lean, math.NaN(), "invalid threshold of NaN ms: must be more than 0"},
	} {
		if _, err := adaptive.New(c.aim, c.bound); err == nil || err.Error() != c.want {
			t.Errorf("NewAdaptive(%q, %g) = %v, want %s", c.aim, c.bound, err, c.want)
		}
	}
}

func BenchmarkDecideAdaptive(b *testing.B) {
	p := adaptively(b, adaptive.Balanced, 1000)
	in := []probe.Reading{took(80)}
	var st decide.State
	now := noon
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(5 * time.Second)
		st, _ = p.Decide(st, facts(now, in, bounds(1, 60), 4))
	}
}

// A demonstration that shows minutes in seconds removes dynos in seconds, too.
func TestHastenedModelHoldsForSeconds(t *testing.T) {
	last := func(haste float64) int {
		m, err := adaptive.New(adaptive.Balanced, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if haste > 0 {
			m = m.Hasten(haste)
		}
		a := newApp(policy(m, 1000), 8, 2)
		a.run(4 * time.Minute)
		return a.dynos
	}
	if usual, fast := last(0), last(30); usual != 8 || fast >= usual {
		t.Errorf("after 4 minutes with too many dynos there are %d, and %d if it is 30 times as fast; want 8, and fewer", usual, fast)
	}
	e := adaptive.Estimate{Likely: 2, Need: 3, Most: 5, HoldSeconds: 16}
	if got := e.String(); !strings.HasSuffix(got, "; it needed 5 within the last 16 s") {
		t.Errorf("the reason is %q", got)
	}
}
