package sim_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

func flash(t testing.TB) sim.Options {
	return sim.Options{Demand: shape(t, "flash"), Peak: 4, Length: 80 * time.Minute, Seed: 7, Price: 25}
}

func TestTheSameSeedGivesTheSameResult(t *testing.T) {
	racetest.Computes(t)
	for _, router := range []sim.Router{sim.Random, sim.LeastConnections, sim.TwoChoices} {
		o := flash(t)
		o.Fleet = sim.DefaultFleet()
		o.Fleet.Router = router
		first := run(t, o, sim.Bot("count", counting))
		if again := run(t, o, sim.Bot("count", counting)); !reflect.DeepEqual(first, again) {
			t.Errorf("router %d: two runs differ:\n%+v\n%+v", router, first, again)
		}
		o.Seed++
		if other := run(t, o, sim.Bot("count", counting)); other.Requests == first.Requests {
			t.Errorf("router %d: another seed has the same %d requests", router, first.Requests)
		}
	}
}

func TestAnotherPolicyMeetsTheSameRequests(t *testing.T) {
	racetest.Computes(t)
	o := flash(t)
	a, b := run(t, o, sim.Fixed(4)), run(t, o, sim.Oracle())
	for i := range a.Minutes {
		if a.Minutes[i].Requests != b.Minutes[i].Requests {
			t.Fatalf("minute %d has %d requests and %d", i, a.Minutes[i].Requests, b.Minutes[i].Requests)
		}
	}
}

func TestBothEnginesServeAlike(t *testing.T) {
	racetest.Computes(t)
	o := flash(t)
	o.Fleet = sim.DefaultFleet()
	o.Fleet.Routes = []sim.Route{
		{Weight: 3, Service: sim.Service{Mean: 50 * time.Millisecond, CV: 1}},
		{Weight: 1, Service: sim.Service{Mean: 250 * time.Millisecond, CV: 1}},
	}
	o.Fleet.Slow, o.Fleet.SlowFactor = 1, 2
	direct, events := run(t, o, sim.Oracle()), run(t, sim.ByEvents(o), sim.Oracle())
	if direct.LostPercent == 0 || !reflect.DeepEqual(direct, events) {
		t.Errorf("directly:\n%+v\nevent by event:\n%+v", direct, events)
	}
}

var update = flag.Bool("update", false, "write the golden reports anew")

func TestTheReportStaysTheSame(t *testing.T) {
	racetest.Computes(t)
	if runtime.GOARCH != "amd64" {
		t.Skip("other processors round otherwise")
	}
	for name, by := range map[string]sim.Driver{"count": sim.Bot("count", counting), "oracle": sim.Oracle()} {
		r := run(t, flash(t), by)
		r.Minutes = r.Minutes[60:80]
		got, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, '\n')
		path := filepath.Join("testdata", name+".json")
		if *update {
			if err := os.WriteFile(path, got, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s is otherwise, which -update writes down if it is meant:\n%s", path, got)
		}
	}
}

func TestTheOracleIsTheMeasure(t *testing.T) {
	racetest.Computes(t)
	r := run(t, flash(t), sim.Oracle())
	if r.OracleRatio != 1 || r.SlowMinutesPercent > 3 || r.Ups == 0 {
		t.Errorf("the oracle's ratio is %g, with %g %% slow minutes and %d ups", r.OracleRatio, r.SlowMinutesPercent, r.Ups)
	}
	for i, m := range r.Minutes {
		if m.Dynos != m.Oracle {
			t.Errorf("minute %d has %d dynos, the oracle's are %d", i, m.Dynos, m.Oracle)
		}
	}
	if twice := run(t, flash(t), sim.Fixed(60)); !near(twice.OracleRatio, twice.DynoHours/r.DynoHours, 1e-9) {
		t.Errorf("60 dynos have a ratio of %g, want %g", twice.OracleRatio, twice.DynoHours/r.DynoHours)
	}
}

func TestAnOracleOfMoreAsksForMore(t *testing.T) {
	racetest.Computes(t)
	once, more := run(t, flash(t), sim.Oracle()), run(t, flash(t), sim.OracleOf(1.5))
	for i, m := range more.Minutes {
		if least := 1.5*float64(m.Oracle-1) - 1; float64(m.Dynos) < least || m.Dynos < m.Oracle || float64(m.Dynos) > 1.5*float64(m.Oracle)+1 {
			t.Errorf("minute %d has %d dynos, the oracle's are %d", i, m.Dynos, m.Oracle)
		}
	}
	if more.SlowMinutesPercent > once.SlowMinutesPercent {
		t.Errorf("more dynos have %g %% slow minutes, fewer %g %%", more.SlowMinutesPercent, once.SlowMinutesPercent)
	}
}

