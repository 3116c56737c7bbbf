package experiment_test

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/rapidtest"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/bot/sim/experiment"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

type recorder struct{ all experiment.Record }

func (r *recorder) Record(_ context.Context, b record.Record) error {
	r.all.Add(b)
	return nil
}

func recorded(t testing.TB, o sim.Options, interval time.Duration) *experiment.Record {
	t.Helper()
	var r recorder
	_, err := sim.Run(t.Context(), o, sim.Bot("count", bot.Options{
		App: "shop", ProcessType: "web", Interval: interval, Recorders: []record.Recorder{&r},
		Policy: decide.Policy{
			HeartbeatRule: decide.HeartbeatRule{
				MaxResponseMS: 1000, MinResponseMS: 200, Fails: decide.InARow(3), Passes: decide.InARow(5),
				FailOn: []probe.Outcome{probe.Timeout, probe.ServerError},
			},
			Up: decide.Step{Dynos: 1}, Down: decide.Step{Dynos: 1},
		},
	}))
	if err != nil {
		t.Fatal(err)
	}
	return &r.all
}

// The times of heartbeats alone are enough to infer the load that made them wait, while dynos come and go.
func TestTheLoadIsInferredThatWasSimulated(t *testing.T) {
	racetest.Long(t)
	for name, c := range map[string]struct {
		shape    string
		slots    int
		interval time.Duration
		// The median and the 90th percentile of the error, as a share of the load; and the largest difference in points
		// of the share of slow heartbeats, simulated at the same dynos.
		median, p90, slow float64
	}{
		"ramp":                    {"ramp", 5, 30 * time.Second, 0.08, 0.2, 6},
		"ramp, a heartbeat a 5 s": {"ramp", 5, 5 * time.Second, 0.06, 0.2, 8},
		"ramp, one slot":          {"ramp", 1, 30 * time.Second, 0.12, 0.3, 6},
		"flash crowd":             {"flash", 5, 30 * time.Second, 0.1, 0.3, 6},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := sim.ShapeOf(c.shape)
			if err != nil {
				t.Fatal(err)
			}
			f := sim.DefaultFleet()
			f.Slots = c.slots
			const peak = 3
			r := recorded(t, sim.Options{Demand: s, Peak: peak, Seed: 3, Fleet: f, Length: 4 * time.Hour}, c.interval)
			m, err := experiment.Learn(t.Context(), r, experiment.App{Slots: c.slots, Seconds: 0.1}, 10*time.Second, nil)
			if err != nil {
				t.Fatal(err)
			}
			var errs []float64
			scale := peak * f.Busy / sim.Peak(s, 5*time.Minute)
			for i, load := range m.Load.Middle {
				truth := scale * s.Rate(float64(i)*60+30)
				// If dynos are less than half busy, heartbeats hardly wait and cannot show how much less.
				if truth > 0.5*float64(r.Dynos(m.Load.Start.Add(time.Duration(i)*time.Minute))) {
					errs = append(errs, math.Abs(load/truth-1))
				}
			}
			slices.Sort(errs)
			if median, p90 := errs[len(errs)/2], errs[len(errs)*9/10]; median > c.median || p90 > c.p90 {
				t.Errorf("the error of the load is %.3f in the middle and %.3f in 9 of 10 minutes, want at most %g and %g", median, p90, c.median, c.p90)
			}
			_, as, err := m.Replay(t.Context(), m.Options(), 200, 1000)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(as.Slow[0]-as.Slow[1]) > c.slow || as.HourlySlow > 1.5*c.slow {
				t.Errorf("of the heartbeats %.1f %% are slow in the record and %.1f %% in the model, %.1f points apart by the hour",
					as.Slow[0], as.Slow[1], as.HourlySlow)
			}
		})
	}
}

func TestTheAppIsFitted(t *testing.T) {
	racetest.Long(t)
	s, err := sim.ShapeOf("ramp")
	if err != nil {
		t.Fatal(err)
	}
	for _, seconds := range []float64{0.1, 0.4} {
		f := sim.DefaultFleet()
		f.Slots, f.Service.Mean = 2, time.Duration(seconds*float64(time.Second))
		r := recorded(t, sim.Options{Demand: s, Peak: 2, Seed: 4, Fleet: f, Length: 3 * time.Hour}, 30*time.Second)
		m, err := experiment.Learn(t.Context(), r, experiment.App{Slots: 2}, 10*time.Second, nil)
		if err != nil {
			t.Fatal(err)
		}
		if far := m.App.Seconds / seconds; far < 0.49 || far > 2.01 || m.App.Slots != 2 {
			t.Errorf("the app is %+v, want 2 slots and %g s", m.App, seconds)
		}
	}
}

