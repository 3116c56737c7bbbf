package sim_test

import (
	"context"
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/rapidtest"
	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

func drawService(t *rapid.T, name string) sim.Service {
	return sim.Service{
		Mean: time.Duration(rapid.IntRange(1, 3000).Draw(t, name)) * time.Millisecond,
		CV:   rapid.SampledFrom([]float64{0, 0.5, 1, 3, 20}).Draw(t, name+" CV"),
		Law:  sim.Law(rapid.IntRange(0, 2).Draw(t, name+" law")),
	}
}

func drawFleet(t *rapid.T) sim.Fleet {
	f := sim.DefaultFleet()
	f.Slots = rapid.SampledFrom([]int{1, 3, 5, 20}).Draw(t, "slots")
	f.Service = drawService(t, "service")
	f.Router = sim.Router(rapid.IntRange(0, 2).Draw(t, "router"))
	f.BootMin = time.Duration(rapid.IntRange(0, 100).Draw(t, "boot")) * time.Second
	f.BootMax = f.BootMin + time.Duration(rapid.IntRange(0, 200).Draw(t, "longer boot"))*time.Second
	f.Timeout = time.Duration(rapid.IntRange(1, 60).Draw(t, "timeout")) * time.Second
	f.Dynos = rapid.IntRange(0, 12).Draw(t, "dynos")
	f.Heartbeat.Service = drawService(t, "heartbeat")
	if rapid.Bool().Draw(t, "database") {
		f.Database = sim.Database{Slots: rapid.IntRange(1, 10).Draw(t, "database slots"), Service: drawService(t, "query")}
	}
	if rapid.Bool().Draw(t, "slow") {
		f.Slow, f.SlowFactor = rapid.IntRange(1, 3).Draw(t, "slow dynos"), 7
	}
	if rapid.Bool().Draw(t, "routes") {
		f.Routes = []sim.Route{{Weight: 9, Service: drawService(t, "fast route")}, {Weight: 1, Service: drawService(t, "slow route")}}
	}
	if rapid.Bool().Draw(t, "trouble") {
		f.Troubles = []sim.Trouble{{From: 2 * time.Minute, To: 5 * time.Minute, Factor: 30}}
	}
	return f
}

func drawTrace(t *rapid.T) sim.Trace {
	return sim.Trace{
		Step:     time.Duration(rapid.SampledFrom([]int{1, 20, 60, 400}).Draw(t, "step")) * time.Second,
		Requests: rapid.SliceOfN(rapid.Float64Range(0, 1000), 2, 60).Draw(t, "requests"),
	}
}

// In every simulation the figures are possible, and the dynos stay within the limits.
func TestNothingImpossibleComesOut(t *testing.T) {
	racetest.Computes(t)
	rapidtest.Check(t, func(t *rapid.T) {
		o := sim.Options{
			Demand: drawTrace(t), Fleet: drawFleet(t), Peak: rapid.Float64Range(0.05, 2).Draw(t, "peak"), Seed: rapid.Uint64().Draw(t, "seed"),
			Length: time.Duration(rapid.IntRange(60, 600).Draw(t, "length")) * time.Second, Price: 25,
			Limits: schedule.Limits{Min: rapid.IntRange(0, 3).Draw(t, "min"), Max: rapid.IntRange(3, 9).Draw(t, "max")},
		}
		if sim.Peak(o.Demand, time.Second) < 1e-3 {
			o.Peak = 0
		}
		settings := counting
		settings.Interval = time.Duration(rapid.IntRange(1, 90).Draw(t, "interval")) * time.Second
		by := rapid.SampledFrom([]sim.Driver{sim.Oracle(), sim.Fixed(4), sim.Bot("count", settings)}).Draw(t, "driver")
		r := run(t, o, by)
		for name, x := range figures(t, r) {
			if x < 0 || math.IsInf(x, 0) || math.IsNaN(x) || len(name) > 8 && name[len(name)-8:] == "_percent" && name != "over_accuracy_percent" && x > 100 {
				t.Errorf("%s is %g", name, x)
			}
		}
		if len(r.Minutes) != int(o.Length.Minutes()) {
			t.Errorf("%d minutes in %v", len(r.Minutes), o.Length)
		}
		for i, m := range r.Minutes {
			inside := o.Limits.Clamp(m.Dynos) == m.Dynos || i < 3 // before the first tick, and during its heartbeat
			if !inside || m.Up > m.Dynos || m.Slow+m.Lost > m.Requests || m.P50 > m.P95 || !(m.P95 <= 1000*o.Fleet.Timeout.Seconds()) {
				t.Errorf("minute %d of %v is %+v", i, o.Limits, m)
			}
		}
	})
}

func figures(t *rapid.T, r sim.Result) map[string]float64 {
	r.Minutes = nil
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for name, x := range all {
		switch x := x.(type) {
		case float64:
			out[name] = x
		case map[string]any:
			for name, x := range x {
				out[name] = x.(float64)
			}
		}
	}
	return out
}

// A bot that restarts from its memory before each tick, through JSON, decides as one that keeps running.
func TestABotThatRestartsAtEveryTickDecidesTheSame(t *testing.T) {
	racetest.Long(t)
	rapidtest.Check(t, func(t *rapid.T) {
		o := sim.Options{
			Demand: drawTrace(t), Length: 15 * time.Minute, Peak: 4, Seed: rapid.Uint64().Draw(t, "seed"), Fleet: sim.DefaultFleet(),
		}
		o.Fleet.Slots, o.Fleet.Service.Mean = 1, 400*time.Millisecond // so that few requests are much load
		if sim.Peak(o.Demand, time.Second) < 1e-3 {
			o.Peak = 0
		}
		settings := counting
		settings.Interval = 10 * time.Second
		settings.Policy.CooldownUp, settings.Policy.Stabilization = 45*time.Second, 3*time.Minute
		settings.Policy.Up, settings.Policy.BootTime = decide.Step{Percent: 50}, 40*time.Second
		lives := run(t, o, sim.Bot("count", settings))
		var memory []byte
		restarts := sim.Driver{Name: "count", Interval: settings.Interval, Begin: func(w *sim.World) func(context.Context, time.Time) {
			s := settings
			s.Scaler, s.Schedule, s.Probers = w, limits(t), []probe.Prober{w.Heartbeat()}
			s.Remember = func(m bot.Memory) (err error) {
				memory, err = json.Marshal(m)
				return err
			}
			return func(ctx context.Context, now time.Time) {
				s.Memory = bot.Memory{}
				if memory != nil {
					if err := json.Unmarshal(memory, &s.Memory); err != nil {
						t.Fatal(err)
					}
				}
				bot.New(s).Tick(ctx, now)
			}
		}}
		again := run(t, o, restarts)
		if !reflect.DeepEqual(lives, again) {
			t.Errorf("%d ups and %d downs, with restarts %d and %d", lives.Ups, lives.Downs, again.Ups, again.Downs)
		}
	})
}
