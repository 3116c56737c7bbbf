package decide

import "math"

// A Step is the size of a change: a number of dynos, or a share of the present number. The zero Step is one dyno.
type Step struct {
	// Dynos is the number of dynos; 0 with Percent.
	Dynos int
	// Percent is the share of the present number in per cent, rounded to the nearest dyno, at least one.
	Percent float64
}

func (s Step) of(n int) int {
	if s.Percent > 0 {
		return max(1, int(math.Round(float64(n)*s.Percent/100)))
	}
	return max(1, s.Dynos)
}
