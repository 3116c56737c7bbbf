package adaptive

import (
	"math"
	"slices"
	"time"
)

const (
	// Bin i of the response times begins at baselineLeast·e^(i·baselineStep) seconds: from 2 ms to 11 s, each 12 %
	// wide.
	baselineBins  = 76
	baselineLeast = 0.002
	baselineStep  = 0.1133
	// Heartbeats in a block, and in the part of the first block that is enough for a first estimate.
	baselineBlock, baselineEnough = 360, 24
	// Seconds that an idle app may well take, whatever the threshold.
	likelyBaseline = 0.5
	// How long blocks are remembered: every app has a calm hour in a day.
	baselineAge = 24 * time.Hour
	// The spread of ln t above its median, relative to the spread below. It is what a constant travel time makes of a
	// lognormal time of service.
	baselineSkew = 1.4
	// 80 % of a normal distribution lie within this many standard deviations of its mean.
	deviationOf80 = 1.2816
)

// Baseline learns the latency of heartbeats that do not wait:
//
//	ln t ~ N(ln m, σ²)                   up to m
//	ln t ~ N(ln m, (baselineSkew·σ)²)    above
//
//	t    the heartbeat's time in seconds
//	m    its median
//	σ    (ln m − ln t₁₀) / deviationOf80
//	t₁₀  the 10th percentile of t
//
// Waiting only makes heartbeats slower, so the fast half of them shows the baseline, in the calmest block of the last
// day. The fastest heartbeat alone would not do: it is often far below what an idle app takes.
type Baseline struct {
	// Counts are the heartbeats of the present block by the time they took. N is their number.
	Counts []uint16 `json:"counts,omitempty"`
	N      int      `json:"n,omitempty"`
	// Calm is the calmest block of each hour of the last day.
	Calm []BaselineBlock `json:"calm,omitempty"`
}

// A BaselineBlock sums up heartbeats.
type BaselineBlock struct {
	// Hour is the start of the hour.
	Hour time.Time `json:"hour"`
	// Median and Spread are m and σ of the [Baseline].
	Median float32 `json:"median"`
	Spread float32 `json:"spread"`
}

func (d *Baseline) add(now time.Time, beats []beat) {
	counts := make([]uint16, baselineBins)
	copy(counts, d.Counts)
	for _, b := range beats {
		if !b.late {
			counts[min(max(int(math.Log(b.took/baselineLeast)/baselineStep), 0), baselineBins-1)]++
			d.N++
		}
	}
	d.Counts = counts
	if d.N < baselineBlock {
		return
	}
	median := d.quantile(0.5)
	b := BaselineBlock{
		Hour: now.UTC().Truncate(time.Hour), Median: float32(math.Exp(median)),
		Spread: float32((median - d.quantile(0.1)) / deviationOf80),
	}
	d.Counts, d.N = nil, 0
	d.Calm = slices.DeleteFunc(slices.Clone(d.Calm),
		func(c BaselineBlock) bool { return now.Sub(c.Hour) > baselineAge || c.Hour.After(now) })
	if k := len(d.Calm); k == 0 || !d.Calm[k-1].Hour.Equal(b.Hour) {
		d.Calm = append(d.Calm, b)
	} else if b.Median < d.Calm[k-1].Median {
		d.Calm[k-1] = b
	}
}

// The p-quantile of ln t in the present block.
func (d *Baseline) quantile(p float64) float64 {
	rank, sum := p*float64(d.N), 0.0
	for i, c := range d.Counts {
		if c > 0 && sum+float64(c) >= rank {
			return math.Log(baselineLeast) + baselineStep*(float64(i)+(rank-sum)/float64(c))
		}
		sum += float64(c)
	}
	return math.Log(baselineLeast)
}

// m and σ of the [Baseline]. Before the first block is full, m is at most half of the threshold, or half a second if
// that is more.
func (d *Baseline) distribution(bound float64) (median, spread float64) {
	spread = 0.3
	most := max(bound/2, likelyBaseline)
	switch {
	case len(d.Calm) > 0:
		spreads := make([]float32, 0, 32)
		calmest := d.Calm[0].Median
		for _, c := range d.Calm {
			calmest = min(calmest, c.Median)
			spreads = append(spreads, c.Spread)
		}
		slices.Sort(spreads)
		median, spread = float64(calmest), float64(spreads[len(spreads)/4])
	case d.N >= baselineEnough:
		half := d.quantile(0.5)
		median, spread = min(math.Exp(half), most), (half-d.quantile(0.1))/deviationOf80
	case d.N > 0:
		median, spread = min(math.Exp(d.quantile(0.25)), most), 0.5
	default:
		median = min(0.1, most)
	}
	return max(0.001, median), min(max(spread, 0.12), 1)
}

// True if the idle app takes longer than the threshold: half of the heartbeats did, in every block of the last day.
// False before the first block is full.
func (d *Baseline) exceeds(bound float64) bool {
	for _, c := range d.Calm {
		if float64(c.Median) <= bound {
			return false
		}
	}
	return len(d.Calm) > 0
}
