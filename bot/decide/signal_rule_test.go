package decide_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/probe"
)

func wants(x float64, unit string) probe.Reading { return signal("jobs", x, unit) }

func newSignals(dynos int, rules ...decide.SignalRule) *world {
	w := with(dynos, func(p *decide.Policy) { p.Rules = rules })
	w.limits.Min = 0
	return w
}

func TestRulesMerge(t *testing.T) {
	mail := func(n float64) probe.Reading { return signal("mail", n, "messages") }
	once := decide.SignalRule{Signal: "jobs", Max: 100, Min: 10, Fails: decide.InARow(1), Passes: decide.InARow(1)}
	twice := decide.SignalRule{Signal: "mail", Max: 100, Min: 10, Fails: decide.InARow(1), Passes: decide.InARow(1), Up: decide.Step{Dynos: 3}, Down: decide.Step{Dynos: 2}}
	top := decide.SignalRule{Signal: "mail", Max: 100, Min: math.NaN(), Fails: decide.InARow(1), Passes: decide.InARow(1)}
	for _, c := range []struct {
		name  string
		rules []decide.SignalRule
		in    []probe.Reading
		to    int
		rule  decide.Rule
		why   string
	}{
		{"any above asks for more", []decide.SignalRule{once, twice}, []probe.Reading{jobs(500), mail(5)}, 6, decide.RuleAbove, "jobs is 500 jobs, above 100"},
		{"and the largest wish counts", []decide.SignalRule{once, twice}, []probe.Reading{jobs(500), mail(500)}, 8, decide.RuleAbove, "jobs is 500 jobs, above 100; mail is 500 messages, above 100"},
		{"all below agree to fewer, by the smallest step", []decide.SignalRule{once, twice}, []probe.Reading{jobs(5), mail(5)}, 4, decide.RuleBelow, "jobs is 5 jobs, below 10; mail is 5 messages, below 10"},
		{"one that is right stands in the way", []decide.SignalRule{once, twice}, []probe.Reading{jobs(5), mail(50)}, 5, decide.RuleHold, "jobs is 5 jobs, below 10; mail is 50 messages, between 10 and 100"},
		{"the bounds themselves are right", []decide.SignalRule{once}, []probe.Reading{jobs(10)}, 5, decide.RuleHold, "jobs is 10 jobs, between 10 and 100"},
		{"one that is not known stands in the way", []decide.SignalRule{once, twice}, []probe.Reading{jobsUnknown, mail(5)}, 5, decide.RuleNoData, "jobs has no data: timeout: no answer within 5s; mail is 5 messages, below 10"},
		{"but not of more", []decide.SignalRule{once, twice}, []probe.Reading{jobsUnknown, mail(500)}, 8, decide.RuleAbove, "mail is 500 messages, above 100"},
		{"one without a reading is not known", []decide.SignalRule{once}, nil, 5, decide.RuleNoData, "jobs has no data: no reading named jobs"},
		{"one without a minimum has no say in a down", []decide.SignalRule{once, top}, []probe.Reading{jobs(5), mail(99)}, 4, decide.RuleBelow, "jobs is 5 jobs, below 10"},
		{"unless it is not known", []decide.SignalRule{once, top}, []probe.Reading{jobs(5)}, 5, decide.RuleNoData, "jobs is 5 jobs, below 10; mail has no data: no reading named mail"},
		{"and alone never asks for one", []decide.SignalRule{top}, []probe.Reading{mail(0)}, 5, decide.RuleHold, "mail is 0 messages, not above 100"},
		{"a reading that no rule names only informs", []decide.SignalRule{once}, []probe.Reading{jobs(50), mail(5000)}, 5, decide.RuleHold, "jobs is 50 jobs, between 10 and 100"},
		{"per dyno", []decide.SignalRule{{Signal: "jobs", PerDyno: true, Max: 30, Min: 2, Fails: decide.InARow(1), Passes: decide.InARow(1)}}, []probe.Reading{jobs(160)}, 6, decide.RuleAbove, "jobs per dyno is 32 jobs, above 30"},
		{"divided by another", []decide.SignalRule{{Signal: "jobs", By: "mail", Max: 3, Min: 1, Fails: decide.InARow(1), Passes: decide.InARow(1)}}, []probe.Reading{jobs(100), mail(400)}, 4, decide.RuleBelow, "jobs / mail is 0.25, below 1"},
		{"divided by none", []decide.SignalRule{{Signal: "jobs", By: "mail", Max: 3, Min: 1, Fails: decide.InARow(1), Passes: decide.InARow(1)}}, []probe.Reading{jobs(100), mail(0)}, 5, decide.RuleNoData, "jobs / mail has no data: mail is 0, so the ratio is undefined"},
		{"the app wants more", []decide.SignalRule{once}, []probe.Reading{wants(1, probe.UnitSteps)}, 6, decide.RuleAbove, "jobs asks to scale up to 6"},
		{"or fewer", []decide.SignalRule{once}, []probe.Reading{wants(-1, probe.UnitSteps)}, 4, decide.RuleBelow, "jobs asks to scale down to 4"},
		{"or what it has", []decide.SignalRule{once, twice}, []probe.Reading{wants(0, probe.UnitSteps), mail(5)}, 5, decide.RuleHold, "jobs asks for no change; mail is 5 messages, below 10"},
		{"or a number", []decide.SignalRule{once}, []probe.Reading{wants(12, probe.UnitDynos)}, 12, decide.RuleAbove, "jobs asks to scale up to 12"},
		{"a heartbeat that is right stands in the way", []decide.SignalRule{once}, []probe.Reading{right, jobs(5)}, 5, decide.RuleHold, "500 ms is ok (between 200 and 1000 ms); jobs is 5 jobs, below 10"},
		{"a blind heartbeat too", []decide.SignalRule{once}, []probe.Reading{noData, jobs(5)}, 5, decide.RuleNoData, "no data: unreachable: connection refused by 127.0.0.1:5000; jobs is 5 jobs, below 10"},
		{"but not of more", []decide.SignalRule{once}, []probe.Reading{noData, jobs(500)}, 6, decide.RuleAbove, "jobs is 500 jobs, above 100"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newSignals(5, c.rules...).decide(c.in...)
			if d.To != c.to || d.Rule != c.rule {
				t.Errorf("decided %d → %d by %q, want %d by %q", d.From, d.To, d.Rule, c.to, c.rule)
			}
			if got := why(d, c.in...); got != c.why {
				t.Errorf("why is %q\nwant   %q", got, c.why)
			}
		})
	}
}

