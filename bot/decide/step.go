package decide

import "math"

// A Step is how far a change goes: so many dynos, or a share of those there are. The zero Step is one dyno.
type Step struct {
	// Dynos is a number of dynos; 0 where Percent is set.
	Dynos int
	// Percent is a share of the present number in per cent, rounded to the nearest dyno, and at least one.
	Percent float64
}

func (s Step) of(n int) int {
	if s.Percent > 0 {
		return max(1, int(math.Round(float64(n)*s.Percent/100)))
	}
	return max(1, s.Dynos)
}
