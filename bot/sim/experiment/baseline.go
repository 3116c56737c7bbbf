package experiment

import (
	"math"
	"slices"
	"time"
)

// Baseline is the latency of heartbeats that do not wait.
type Baseline struct {
	// MedianMS is the median. HighMS is above nearly all: a heartbeat that takes longer has waited.
	MedianMS, HighMS float64
	// LeastMS is the network time. MeanMS and CV are the mean and coefficient of variation of the app's time.
	LeastMS, MeanMS, CV float64
}

// Heartbeats in a row that make a block.
const baselineBlock = 20

// BaselineOf learns the baseline from the quietest tenth of the record: the blocks of heartbeats with the lowest
// medians. The fastest heartbeats alone would mistake an uneven app for a waiting one.
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
	// The 97th percentile of a lognormal distribution is three times as far above the median as the 80th, and the 80th
	// contains no waits.
	out := Baseline{
		MedianMS: middle(quiet), HighMS: middle(quiet) + 3*(at(quiet, 0.8)-middle(quiet)),
		LeastMS: 0.9 * quiet[0],
	}
	// The upper tail is of heartbeats that waited nevertheless.
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

// The q-quantile of the sorted values.
func at(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

func millis(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }
