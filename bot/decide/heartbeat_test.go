package decide_test

import (
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/probe"
)

func TestTheMiddleOfABurstSpeaks(t *testing.T) {
	for _, c := range []struct {
		name    string
		in      []probe.Reading
		verdict decide.Verdict
		ms      float64
	}{
		{"the middle", []probe.Reading{took(3000), took(50), took(210), took(60), took(2000)}, decide.OK, 210},
		{"most are slow", []probe.Reading{took(3000), took(50), took(1200)}, decide.Slow, 1200},
		{"failures are beyond all", []probe.Reading{failed(probe.Timeout, "no answer"), took(50), failed(probe.Timeout, "no answer")}, decide.Slow, 7},
		{"one that tells nothing is left out", []probe.Reading{noData, took(50), took(60)}, decide.Fast, 50},
		{"most tell nothing", []probe.Reading{noData, took(50), noData}, decide.NoData, 7},
	} {
		p := adaptively(t, adaptive.Balanced, 1000)
		st, d := p.Decide(decide.State{}, facts(noon, c.in, bounds(1, 9), 2))
		if d.Verdict != c.verdict || c.in[d.Reading].Value != c.ms {
			t.Errorf("%s: %s by the one of %g ms, want %s by %g", c.name, d.Verdict, c.in[d.Reading].Value, c.verdict, c.ms)
		}
		if c.verdict == decide.Slow && st.Slow != 1 {
			t.Errorf("%s: the runs are %b after one slow tick", c.name, st.Slow)
		}
	}
}
