package decide

import (
	"cmp"
	"slices"

	"github.com/autoscalebot/autoscalebot/probe"
)

// HeartbeatVerdict is the verdict on the heartbeat at a tick.
type HeartbeatVerdict struct {
	// Verdict is the verdict on the heartbeat, or on the signals without a heartbeat. Reading is the index of that
	// heartbeat, -1 without one.
	Verdict Verdict `json:"verdict"`
	Reading int     `json:"reading"`
	// Run of the newest Of readings had this verdict; Needed call for a change, or for a notice if there is no data. If
	// Of is Needed they must be in a row, and Run is the length of the row, at most 64. All are 0 for ok.
	Run    int `json:"run"`
	Needed int `json:"needed"`
	Of     int `json:"of"`
	// MaxResponseMS and MinResponseMS are the thresholds in milliseconds.
	MaxResponseMS float64 `json:"max_response_ms"`
	MinResponseMS float64 `json:"min_response_ms"`
}

// A HeartbeatRule is the part of a policy that judges the heartbeat.
type HeartbeatRule struct {
	// MaxResponseMS is the upper threshold in milliseconds; a longer response time is slow.
	MaxResponseMS float64
	// MinResponseMS is the lower threshold in milliseconds; a shorter response time is fast.
	MinResponseMS float64
	// Fails is the quorum of slow heartbeats that adds dynos, Passes that of fast ones which removes dynos.
	Fails, Passes Quorum
	// FailOn are the outcomes that count as slow. Every other outcome without an answer is no data.
	FailOn []probe.Outcome
}

// Of several heartbeats at a tick the middle one counts, ordered from the fastest to the slowest and then the failed
// ones. If most have no data, one without data counts. The index is -1 for fewer than two heartbeats, and for a policy
// that counts, since each heartbeat then has its own prober.
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

func speaks(i, middle int) bool { return middle < 0 || i == middle }
