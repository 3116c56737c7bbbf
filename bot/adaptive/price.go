package adaptive

import (
	"fmt"
	"math"
)

// What a slow minute is worth to the balanced aim, in dyno-hours. It is worth a tenth of that to the lean aim and ten
// times that to the safe one: with a dyno at $25 a month, 1, 10 and 100 cents. This is a convention. It is close to
// what the aims cost on the traces of bot/sim at a peak of 25 dynos.
const balancedDynoHours = 3

// NewPriced makes a model from the worth of a slow minute in dyno-hours, more than 0: 0.3 is the lean aim, 3 the
// balanced one and 30 the safe one. Values in between are interpolated on a logarithmic scale. Less than 0.3 is lean,
// more than 30 is safe. boundMS is that of [New]. The error says what is wrong.
func NewPriced(dynoHours, boundMS float64) (*Model, error) {
	if !(dynoHours > 0) || math.IsInf(dynoHours, 0) {
		return nil, fmt.Errorf("a slow minute is worth %g dyno-hours: must be more than 0", dynoHours)
	}
	a, err := New(Balanced, boundMS)
	if err != nil {
		return nil, err
	}
	end, share := Lean, math.Log10(dynoHours/balancedDynoHours)
	if share > 0 {
		end = Safe
	}
	other, err := New(end, boundMS)
	if err != nil {
		return nil, err
	}
	share = min(math.Abs(share), 1)
	a.numbers, a.routerAim = a.toward(other.numbers, share), a.routerAim.toward(other.routerAim, share)
	return a, nil
}

func (n numbers) toward(m numbers, share float64) numbers {
	return numbers{
		upQuantile: between(n.upQuantile, m.upQuantile, share), up: between(n.up, m.up, share),
		to:           between(n.to, m.to, share),
		downQuantile: between(n.downQuantile, m.downQuantile, share), down: between(n.down, m.down, share),
	}
}

func between(a, b, share float64) float64 { return a + share*(b-a) }
