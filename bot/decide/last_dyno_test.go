package decide_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// A job runner's queue with waiting jobs and jobs in progress.
func waiting(seconds, work float64) probe.Reading {
	r := signal("jobs.latency", seconds, "s")
	r.Work = work
	return r
}

var latencyRule = decide.SignalRule{Signal: "jobs.latency", Max: 30, Min: 5, Window: 2 * time.Minute}

// With MIN_DYNOS=0.
func worker(dynos int, rules ...decide.SignalRule) *world {
	w := newSignals(dynos, rules...)
	w.policy.ZeroIsOurs, w.policy.Stabilization = true, 3*time.Minute
	return w
}

func TestScalesToZeroAndBack(t *testing.T) {
	w := worker(1, latencyRule)
	w.beat(times(20, waiting(0, 2))...) // two jobs in progress, none waits
	wantResizes(t, w)
	wantWhy(t, w.tick(waiting(0, 2)), "held at 1: jobs.latency is 0 s, the mean over 120 s, and the last dyno stays while there is something to do")
	w.beat(times(5, waiting(0, 0))...)
	wantResizes(t, w) // not before a whole stabilization window
	w.beat(waiting(0, 0))
	wantResizes(t, w, 0)
	w.beat(times(100, waiting(0, 0))...)
	wantResizes(t, w)
	r := w.tick(waiting(0.2, 1))
	wantResizes(t, w, 1)
	wantWhy(t, r, "scaled 0 → 1: jobs.latency is 0.05 s, the mean over 120 s, and no dyno runs")
}

func TestTheLastDynoStaysForWork(t *testing.T) {
	row := decide.SignalRule{Signal: "jobs", Max: 100, Min: 10, Fails: decide.InARow(1), Passes: decide.InARow(1)}
	perDyno, top, two, cpu := row, row, row, row
	perDyno.PerDyno, top.Min, two.Down, cpu.Signal = true, math.NaN(), decide.Step{Dynos: 2}, "cpu"
	size := row
	size.Size = true
	busy := func(percent float64) probe.Reading { return signal("cpu", percent, "%") }
	for name, c := range map[string]struct {
		n     int
		rules []decide.SignalRule
		in    []probe.Reading
		to    int
	}{
		"waiting jobs keep it":                    {1, []decide.SignalRule{row}, []probe.Reading{jobs(3)}, 1},
		"no jobs do not":                          {1, []decide.SignalRule{row}, []probe.Reading{jobs(0)}, 0},
		"a large step stops at one":               {2, []decide.SignalRule{two}, []probe.Reading{jobs(3)}, 1},
		"and goes on without jobs":                {2, []decide.SignalRule{two}, []probe.Reading{jobs(0)}, 0},
		"a rule without a minimum has a say":      {1, []decide.SignalRule{top, cpu}, []probe.Reading{jobs(3), busy(5)}, 1},
		"a percentage of a machine is no work":    {1, []decide.SignalRule{row, cpu}, []probe.Reading{jobs(0), busy(5)}, 0},
		"nor is a rule for the size":              {1, []decide.SignalRule{cpu, size}, []probe.Reading{busy(5), jobs(3)}, 0},
		"a fast heartbeat does not take it":       {1, []decide.SignalRule{top}, append(times(1, fast), jobs(3)), 1},
		"without a dyno one job is enough":        {0, []decide.SignalRule{row}, []probe.Reading{jobs(1)}, 1},
		"also per dyno":                           {0, []decide.SignalRule{perDyno}, []probe.Reading{jobs(1)}, 1},
		"and without jobs there is nothing to do": {0, []decide.SignalRule{perDyno}, []probe.Reading{jobs(0)}, 0},
		"an unknown number of jobs wakes nobody":  {0, []decide.SignalRule{row}, []probe.Reading{jobsUnknown}, 0},
		"one signal of several is enough":         {0, []decide.SignalRule{row, cpu}, []probe.Reading{jobs(1)}, 1},
		"an app that asks for no dyno gets none":  {1, []decide.SignalRule{row}, []probe.Reading{wants(0, probe.UnitDynos)}, 0},
		"jobs in progress alone":                  {0, []decide.SignalRule{latencyRule}, []probe.Reading{waiting(0, 1)}, 1},
	} {
		w := worker(c.n, c.rules...)
		w.policy.Stabilization = 0
		w.policy.Passes = decide.InARow(1)
		if d := w.decide(c.in...); d.To != c.to {
			t.Errorf("%s: got %d → %d (%s), want %d", name, d.From, d.To, d.Signals, c.to)
		}
	}
}