// Each number of dynos is kept for a minute.
func plan(dynos ...int) sim.Driver {
	return every(time.Minute, func(_ context.Context, w *sim.World, at time.Duration) { w.Want(dynos[at/time.Minute]) })
}

func TestDynosAreBilledFromTheCommand(t *testing.T) {
	f := lasting(2)
	f.BootMin, f.BootMax = 30*time.Second, 30*time.Second
	r := run(t, sim.Options{Demand: level{0, 5 * time.Minute}, Fleet: f, Price: 720}, plan(2, 5, 5, 1, 4))
	if want := float64(2+5+5+1+4) / 60; !near(r.DynoHours, want, 1e-9) || r.Dollars != 0.28 {
		t.Errorf("%g dyno-hours for $%g, want %g for $0.28", r.DynoHours, r.Dollars, want)
	}
	if r.Ups != 2 || r.Downs != 1 || r.Flips != 2 {
		t.Errorf("%d ups, %d downs, %d flips, want 2, 1 and 2", r.Ups, r.Downs, r.Flips)
	}
	for i, m := range r.Minutes {
		if want := []int{2, 5, 5, 1, 4}[i]; m.Dynos != want || m.Up != want {
			t.Errorf("minute %d ends with %d dynos, %d of them up, want %d", i, m.Dynos, m.Up, want)
		}
	}
}