func TestHeartbeatAndRulesAgreeToFewer(t *testing.T) {
	s := newSignals(5, jobsRule)
	var d decide.Decision
	for range 5 {
		d = s.decide(fast, jobs(0))
	}
	if d.To != 4 || d.Rule != decide.RuleBelow {
		t.Errorf("decided %d → %d by %q, want 4 by %q", d.From, d.To, d.Rule, decide.RuleBelow)
	}
	want := "jobs is 0 jobs, below 10, 5 in a row; 5 heartbeats in a row faster than 200 ms (the last took 50 ms)"
	if got := why(d, fast, jobs(0)); got != want {
		t.Errorf("why is %q\nwant   %q", got, want)
	}
	top := jobsRule
	top.Min = math.NaN()
	s = newSignals(5, top)
	for range 5 {
		d = s.decide(fast, jobs(50))
	}
	if d.To != 4 || d.Rule != decide.RuleFast {
		t.Errorf("with no say of the jobs, decided %d → %d by %q, want 4 by %q", d.From, d.To, d.Rule, decide.RuleFast)
	}
}

func TestRulesCountReadings(t *testing.T) {
	s := newSignals(2, decide.SignalRule{Signal: "jobs", Max: 100, Min: 10, Fails: decide.Quorum{N: 2, M: 3}, Passes: decide.InARow(2)})
	for i, c := range []struct {
		in probe.Reading
		to int
	}{
		{jobs(500), 2},
		{jobsUnknown, 2}, // does not count
		{jobs(50), 2},
		{jobs(500), 3}, // 2 of the last 3
		{jobs(500), 3}, // and counting starts again
		{jobs(5), 3},
		{jobs(500), 4},
		{jobs(5), 4},
		{jobs(5), 3},
	} {
		if d := s.decide(c.in); d.To != c.to {
			t.Fatalf("reading %d: decided %d → %d, want %d: %s", i, d.From, d.To, c.to, why(d, c.in))
		}
	}
}

func TestRulesByAWindow(t *testing.T) {
	rule := decide.SignalRule{Signal: "jobs", Max: 100, Min: 10, Window: 2 * time.Minute}
	s := newSignals(2, rule)
	values := func(in ...float64) (last decide.Decision) {
		for _, x := range in {
			last = s.decide(jobs(x))
		}
		return last
	}
	if d := values(500); d.To != 2 || !strings.Contains(why(d), "takes effect in 60 s") {
		t.Errorf("the first reading of a window moved to %d: %s", d.To, why(d))
	}
	if d := values(500); d.To != 2 {
		t.Errorf("a quarter of a window moved to %d: %s", d.To, why(d))
	}
	if d := values(20); d.To != 3 || why(d) != "jobs is 340 jobs, the mean over 120 s, above 100" {
		t.Errorf("half a window moved to %d: %s", d.To, why(d))
	}
	if d := values(20, 20, 20); d.To != 3 || why(d) != "jobs is 20 jobs, the mean over 120 s, between 10 and 100" {
		t.Errorf("what was before the change still counts: %s", why(d))
	}
	if d := values(0, 0, 0); d.To != 2 || why(d) != "jobs is 5 jobs, the mean over 120 s, below 10" {
		t.Errorf("a window below moved to %d: %s", d.To, why(d))
	}
	s = newSignals(2, rule)
	s.policy.Rules[0].Percentile = 95
	if d := values(0, 0, 101); d.To != 3 || why(d) != "jobs is 101 jobs, the p95 over 120 s, above 100" {
		t.Errorf("a percentile moved to %d: %s", d.To, why(d))
	}
}

