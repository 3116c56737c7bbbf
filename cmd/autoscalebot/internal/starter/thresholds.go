package starter

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/words"
)

// Thresholds are proposed for an app from heartbeats taken without much load.
//
//	low  = max(1.5 × median, 1.2 × p80, 50 ms)
//	high = max(min(10 × median, 2 s), 2.5 × low, 500 ms), at most 80 % of the timeout
//
//	median  of the heartbeats: the response time without a queue
//	p80     80 % of the heartbeats are not slower
//	low     MIN_RESPONSE_TIME_IN_MS: an app without a queue stays below it, so that its dynos can be removed
//	high    MAX_RESPONSE_TIME_IN_MS: with 2.5 × low the heartbeat stays below it after a dyno of two is removed
//
// Both are rounded up to two digits.
type Thresholds struct {
	// Min and Max are MIN_RESPONSE_TIME_IN_MS and MAX_RESPONSE_TIME_IN_MS.
	Min, Max float64
	// Median, Least and Most are the median and the range of the heartbeats, in milliseconds.
	Median, Least, Most float64
	// Cramped is set if the app takes so long that no thresholds below the timeout leave enough room.
	Cramped bool
}

// Propose returns thresholds for an app whose heartbeats took these milliseconds. There must be at least one.
func Propose(ms []float64, timeout time.Duration) Thresholds {
	sorted := slices.Sorted(slices.Values(ms))
	t := Thresholds{Median: Median(sorted), Least: sorted[0], Most: sorted[len(sorted)-1]}
	p80 := sorted[max(0, int(math.Ceil(0.8*float64(len(sorted))))-1)]
	low := max(1.5*t.Median, 1.2*p80, 50)
	high := max(min(10*t.Median, 2000), 2.5*low, 500)
	if most := 0.8 * float64(timeout.Milliseconds()); high > most {
		high, low = most, min(low, most/2.5)
		t.Cramped = low < 1.2*t.Median
	}
	t.Min, t.Max = twoDigits(low), twoDigits(high)
	return t
}

// Median returns the middle of sorted numbers; of an even number of them, the mean of the two in the middle.
func Median(sorted []float64) float64 {
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

func twoDigits(ms float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(ms))-1)
	return math.Round(math.Ceil(ms/unit-1e-9) * unit)
}

// WhyMin returns the reason for Min, as a sentence.
func (t Thresholds) WhyMin() string {
	if t.Min < 1.2*t.Median {
		return fmt.Sprintf("The app takes %s without a queue, but with a higher threshold a removed dyno would be "+
			"added again at once.", words.Millis(t.Median))
	}
	return fmt.Sprintf("The app takes %s without a queue, and %.4g ms leaves room for chance.",
		words.Millis(t.Median), t.Min)
}

// WhyMax returns the reason for Max, as a sentence.
func (t Thresholds) WhyMax() string {
	if t.Cramped {
		return "The heartbeat timeout allows no more. The page takes too long to tell a queue from its own " +
			"work: make " +
			"it do less."
	}
	return fmt.Sprintf("A visitor who waits %s longer than usual is waiting in a queue.",
		words.Millis(t.Max-t.Median))
}