// If heartbeats time out, the load may be higher without limit, and the model reports that.
func TestASaturatedRecordIsToldFromOneThatIsKnown(t *testing.T) {
	racetest.Long(t)
	flat, err := sim.ShapeOf("steady")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		peak            float64
		saturated, more bool
	}{{0.9, false, true}, {6, true, false}} {
		r := recorded(t, sim.Options{Demand: flat, Peak: c.peak, Seed: 1, Limits: schedule.Limits{Min: 1, Max: 1}, Length: 2 * time.Hour}, 30*time.Second)
		m, err := experiment.Learn(t.Context(), r, experiment.App{Slots: 5, Seconds: 0.1}, 10*time.Second, nil)
		if err != nil {
			t.Fatal(err)
		}
		known, unseen, saturated := m.Known()
		if (saturated > 0.8) != c.saturated || (known > 0.5) != c.more || unseen != 0 {
			t.Errorf("a peak of %g dynos on one: %.2f known, %.2f saturated, %.2f unseen", c.peak, known, saturated, unseen)
		}
		if last := m.Load.Low[len(m.Load.Low)-1]; c.saturated && last < 0.9 {
			t.Errorf("a saturated dyno has a load of %.2f or more, want 1 or near it", last)
		}
	}
}

// Every record makes a load.
func TestAnyRecordMakesALoad(t *testing.T) {
	racetest.Long(t)
	rapidtest.Check(t, func(t *rapid.T) {
		r := &experiment.Record{}
		at := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "start"), 0)
		for range rapid.IntRange(80, 120).Draw(t, "beats") {
			at = at.Add(time.Duration(rapid.SampledFrom([]int{-60, 1, 60, 60, 60, 300}).Draw(t, "gap")) * time.Second)
			if rapid.IntRange(0, 9).Draw(t, "summary") == 0 {
				ms := rapid.SampledFrom([]float64{-1, 0, 70, 1e5}).Draw(t, "median")
				r.AddMinute(history.Point{
					Time: at, Heartbeats: rapid.IntRange(0, 100).Draw(t, "heartbeats"), Slow: rapid.IntRange(0, 100).Draw(t, "slow"),
					NoData: rapid.IntRange(0, 100).Draw(t, "blind"), MedianMS: ms, P95MS: ms, MaxMS: ms, Dynos: rapid.IntRange(-1, 20).Draw(t, "dynos"),
				}, 10_000)
				continue
			}
			r.Add(record.Record{
				Time: at, Dynos: rapid.SampledFrom([]int{1, 2, 3, 7, 300, -1}).Draw(t, "dynos"),
				Readings: []probe.Reading{{
					Value: rapid.SampledFrom([]float64{-5, 0, 60, 250, 3000, 1e8, math.NaN()}).Draw(t, "ms"), Unit: "ms",
					Outcome: rapid.SampledFrom([]probe.Outcome{probe.Answered, probe.Answered, probe.Answered, probe.Timeout, probe.Unreachable}).Draw(t, "outcome"),
				}},
				Decision: decide.Decision{BootSeconds: rapid.SampledFrom([]float64{-1, 0, 30, 1e9}).Draw(t, "boot"), Desired: 3, Rule: decide.RuleSlow},
			})
		}
		r.Trim()
		m, err := experiment.Learn(context.Background(), r, experiment.App{Slots: rapid.IntRange(1, 30).Draw(t, "slots"), Seconds: 0.3}, 10*time.Second, nil)
		if err != nil {
			return // too short, with an error
		}
		for i, v := range m.Load.Middle {
			if !(m.Load.Low[i] > 0 && m.Load.Low[i] <= v && v <= m.Load.High[i] && m.Load.High[i] < 1e6) {
				t.Fatalf("minute %d has the load %g to %g, in the middle %g", i, m.Load.Low[i], m.Load.High[i], v)
			}
		}
		known, unseen, saturated := m.Known()
		if sum := known + unseen + saturated; !(sum >= 0 && sum <= 1.0001) {
			t.Fatalf("the shares are %g, %g and %g", known, unseen, saturated)
		}
		if err := experiment.Check(m.Options(), sim.Fixed(1)); err != nil {
			t.Fatal(err)
		}
	})
}
