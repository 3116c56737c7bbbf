package adaptive

import (
	"fmt"
	"math"
)

// balancedDynoHours is what a slow minute is worth to the balanced aim, in hours of a dyno; to the lean one it is a
// tenth of that, and to the safe one ten times as much. With a dyno at $25 a month these are 1, 10 and 100 cents. It is
// a convention, of the order of what the aims come to on the traces of bot/sim at a peak of 25 dynos.
const balancedDynoHours = 3

// NewPriced makes a model for somebody to whom a slow minute is worth so many hours of a dyno: 0.3 is the lean aim, 3
// the balanced and 30 the safe one, and what lies between them is between, on a logarithmic scale. Less than 0.3 is
// lean, and more than 30 is safe. The bound is that of [New]. The error says what is wrong.
func NewPriced(dynoHours, boundMS float64) (*Model, error) {
	if !(dynoHours > 0) || math.IsInf(dynoHours, 0) {
		return nil, fmt.Errorf("a slow minute that is worth %g dyno-hours is no price; it must be more than 0",
			dynoHours)
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

// toward is n + share·(m−n).
func (n numbers) toward(m numbers, share float64) numbers {
	return numbers{
		upQuantile: between(n.upQuantile, m.upQuantile, share), up: between(n.up, m.up, share),
		to:           between(n.to, m.to, share),
		downQuantile: between(n.downQuantile, m.downQuantile, share), down: between(n.down, m.down, share),
	}
}

func between(a, b, share float64) float64 { return a + share*(b-a) }
