package decide

import (
	"cmp"
	"slices"

	"github.com/autoscalebot/autoscalebot/probe"
)

// HeartbeatVerdict is what the heartbeat says at a tick.
type HeartbeatVerdict struct {
	// Verdict is what the heartbeat says, and without one what the signals say; Reading is the index of the heartbeat
	// that said it, -1 when there was none.
	Verdict Verdict `json:"verdict"`
	Reading int     `json:"reading"`
	// Run is how many of the newest Of readings had this verdict, Needed how many call for a change (or, if blind, for
	// a notice). Where Of is Needed they must be in a row, and Run is the length of the row, counted up to 64. All are
	// 0 for a right one.
	Run    int `json:"run"`
	Needed int `json:"needed"`
	Of     int `json:"of"`
	// MaxResponseMS and MinResponseMS are the bounds that were used, in milliseconds.
	MaxResponseMS float64 `json:"max_response_ms"`
	MinResponseMS float64 `json:"min_response_ms"`
}

// A HeartbeatRule is the part of a policy that judges the heartbeat.
type HeartbeatRule struct {
	// MaxResponseMS is the longest right response time in milliseconds; a longer one is slow.
	MaxResponseMS float64
	// MinResponseMS is the shortest right response time in milliseconds; a shorter one is fast.
	MinResponseMS float64
	// Fails is how many slow readings add dynos, Passes how many fast ones remove dynos.
	Fails, Passes Quorum
	// FailOn lists the outcomes that count as slow. Every other outcome but an answer is no data: it moves nothing.
	FailOn []probe.Outcome
}

// middleBeat is the index of the heartbeat that speaks for all of a tick where several were taken: the one in the
// middle of those that tell of the app, from the fastest to the slowest and then the failed, or one that tells nothing
// where most do so. It is −1 where there are fewer than two, and where the policy counts: then each heartbeat is of
// another prober.
func (p *Policy) middleBeat(in []probe.Reading) int {
	if p.Adaptive == nil {
		return -1
	}
	n, without := 0, -1
	for i := range in {
		if in[i].IsHeartbeat() {
			n++
		}
	}
	if n < 2 {
		return -1
	}
	telling := make([]int, 0, n)
	for i := range in {
		switch {
		case !in[i].IsHeartbeat():
		case p.verdict(&in[i]) == NoData:
			without = i
		default:
			telling = append(telling, i)
		}
	}
	if 2*len(telling) < n {
		return without
	}
	slices.SortStableFunc(telling, func(i, j int) int {
		a, b := &in[i], &in[j]
		if failed := a.Outcome != probe.Answered; failed != (b.Outcome != probe.Answered) {
			if failed {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.Value, b.Value)
	})
	return telling[(len(telling)-1)/2]
}

// speaks says whether heartbeat i counts, given the one in the middle of several.
func speaks(i, middle int) bool { return middle < 0 || i == middle }
