package adaptive_test

import (
	"math"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/probe"
)

func TestABurstTellsTheLoadSooner(t *testing.T) {
	racetest.Computes(t)
	width := func(n int) float64 {
		p := adaptively(t, adaptive.Balanced, 1000)
		a := newApp(p, 10, 8)
		var st decide.State
		var d decide.Decision
		sum := 0.0
		for range 150 {
			a.now = a.now.Add(30 * time.Second)
			in := make([]probe.Reading, n)
			for i := range in {
				ms := 30 + 40*math.Exp(0.47*a.draws.NormFloat64()-0.11)
				if a.draws.Float64() < 0.55 {
					ms += a.draws.ExpFloat64() * 100
				}
				in[i] = took(ms)
			}
			st, d = p.Decide(st, facts(a.now, in, bounds(10, 10), 10))
			sum += math.Log(d.Load.High / d.Load.Low)
		}
		return sum / 150
	}
	if one, many := width(1), width(10); many > 0.8*one {
		t.Errorf("the load is known within a factor of %.2f by one heartbeat at a tick, and %.2f by ten", math.Exp(one), math.Exp(many))
	}
}
