package decide_test

import (
	"math"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/probe"
)

func TestRulesForTheSizeMerge(t *testing.T) {
	once := decide.SignalRule{Signal: "memory_max", Max: 95, Min: 40, Fails: decide.InARow(1), Passes: decide.InARow(1), Size: true}
	swap := decide.SignalRule{Signal: "jobs", Max: 100, Min: 10, Fails: decide.InARow(1), Passes: decide.InARow(1), Size: true}
	top := swap
	top.Min = math.NaN()
	for _, c := range []struct {
		name   string
		second decide.SignalRule
		in     []probe.Reading
		want   string
	}{
		{"any asks for larger ones", swap, []probe.Reading{memory(30), jobs(500)}, "performance-m"},
		{"all agree to smaller ones", swap, []probe.Reading{memory(30), jobs(1)}, "standard-1x"},
		{"one that is right stands in the way", swap, []probe.Reading{memory(30), jobs(50)}, "standard-2x"},
		{"one that is not known, too", swap, []probe.Reading{memory(30), jobsUnknown}, "standard-2x"},
		{"one without a minimum does not", top, []probe.Reading{memory(30), jobs(50)}, "standard-1x"},
		{"the app itself", swap, []probe.Reading{memory(60), wants(1, probe.UnitSteps)}, "performance-m"},
		{"a number of dynos says nothing", swap, []probe.Reading{memory(30), wants(9, probe.UnitDynos)}, "standard-2x"},
	} {
		s := newSignals(2, once, c.second)
		s.policy.Sizes = []string{"standard-1x", "standard-2x", "performance-m"}
		s.state.Size = "Standard-2X"
		d := s.decide(append([]probe.Reading{right}, c.in...)...)
		if d.SizeTo != c.want || d.To != 2 {
			t.Errorf("%s: dynos of %s, want %s: %s", c.name, d.SizeTo, c.want, why(d, append([]probe.Reading{right}, c.in...)...))
		}
	}
}

func memory(percent float64) probe.Reading { return signal("memory_max", percent, "%") }
