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
	// baselineBlock is how many heartbeats make a block, baselineEnough how many of the first one are enough for a
	// first idea.
	baselineBlock, baselineEnough = 360, 24
	// likelyBaseline is how many seconds an app without load may well take, whatever the bound.
	likelyBaseline = 0.5
	// baselineAge is how long blocks are remembered: in a day every app has a calm hour.
	baselineAge = 24 * time.Hour
	// baselineSkew is how many times as wide as below its median ln t is spread above it: what a time on the way, which
	// is the same for all, makes of a lognormal time of service.
	baselineSkew = 1.4
	// deviationOf80 is how many standard deviations around its mean hold 80 % of a normal distribution.
	deviationOf80 = 1.2816
)

// Baseline learns how long a heartbeat takes that does not wait:
//
//	ln t ~ N(ln m, σ²)                   up to m
//	ln t ~ N(ln m, (baselineSkew·σ)²)    above
//
//	t  the heartbeat's time in seconds
//	m  its median
//	σ  (ln m − ln t₁₀) / deviationOf80, where a tenth of the heartbeats take less than t₁₀
//
// Waiting makes heartbeats slower and never faster, so the fast half of them tells, in the calmest block of the last
// day. The fastest of all would not do, since it is often far below what an app without load takes.
type Baseline struct {
	// Counts are the heartbeats of the present block, by how long they took, and N how many they are.
	Counts []uint16 `json:"counts,omitempty"`
	N      int      `json:"n,omitempty"`
	// Calm is the calmest block of each hour of the last day.
	Calm []BaselineBlock `json:"calm,omitempty"`
}

// A BaselineBlock sums up heartbeats.
type BaselineBlock struct {
	// Hour is when the hour began.
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

// quantile returns ln t for the t that a share p of the block's heartbeats do not exceed.
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

// distribution returns m and σ. Before a block is full, m is at most half of the bound, or half a second where that is
// more.
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

// exceeds says whether an app without load takes longer than the bound, in seconds: in every block of the last day half
// of the heartbeats did. It says so only once a block is full.
func (d *Baseline) exceeds(bound float64) bool {
	for _, c := range d.Calm {
		if float64(c.Median) <= bound {
			return false
		}
	}
	return len(d.Calm) > 0
}
