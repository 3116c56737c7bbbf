package sim

import (
	"fmt"
	"time"
)

// A Demand is the number of requests that people send over time.
type Demand interface {
	// Rate returns the requests per second, from 0 to ten million, at a number of seconds after the start. It is called
	// for the middle of each second, and beyond the end as far as the oracle looks ahead: [Fleet.Foresight].
	Rate(seconds float64) float64
	// Length is the time for which the demand is known.
	Length() time.Duration
}

// Scale returns d times factor, which must be 0 or more.
func Scale(d Demand, factor float64) Demand { return scaled{d, factor} }

type scaled struct {
	Demand
	factor float64
}

func (s scaled) Rate(seconds float64) float64 { return s.factor * s.Demand.Rate(seconds) }

// PeakWindow is the time over which a peak is averaged: 5 minutes, or 1 minute if the demand lasts 2 hours or less.
func PeakWindow(length time.Duration) time.Duration {
	if length <= 2*time.Hour {
		return time.Minute
	}
	return 5 * time.Minute
}

// Peak returns the largest mean of d over a window, in requests per second. Windows begin at whole seconds. If d is
// shorter than the window, it is the mean of all of d.
func Peak(d Demand, window time.Duration) float64 {
	n := int(d.Length().Seconds())
	w := max(1, min(n, int(window.Seconds())))
	recent := make([]float64, w)
	sum, peak := 0.0, 0.0
	for i := range n {
		rate := d.Rate(float64(i) + 0.5)
		sum += rate - recent[i%w]
		recent[i%w] = rate
		if i >= w-1 {
			peak = max(peak, sum/float64(w))
		}
	}
	return peak
}

// The result needs dynos at its peak; 0 leaves d unchanged.
func scaleToPeak(d Demand, f Fleet, dynos float64) (Demand, error) {
	if dynos == 0 {
		return d, nil
	}
	peak := Peak(d, PeakWindow(d.Length()))
	if peak <= 0 {
		return nil, fmt.Errorf("the demand is 0 all the time, so it cannot be scaled to a peak of %g dynos", dynos)
	}
	return Scale(d, dynos*f.Capacity()/peak), nil
}

// Requests per second.
const maxRate = 1e7

func checkRates(d Demand, length time.Duration) error {
	for i := range int(length.Seconds()) {
		if rate := d.Rate(float64(i) + 0.5); !(rate >= 0 && rate <= maxRate) {
			return fmt.Errorf("the demand is %g requests per second after %v: must be 0–%g",
				rate, time.Duration(i)*time.Second, float64(maxRate))
		}
	}
	return nil
}
