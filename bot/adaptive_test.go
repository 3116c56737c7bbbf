package bot_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/probe"
)

func adaptively(t testing.TB, aim adaptive.Aim, boundMS float64) decide.Policy {
	t.Helper()
	a, err := adaptive.New(aim, boundMS)
	if err != nil {
		t.Fatal(err)
	}
	p := defaults
	p.MaxResponseMS, p.Adaptive = boundMS, a
	return p
}

// An app is one whose heartbeats wait as the theory of queues says: dynos of 5 slots, 100 ms of service, exponential.
type app struct {
	policy decide.Policy
	state  decide.State
	dynos  int
	limits [2]int
	load   float64 // in dynos
	idleMS float64
	now    time.Time
	wait   float64 // a backlog in seconds
	beat   func(ms float64) probe.Reading
	draws  *rand.Rand
	ups    []int
}

func newApp(p decide.Policy, dynos int, load float64) *app {
	return &app{
		policy: p, dynos: dynos, limits: [2]int{1, 60}, load: load, idleMS: 40, now: noon, beat: took, draws: rand.New(rand.NewPCG(1, 2)),
	}
}

// run lets so much time pass, with a heartbeat every 5 s, and returns the last decision. Dynos serve at once.
func (a *app) run(d time.Duration) decide.Decision {
	var last decide.Decision
	for end := a.now.Add(d); a.now.Before(end); a.now = a.now.Add(5 * time.Second) {
		busy := a.load / float64(a.dynos)
		a.wait = max(0, a.wait+(busy-1)*5)
		wait := a.wait
		if busy < 1 && a.draws.Float64() < math.Pow(busy, 3) {
			wait += a.draws.ExpFloat64() * 0.02 / (1 - busy)
		}
		ms := 30 + a.idleMS*math.Exp(0.47*a.draws.NormFloat64()-0.11) + 1000*wait
		in := []probe.Reading{a.beat(ms)}
		if ms > 4000 {
			in = []probe.Reading{{Signal: "heartbeat", Value: 4000, Unit: "ms", Outcome: probe.Timeout, Error: "no answer within 4s"}}
		}
		a.state, last = a.policy.Decide(a.state, facts(a.now, in, bounds(a.limits[0], a.limits[1]), a.dynos))
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

// hours is what a day of a load that comes and goes costs.
func hours(t *testing.T, aim adaptive.Aim) float64 {
	t.Helper()
	a, hours := newApp(adaptively(t, aim, 1000), 10, 8), 0.0
	for i := range 20 {
		a.load = 10 + 6*math.Sin(float64(i)/3)
		a.run(30 * time.Minute)
		hours += float64(a.dynos) / 2
	}
	return hours
}

func TestASaferAimCostsMore(t *testing.T) {
	racetest.Long(t)
	lean, balanced, safe := hours(t, adaptive.Lean), hours(t, adaptive.Balanced), hours(t, adaptive.Safe)
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

// A heartbeat that is slow and uneven without any load must not look like load.
func TestAdaptiveLearnsASlowUnevenHeartbeat(t *testing.T) {
	racetest.Long(t)
	a := newApp(adaptively(t, adaptive.Balanced, 1000), 3, 1)
	a.idleMS = 250
	a.run(4 * time.Hour)
	if a.dynos > 3 {
		t.Errorf("a heartbeat of 250 ms, and often 500, ran up %d dynos for a load of 1", a.dynos)
	}
}

func TestAdaptiveDoesNotRunAwayFromABoundBelowTheIdleApp(t *testing.T) {
	racetest.Long(t)
	a := newApp(adaptively(t, adaptive.Safe, 60), 2, 1)
	a.idleMS = 250
	a.run(time.Hour)
	soon := a.dynos
	a.run(5 * time.Hour)
	if soon > 6 || a.dynos > 4 {
		t.Errorf("a bound of 60 ms, which no heartbeat keeps, ran up %d, then %d dynos for a load of 1", soon, a.dynos)
	}
}

// No number of dynos keeps to the bound, but there are enough of them for the load.
func TestAdaptiveServesTheLoadOfAnAppThatTakesLongerThanTheBound(t *testing.T) {
	racetest.Long(t)
	a := newApp(adaptively(t, adaptive.Balanced, 60), 12, 10)
	a.idleMS = 250
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
	if want := "no number of dynos keeps to the bound, which an idle app exceeds"; !strings.Contains(d.Load.String(), want) {
		t.Errorf("%q does not say %q", d.Load, want)
	}
}

// One of the dynos answers after seconds whatever the load is, as the load of the others does not.
func TestAdaptiveTellsASlowDynoFromLoad(t *testing.T) {
	racetest.Long(t)
	a := newApp(adaptively(t, adaptive.Balanced, 1000), 12, 8)
	a.beat = func(ms float64) probe.Reading {
		if a.draws.IntN(a.dynos) == 0 {
			ms += 2000 + 4000*a.draws.Float64()
		}
		return took(ms)
	}
	d := a.run(6 * time.Hour)
	if a.dynos < 9 || a.dynos > 14 {
		t.Errorf("a load of 8 dynos has %d", a.dynos)
	}
	if is := d.Load.Outliers; is < 0.06 || is > 0.2 {
		t.Errorf("a share of %g is slow whatever the load is, want about %.2f", is, 1/float64(a.dynos))
	}
	if want := "% of the heartbeats are slow whatever the load is"; !strings.Contains(d.Load.String(), want) {
		t.Errorf("%q does not say %q", d.Load, want)
	}
}

// A start in the middle of an overload, of which there was never a calm heartbeat, must not teach that slow is usual.
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
		"unreachable":           {blind},
		"errors at once":        {failed(probe.ServerError, "status 503")},
		"another signal, right": {took(50), {Signal: "jobs", Value: 500, Unit: "jobs", Outcome: probe.Answered}},
	} {
		p := adaptively(t, adaptive.Lean, 1000)
		if len(in) > 1 {
			p.Rules = []decide.SignalRule{jobsRule}
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

func TestAdaptiveHeedsOtherSignals(t *testing.T) {
	p := adaptively(t, adaptive.Balanced, 1000)
	p.Rules = []decide.SignalRule{jobsRule}
	var st decide.State
	var d decide.Decision
	for i := range 3 {
		st, d = p.Decide(st, facts(noon.Add(time.Duration(i)*5*time.Second), []probe.Reading{took(60), jobs(5000)}, bounds(1, 9), 2))
	}
	if d.To != 3 || d.Rule != decide.RuleAbove {
		t.Errorf("3 times too many jobs: %+v, want 3 dynos by %q", d, decide.RuleAbove)
	}
}

func TestAdaptiveExplainsItself(t *testing.T) {
	r := record.Record{Dynos: 4, Decision: decide.Decision{
		From: 4, To: 5, Rule: decide.RuleMoreLoad, HeartbeatVerdict: decide.HeartbeatVerdict{Verdict: decide.OK},
		Load: &adaptive.Estimate{Low: 2.9, Likely: 3.4, High: 4.1, Busy: 0.7, Need: 5, Most: 5, HoldSeconds: 300},
	}}
	if got, want := r.Why(), "load is about 3.4 dynos' worth (2.9–4.1); for 70 % busy at most that needs 5"; got != want {
		t.Errorf("why is %q\nwant   %q", got, want)
	}
	r.Decision.Load.Need, r.Decision.Load.Most = 3, 4
	if got, want := r.Why(), "that needs 3, and 4 were needed within the last 5 min"; !strings.HasSuffix(got, want) {
		t.Errorf("why is %q\nwant at its end %q", got, want)
	}
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
		{"bold", 1000, `aim "bold": write lean, balanced or safe`},
		{adaptive.Lean, 0, "a bound of 0 ms is none; it must be more than 0"},
		{adaptive.Lean, math.NaN(), "a bound of NaN ms is none; it must be more than 0"},
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