func TestADecisionIntervalDoesNotDelayTheFirstDyno(t *testing.T) {
	w := worker(0, latencyRule)
	w.policy.DecideEvery = time.Hour
	w.beat(waiting(0, 0), waiting(0, 0), waiting(1, 1))
	wantResizes(t, w, 1)
}

// Where the minimum is at least one, the rules are as they are.
func TestWithoutZeroTheLastDynoIsNotSpecial(t *testing.T) {
	w := newSignals(1, decide.SignalRule{Signal: "jobs", Max: 100, Min: 10, Fails: decide.InARow(1), Passes: decide.InARow(1)})
	w.limits.Min = 1
	if d := w.decide(jobs(3)); d.Rule != decide.RuleBelow || d.Desired != 0 || d.To != 1 || d.Signals[0].LastDyno {
		t.Errorf("got %+v", d)
	}
}

func TestZeroThatSomebodyElseSet(t *testing.T) {
	w := worker(2, latencyRule)
	w.beat(times(3, waiting(1, 1))...)
	w.n = 0 // somebody switches it off
	r := w.beat(times(50, waiting(500, 9))...)
	wantResizes(t, w)
	wantWhy(t, r, "held at 0: somebody set 0 dynos, so the bot leaves the app alone")
	w.state = restarted(t, w.state)
	w.beat(waiting(500, 9))
	wantResizes(t, w) // a restart does not change it

	w.n = 1 // until somebody switches it on
	w.beat(times(30, waiting(0, 0))...)
	wantResizes(t, w, 0)
	w.state = restarted(t, w.state)
	w.beat(waiting(1, 1))
	wantResizes(t, w, 1) // the bot's own 0 also survives it

	// The minimum of the morning overrides it.
	w.beat(times(6, waiting(6, 1))...)
	w.n = 0
	w.beat(times(10, waiting(6, 1))...)
	wantResizes(t, w)
	w.limits = schedule.Limits{Min: 2, Max: 5}
	w.beat(waiting(0, 0))
	wantResizes(t, w, 2)
}

// A new bot does not know who set 0: it would be worse to let jobs wait.
func TestZeroOfUnknownOrigin(t *testing.T) {
	w := worker(0, latencyRule)
	w.beat(waiting(0, 0), waiting(1, 1))
	wantResizes(t, w, 1)
}

func TestAnOverrideStartsWhatSomebodySwitchedOff(t *testing.T) {
	w := worker(1, latencyRule)
	w.beat(waiting(0, 1))
	w.n = 0
	w.beat(waiting(0, 1))
	f := facts(w.now.Add(time.Minute), []probe.Reading{waiting(0, 1)}, w.limits, 0, decide.Control{Override: decide.Override{Dynos: 1, Until: w.now.Add(time.Hour)}})
	if _, d := w.policy.Decide(w.state, f); d.To != 1 {
		t.Errorf("got %+v", d)
	}
}

// The platform reports the bot's own change long after it was requested.
func TestAZeroThatIsReportedLate(t *testing.T) {
	w := worker(1, latencyRule)
	w.beat(times(10, waiting(0, 0))...)
	wantResizes(t, w, 0)
	w.n = 1
	w.beat(times(6, waiting(1, 1))...) // 3 minutes; it counts as a manual change
	w.n, w.resizes = 0, nil
	w.beat(waiting(1, 1))
	wantResizes(t, w, 1)
}

func restarted(t *testing.T, st decide.State) (back decide.State) {
	text, err := json.Marshal(st)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	return back.Restarted(true)
}
