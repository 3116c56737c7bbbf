package decide_test

import (
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

func BenchmarkDecide(b *testing.B) {
	in := []probe.Reading{right}
	lim := schedule.Limits{Min: 1, Max: 3}
	var st decide.State
	b.ReportAllocs()
	for b.Loop() {
		st, _ = defaults.Decide(st, facts(noon, in, lim, 2))
	}
}

func TestDecideDoesNotAllocate(t *testing.T) {
	in := []probe.Reading{fast}
	lim := schedule.Limits{Min: 1, Max: 3}
	if n := testing.AllocsPerRun(100, func() {
		defaults.Decide(decide.State{Begun: noon, RunState: decide.RunState{Fast: 0b1111}}, facts(noon, in, lim, 3))
	}); n != 0 {
		t.Errorf("Decide allocates %g times, want 0", n)
	}
}