func TestElasticityIsThatOfTheSPEC(t *testing.T) {
	f := lasting(2)
	f.BootMin, f.BootMax = 0, 0
	o := sim.Options{Demand: level{4 * 45, 10 * time.Minute}, Fleet: f}
	// 4 are needed throughout.
	want := sim.Elasticity{
		UnderAccuracy: 10 * (3*0.75 + 0.25), OverAccuracy: 10 * (1 + 1 + 0.5), UnderTimeshare: 40, OverTimeshare: 30,
		Instability: 100 * 4.0 / 9,
	}
	if got := run(t, o, plan(1, 1, 1, 3, 4, 4, 4, 8, 8, 6)).Elasticity; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestARequestThatWaitsForTheTimeoutIsLost(t *testing.T) {
	racetest.Computes(t)
	o := sim.Options{Demand: level{300, 20 * time.Minute}, Fleet: lasting(3)} // twice the capacity of three
	for _, router := range []sim.Router{sim.Random, sim.TwoChoices} {
		o.Fleet.Router = router
		r := run(t, o, sim.Fixed(3))
		last := r.Minutes[19]
		if lost := float64(last.Lost) / float64(last.Requests); !near(lost, 0.5, 0.05) || last.P95 != 30_000 {
			t.Errorf("router %d: at last %.3f of the requests are lost and the p95 is %g ms, want 0.5 and 30000", router, lost, last.P95)
		}
	}
}

func TestWithoutDynosRequestsAreLostAndHeartbeatsFail(t *testing.T) {
	for _, router := range []sim.Router{sim.Random, sim.LeastConnections} {
		o := sim.Options{Demand: level{5, 10 * time.Minute}, Fleet: lasting(2), Limits: schedule.Limits{Min: 0, Max: 5}}
		o.Fleet.Router = router
		var last probe.Reading
		r := run(t, o, every(time.Minute, func(ctx context.Context, w *sim.World, _ time.Duration) {
			w.Want(0)
			last = w.Heartbeat().Probe(ctx)
		}))
		if r.LostPercent != 100 || r.SlowMinutesPercent != 100 || r.DynoHours != 0 {
			t.Errorf("lost %g %%, slow minutes %g %%, %g dyno-hours", r.LostPercent, r.SlowMinutesPercent, r.DynoHours)
		}
		if last.Outcome != probe.ServerError || last.Status != 503 {
			t.Errorf("the heartbeat is %+v", last)
		}
	}
}

func TestRequestsWaitForTheFirstDynoThatBoots(t *testing.T) {
	for _, router := range []sim.Router{sim.Random, sim.LeastConnections} {
		f := lasting(1)
		f.Router, f.BootMin, f.BootMax = router, 25*time.Second, 25*time.Second
		o := sim.Options{Demand: level{2, 10 * time.Minute}, Fleet: f, Limits: schedule.Limits{Max: 1}}
		r := run(t, o, every(time.Minute, func(_ context.Context, w *sim.World, _ time.Duration) {
			w.Want(0)
			w.Want(1)
		}))
		if r.LostPercent != 0 || !near(r.SlowRequestsPercent, 100*25.0/60, 0.15) {
			t.Errorf("router %d: lost %g %%, slow %g %%, want 0 and about 42", router, r.LostPercent, r.SlowRequestsPercent)
		}
	}
}

func TestDynosRestartDaily(t *testing.T) {
	racetest.Computes(t)
	f := sim.DefaultFleet()
	f.Dynos = 20
	with := run(t, sim.Options{Demand: level{0, 120 * time.Hour}, Fleet: f}, sim.Fixed(20))
	// Each is away for 40 s of 25 hours and 48 minutes, on average.
	if want := 100 * 20 * 40 / (25.8 * 3600); !near(with.Elasticity.OverAccuracy, 1900-want, 0.0005) {
		t.Errorf("the dynos that serve beyond the one needed are %.2f %%, want %.2f %%", with.Elasticity.OverAccuracy, 1900-want)
	}
	if want := 20 * 120.0; with.DynoHours != want {
		t.Errorf("%g dyno-hours, want %g", with.DynoHours, want)
	}
}

func TestTroubleSlowsTheDatabaseAndNoDynoHelps(t *testing.T) {
	racetest.Long(t)
	s := shape(t, "slow-database")
	share := func(dynos int) float64 {
		f := s.Fleet(lasting(dynos), 2)
		r := run(t, sim.Options{Demand: s, Peak: 2, Fleet: f, Length: 130 * time.Minute}, sim.Fixed(dynos))
		for i, m := range r.Minutes {
			if troubled := i >= 92 && i < 120; troubled != m.IsSlow() && (i < 90 || i > 125) {
				t.Errorf("%d dynos: minute %d has %d slow and %d lost of %d requests", dynos, i, m.Slow, m.Lost, m.Requests)
			}
		}
		return r.SlowMinutesPercent
	}
	if few, many := share(3), share(9); few < 20 || many < 20 {
		t.Errorf("%g %% of the minutes are slow, with more dynos %g %%", few, many)
	}
}

func TestTheBotActsWhenItsHeartbeatIsBack(t *testing.T) {
	for _, router := range []sim.Router{sim.Random, sim.LeastConnections} {
		f := lasting(1)
		f.Router = router
		f.Heartbeat.Service = sim.Service{Mean: 12 * time.Second}
		f.Heartbeat.Timeout = time.Minute
		var at []time.Duration
		var took float64
		o := sim.Options{Demand: level{0, time.Minute}, Fleet: f}
		r := run(t, o, every(10*time.Second, func(ctx context.Context, w *sim.World, now time.Duration) {
			at = append(at, now)
			if len(at) <= 2 {
				took = w.Heartbeat().Probe(ctx).Value
			}
			w.Want(len(at))
		}))
		if want := float64(18+2*2+3*10+4*10+5*10+6*10) / 3600; !near(r.DynoHours, want, 1e-9) {
			t.Errorf("router %d: %g dyno-hours, want %g with the second dyno after 18 s", router, r.DynoHours, want)
		}
		// The timeout is at most 80 % of the interval, so each tick is on time.
		if want := []time.Duration{0, 10e9, 20e9, 30e9, 40e9, 50e9}; !reflect.DeepEqual(at, want) || took != 8000 {
			t.Errorf("router %d: ticks at %v, want %v; the heartbeat took %g ms, want 8000", router, at, want, took)
		}
	}
}

func TestMistakesInTheOptionsAreToldTogether(t *testing.T) {
	f := sim.DefaultFleet()
	f.Service.CV, f.BootMax, f.Busy, f.Timeout = -1, time.Second, 1, time.Hour
	_, err := sim.Run(t.Context(), sim.Options{Demand: level{1, time.Second}, Fleet: f, Peak: -2}, sim.Driver{Interval: time.Millisecond})
	if err == nil {
		t.Fatal("there is no error")
	}
	for _, want := range []string{
		"the interval is 1ms: must be at least a second", "the driver has no Begin", "the peak is -2 dynos",
		"the simulation lasts 1s", "an answer has a coefficient of variation of -1", "a boot takes 20s to 1s",
		"the busy share is 1: must be more than 0 and less than 1", "the router's timeout is 1h0m0s",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it does not say %q:\n%v", want, err)
		}
	}
	for want, o := range map[string]sim.Options{
		"simulate: no demand": {},
		"simulate: the demand is 0 all the time, so it cannot be scaled to a peak of 3 dynos": {Demand: level{0, time.Hour}, Peak: 3},
		"simulate: the demand is NaN requests per second after 0s: must be 0–1e+07":           {Demand: level{math.NaN(), time.Hour}},
		"simulate: the limits are 5 to 4: must be 0–10000, the minimum first":                 {Demand: level{1, time.Hour}, Limits: schedule.Limits{Min: 5, Max: 4}},
	} {
		if _, err := sim.Run(t.Context(), o, sim.Oracle()); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestASimulationEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sim.Run(ctx, flash(t), sim.Oracle()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was canceled", err)
	}
}

func TestADriverIsKeptWithinTheLimits(t *testing.T) {
	o := sim.Options{Demand: level{10, 10 * time.Minute}, Fleet: lasting(5), Limits: schedule.Limits{Min: 2, Max: 9}}
	r := run(t, o, every(time.Minute, func(ctx context.Context, w *sim.World, _ time.Duration) {
		n, _, _ := w.Size(ctx)
		w.Want(n - 1)
	}))
	if r.Policy != "every" || r.Minutes[0].Dynos != 4 || r.Minutes[9].Dynos != 2 || r.Downs != 3 {
		t.Errorf("%s went from %d dynos to %d in %d downs", r.Policy, r.Minutes[0].Dynos, r.Minutes[9].Dynos, r.Downs)
	}
}

func TestABotOfOnesOwnDrivesTheSame(t *testing.T) {
	racetest.Computes(t)
	table := limits(t)
	own := sim.BotIn("count", counting.Interval, func(w *sim.World) *bot.Bot {
		o := counting
		o.Scaler, o.Schedule, o.Probers = w, table, []probe.Prober{w.Heartbeat()}
		return bot.New(o)
	})
	if a, b := run(t, flash(t), own), run(t, flash(t), sim.Bot("count", counting)); !reflect.DeepEqual(a, b) || a.Ups == 0 {
		t.Errorf("%d ups and %d downs, with the bot made for it %d and %d", a.Ups, a.Downs, b.Ups, b.Downs)
	}
}

func TestTheWorldTakesNoImpossibleNumber(t *testing.T) {
	run(t, sim.Options{Demand: level{1, time.Minute}}, watch(1, func(w *sim.World, _ time.Duration) {
		for n, want := range map[int]string{
			-1:     "invalid number of dynos -1: must be 0–10000",
			10_001: "invalid number of dynos 10001: must be 0–10000",
		} {
			if err := w.Resize(t.Context(), n); err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		}
	}))
}

// Observations agree with what happens.
func TestObservationsAreTrue(t *testing.T) {
	var o sim.Observation
	var all []sim.Observation
	f := lasting(4)
	f.Service.CV = 0
	run(t, sim.Options{Demand: level{100, 30 * time.Minute}, Fleet: f}, watch(4, func(w *sim.World, _ time.Duration) {
		o = w.Observe(time.Hour)
		all = append(all, o)
	}))
	if none := all[0]; none.Seconds != 0 || none.Arrived != 0 || none.Response(0.5) != 0 {
		t.Errorf("at the beginning there is %+v", none)
	}
	if o.Seconds != 600 || !near(float64(o.Arrived), 60_000, 0.02) || !near(float64(o.Answered), float64(o.Arrived), 0.001) || o.Lost != 0 {
		t.Errorf("%d arrived in %g s, %d were answered, %d lost", o.Arrived, o.Seconds, o.Answered, o.Lost)
	}
	if !near(o.Busy, 10, 0.02) || o.InFlight < o.Busy || o.Serving != 4 || o.Waited == 0 || o.Waited > o.Begun/5 {
		t.Errorf("%g slots are busy, %g requests in flight, %g dynos up, %d of %d waited", o.Busy, o.InFlight, o.Serving, o.Waited, o.Begun)
	}
	if got := o.Response(0.5).Seconds(); !near(got, 0.1, 0.05) || o.Wait(0.5) > time.Millisecond || o.Wait(0.999) < 10*time.Millisecond {
		t.Errorf("the median response time is %v s, the waits are %v and %v", got, o.Wait(0.5), o.Wait(0.999))
	}
}

func TestTheLostAreSeen(t *testing.T) {
	racetest.Computes(t)
	for _, router := range []sim.Router{sim.Random, sim.TwoChoices} {
		f := lasting(1)
		f.Router = router
		var o sim.Observation
		run(t, sim.Options{Demand: level{100, 30 * time.Minute}, Fleet: f}, watch(1, func(w *sim.World, _ time.Duration) { o = w.Observe(10 * time.Minute) }))
		// 50 of 100 requests per second can be served.
		if !near(float64(o.Lost), 30_000, 0.05) || !near(o.Busy, 5, 0.001) || !near(o.MeanResponse.Seconds(), 30, 0.05) {
			t.Errorf("router %d: %d are lost, %g slots are busy, the mean response time is %v", router, o.Lost, o.Busy, o.MeanResponse)
		}
	}
}

func TestRecordersSeeEveryTick(t *testing.T) {
	o := counting
	kept := record.NewRecent(1000)
	o.Recorders = []record.Recorder{kept}
	run(t, flash(t), sim.Bot("count", o))
	records := kept.Last(1000)
	if len(records) != 160 || records[1].Time.Sub(records[0].Time) != 30*time.Second {
		t.Fatalf("%d records, want 160 of them every 30 s", len(records))
	}
	for _, r := range records {
		if hb, ok := r.Heartbeat(); !ok || hb.Time != r.Time || r.Limits != (schedule.Limits{Min: 1, Max: 60}) {
			t.Fatalf("record %+v", r)
		}
	}
}

func TestADriverDrivesManySimulations(t *testing.T) {
	racetest.Computes(t)
	of := func(peak float64) sim.Options {
		return sim.Options{Demand: shape(t, "ramp"), Peak: peak, Seed: 1, Length: time.Hour}
	}
	used := sim.Bot("count", counting)
	run(t, of(2), used)
	if got, want := run(t, of(5), used), run(t, of(5), sim.Bot("count", counting)); got.DynoHours != want.DynoHours || got.SlowMinutesPercent != want.SlowMinutesPercent {
		t.Errorf("the second simulation of a driver cost %g dyno-hours with %g %% slow minutes, the first of a new one %g with %g %%",
			got.DynoHours, got.SlowMinutesPercent, want.DynoHours, want.SlowMinutesPercent)
	}
}

// Each of a tick's heartbeats travels the queues at its own time, in either engine.
func TestABurstTravelsTheQueuesAtItsOwnTimes(t *testing.T) {
	for _, router := range []sim.Router{sim.Random, sim.TwoChoices} {
		f := lasting(1)
		f.Router, f.Slots, f.Heartbeat.Service.CV = router, 1, 0
		var got []probe.Reading
		o := sim.Options{Demand: level{0, 2 * time.Minute}, Fleet: f}
		run(t, o, every(30*time.Second, func(ctx context.Context, w *sim.World, _ time.Duration) {
			now := w.Now()
			got = w.Heartbeat().(bot.Burster).Burst(ctx, 4, 10*time.Millisecond)
			for i, r := range got {
				if r.Time.Sub(now) != time.Duration(i)*10*time.Millisecond {
					t.Errorf("heartbeat %d was sent %v after the tick", i, r.Time.Sub(now))
				}
			}
		}))
		// One slot, 40 ms for each and 30 ms of network: each waits 30 ms longer than the one before it.
		for i, r := range got {
			if want := 70 + 30*float64(i); math.Abs(r.Value-want) > 0.01 {
				t.Errorf("router %d: heartbeat %d took %g ms, want %g", router, i, r.Value, want)
			}
		}
	}
}

// The oracle looks ahead as far as a boot takes, so its dynos are up in time however long that is.
func TestTheOracleIsInTimeHoweverLongABootTakes(t *testing.T) {
	racetest.Long(t)
	for _, boot := range []time.Duration{0, 20 * time.Second, 3 * time.Minute} {
		f := sim.DefaultFleet()
		f.BootMin, f.BootMax, f.NoRestarts = boot, boot, true
		r := run(t, sim.Options{Demand: shape(t, "square"), Fleet: f, Peak: 4, Length: 130 * time.Minute}, sim.Oracle())
		if r.SlowMinutesPercent > 0 || r.OracleRatio < 0.99 || r.OracleRatio > 1.01 {
			t.Errorf("with a boot of %v, %.2f %% of the minutes are slow at %.3f of its own dyno-hours", boot, r.SlowMinutesPercent, r.OracleRatio)
		}
	}
}
