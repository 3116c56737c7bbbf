package decide_test

import (
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/probe"
)

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

// Lines of the log are not heartbeats. A slow line alone changes nothing, and lines must not count as fast heartbeats.
func TestLinesOfTheLogAreNotJudgedAsHeartbeats(t *testing.T) {
	p := adaptively(t, adaptive.Balanced, 1000)
	var st decide.State
	var d decide.Decision
	for i := range 10 {
		st, d = p.Decide(st, facts(noon.Add(time.Duration(i)*5*time.Second), []probe.Reading{line(probe.ServiceP95, 30_000), took(60)}, bounds(1, 9), 2))
	}
	if d.Verdict != decide.Fast || d.Reading != 1 || d.To != 2 {
		t.Errorf("a fast heartbeat beside a slow line of the log is %+v", d)
	}
}

func line(name string, value float64) probe.Reading {
	unit, _ := probe.SignalUnit(name)
	return signal(name, value, unit)
}
