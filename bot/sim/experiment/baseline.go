package experiment

import (
	"math"
	"slices"
	"time"
)

// Baseline is what a heartbeat takes while nobody waits.
type Baseline struct {
	// MedianMS is in the middle, and HighMS above nearly all: what a heartbeat takes beyond it, it has waited for.
	MedianMS, HighMS float64
	// LeastMS is the time on the way; MeanMS and CV are those of what the app takes beside it.
	LeastMS, MeanMS, CV float64
}

// baselineBlock is how many heartbeats in a row are looked at together.
const baselineBlock = 20

// BaselineOf learns what a heartbeat takes while nobody waits from the quietest tenth of the record: the blocks of
// heartbeats with the lowest medians. The fastest heartbeats alone would mistake an uneven app for a waiting one.
func BaselineOf(r *Record) Baseline {
	var blocks [][]float64
	for i := 0; i < len(r.Beats); i += baselineBlock {
		block := make([]float64, 0, baselineBlock)
		for _, b := range r.Beats[i:min(i+baselineBlock, len(r.Beats))] {
			block = append(block, b.MS)
		}
		slices.Sort(block)
		blocks = append(blocks, block)
	}
	slices.SortStableFunc(blocks, func(a, b []float64) int { return int(math.Copysign(1, middle(a)-middle(b))) })
	var quiet []float64
	for _, b := range blocks[:(len(blocks)+9)/10] {
		quiet = append(quiet, b...)
	}
	if len(quiet) == 0 {
		return Baseline{MedianMS: 70, HighMS: 150, LeastMS: 30, MeanMS: 40, CV: 0.5}
	}
	slices.Sort(quiet)
	// Three times as far above the median as the 80th percentile is where the 97th of a lognormal law is, without those
	// who have waited.
	out := Baseline{
		MedianMS: middle(quiet), HighMS: middle(quiet) + 3*(at(quiet, 0.8)-middle(quiet)),
		LeastMS: 0.9 * quiet[0],
	}
	// The upper tail is of those who have waited all the same.
	usual := quiet[:max(1, len(quiet)*9/10)]
	sum, squares := 0.0, 0.0
	for _, v := range usual {
		sum += v - out.LeastMS
	}
	out.MeanMS = max(1, sum/float64(len(usual)))
	for _, v := range usual {
		squares += (v - out.LeastMS - out.MeanMS) * (v - out.LeastMS - out.MeanMS)
	}
	out.CV = min(5, math.Sqrt(squares/float64(len(usual)))/out.MeanMS)
	return out
}

func middle(sorted []float64) float64 { return at(sorted, 0.5) }

// at is the value that a share q of the sorted values do not exceed.
func at(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

func millis(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }
