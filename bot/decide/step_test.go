package decide_test

import (
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

func TestSteps(t *testing.T) {
	for _, c := range []struct {
		step     decide.Step
		dynos    int
		up, down int
	}{
		{decide.Step{}, 4, 5, 3},
		{decide.Step{Dynos: 3}, 4, 7, 1},
		{decide.Step{Percent: 50}, 4, 6, 2},
		{decide.Step{Percent: 10}, 3, 4, 2}, // always at least one
		{decide.Step{Percent: 60}, 3, 5, 1}, // 1.8, rounded
		{decide.Step{Percent: 200}, 3, 9, 1},
	} {
		w := with(c.dynos, func(p *decide.Policy) { p.Up, p.Down = c.step, c.step })
		w.beat(times(3, slow)...)
		wantResizes(t, w, c.up)
		w = with(c.dynos, func(p *decide.Policy) { p.Up, p.Down = c.step, c.step })
		w.beat(times(5, fast)...)
		wantResizes(t, w, c.down)
	}
}