// Readings that cover the window themselves are not averaged again, and count from the first one.
func TestRulesByReadingsOfAWholeWindow(t *testing.T) {
	rule := decide.SignalRule{Signal: "jobs", Max: 100, Min: 10, Window: 2 * time.Minute, Whole: true}
	s := newSignals(2, rule)
	if d := s.decide(jobs(500)); d.To != 3 || why(d) != "jobs is 500 jobs, the mean over 120 s, above 100" {
		t.Errorf("the first reading moved to %d: %s", d.To, why(d))
	}
	if d := s.decide(jobs(500)); d.To != 3 || !strings.Contains(why(d), "takes effect in 30 s") {
		t.Errorf("half a minute after a change it moved to %d: %s", d.To, why(d))
	}
	if d := s.decide(jobs(20)); d.To != 3 || why(d) != "jobs is 20 jobs, the mean over 120 s, between 10 and 100" {
		t.Errorf("what was before still counts: %s", why(d))
	}
	if d := s.decide(jobs(0)); d.To != 2 {
		t.Errorf("the first reading below moved to %d: %s", d.To, why(d))
	}
	rule.Wait = decide.NoWait
	s = newSignals(2, rule)
	for i, want := range []struct {
		jobs float64
		to   int
	}{{500, 3}, {500, 4}, {50, 4}, {5, 3}, {5, 2}} {
		if d := s.decide(jobs(want.jobs)); d.To != want.to {
			t.Errorf("tick %d moved to %d, want %d: %s", i, d.To, want.to, why(d))
		}
	}
}

func TestRulesWaitAsLongAsTheySay(t *testing.T) {
	s := newSignals(2, decide.SignalRule{Signal: "jobs", Max: 100, Min: 10, Window: 2 * time.Minute, Wait: 90 * time.Second})
	for range 3 {
		if d := s.decide(jobs(500)); d.To != 2 {
			t.Fatalf("moved to %d before its time: %s", d.To, why(d))
		}
	}
	if d := s.decide(jobs(500)); d.To != 3 {
		t.Errorf("stayed at %d: %s", d.To, why(d))
	}
}

func TestRulesByAWindowDecideNowAndThen(t *testing.T) {
	s := newSignals(1, decide.SignalRule{Signal: "jobs", Max: 100, Min: math.NaN(), Window: time.Minute})
	s.policy.DecideEvery = 3 * time.Minute
	var ups []time.Duration
	for range 20 {
		if d := s.decide(jobs(500)); d.To > d.From {
			ups = append(ups, s.now.Sub(noon))
		}
	}
	if len(ups) != 3 || ups[1]-ups[0] != 3*time.Minute || ups[2]-ups[1] != 3*time.Minute {
		t.Errorf("went up after %v, want every 3 minutes", ups)
	}
}

func TestSignalsDoNotCountWhileDynosBoot(t *testing.T) {
	for name, rule := range map[string]decide.SignalRule{
		"in a row":    {Signal: "jobs", Max: 100, Min: 10, Fails: decide.InARow(1), Passes: decide.InARow(1)},
		"by a window": {Signal: "jobs", Max: 100, Min: 10, Window: time.Minute},
	} {
		s := newSignals(2, rule)
		s.policy.BootTime, s.state.BootSince = 4*time.Minute, noon
		for range 6 {
			d := s.decide(jobs(500))
			if d.To != 2 {
				t.Fatalf("%s: went to %d while dynos boot: %s", name, d.To, why(d))
			}
			if !strings.Contains(why(d), "boot") {
				t.Errorf("%s: it does not say why: %s", name, why(d))
			}
		}
		s.state.BootSince = time.Time{}
		s.decide(jobs(500))
		if d := s.decide(jobs(500)); d.To < 3 {
			t.Errorf("%s: stayed at %d when they had: %s", name, d.To, why(d))
		}
	}
}

// The mean covers the whole hour, however short the interval. With a reading each second, half an hour of 1,000 jobs
// and half an hour of 0 make about 500.
func TestAWindowOfAnHourAtShortIntervals(t *testing.T) {
	racetest.Computes(t)
	for _, every := range []time.Duration{time.Second, 5 * time.Second} {
		p := defaults
		p.Rules = []decide.SignalRule{{Signal: "jobs", Max: 1e9, Min: -1, Window: time.Hour}}
		var state decide.State
		var d decide.Decision
		for at := time.Duration(0); at < time.Hour; at += every {
			value := 1000.0
			if at >= 30*time.Minute {
				value = 0
			}
			state, d = p.Decide(state, facts(noon.Add(at), []probe.Reading{jobs(value)}, bounds(1, 6), 2))
		}
		if got := d.Signals[0].Value; got < 495 || got > 505 {
			t.Errorf("with a reading every %v the mean is %g, want 500", every, got)
		}
	}
}
