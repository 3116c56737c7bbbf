package decide

import "math/bits"

// A Window remembers for the newest 64 readings whether each was of a kind, the newest in the lowest bit.
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

// RunState is what is remembered of the heartbeats.
type RunState struct {
	// Slow and Fast remember the readings with these verdicts since the number of dynos changed. One without data
	// leaves no mark.
	Slow Window `json:"slow"`
	Fast Window `json:"fast"`
	// Level sums up the readings since then. ScaleUps is a row of scale-ups that have not improved them yet, nil for
	// none.
	Level    Level     `json:"level,omitzero"`
	ScaleUps *ScaleUps `json:"scale_ups,omitempty"`
	// NoData counts the ticks without data in a row.
	NoData int `json:"no_data"`
}

// A Quorum is N readings of the newest M; N in a row where both are the same.
type Quorum struct {
	// N is at least 1, M at least N and at most 64.
	N, M int
}

// InARow is a quorum of n readings in a row.
func InARow(n int) Quorum { return Quorum{n, n} }

func (q Quorum) reached(w Window) bool { return w.hits(q.M) >= q.N }

// stands says whether w has the quorum, or had it no more readings ago than the quorum has misses to spare.
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
