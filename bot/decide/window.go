package decide

import "math/bits"

// A Window is one bit for each of the newest 64 readings, the newest in the lowest bit.
type Window uint64

func (w Window) push(hit bool) Window {
	w <<= 1
	if hit {
		w |= 1
	}
	return w
}

func (w Window) hits(m int) int { return bits.OnesCount64(uint64(w) & (1<<m - 1)) }

func (w Window) run() int { return bits.TrailingZeros64(^uint64(w)) }

// RunState is what the policy remembers of the heartbeats.
type RunState struct {
	// Slow and Fast are the heartbeats with these verdicts since the number of dynos changed, without those that have
	// no data.
	Slow Window `json:"slow"`
	Fast Window `json:"fast"`
	// Level sums up the readings since then. ScaleUps is the row of scale-ups that have not improved them; nil for
	// none.
	Level    Level     `json:"level,omitzero"`
	ScaleUps *ScaleUps `json:"scale_ups,omitempty"`
	// NoData is the number of ticks in a row without data.
	NoData int `json:"no_data"`
}

// A Quorum is N of the newest M readings. If N is M, they must be in a row.
type Quorum struct {
	// N is at least 1. M is at least N, at most 64.
	N, M int
}

// InARow returns a quorum of n readings in a row.
func InARow(n int) Quorum { return Quorum{n, n} }

func (q Quorum) reached(w Window) bool { return w.hits(q.M) >= q.N }

// A quorum that was reached stands while M−N more readings can be misses.
func (q Quorum) stands(w Window) bool {
	for k := range q.M - q.N + 1 {
		if q.reached(w >> k) {
			return true
		}
	}
	return false
}

func (q Quorum) progress(w Window) int {
	if q.N == q.M {
		return w.run()
	}
	return w.hits(q.M)
}
