package decide

import (
	"cmp"
	"slices"

	"github.com/autoscalebot/autoscalebot/probe"
)

// middleBeat is the index of the heartbeat that speaks for all of a tick where several were taken: the one in the middle of those that
// tell of the app, from the fastest to the slowest and then the failed, or one that tells nothing where most do so. It is −1 where
// there are fewer than two, and where the policy counts: then each heartbeat is of another prober.
func (p *Policy) middleBeat(in []probe.Reading) int {
	if p.Adaptive == nil {
		return -1
	}
	n, blind := 0, -1
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
			blind = i
		default:
			telling = append(telling, i)
		}
	}
	if 2*len(telling) < n {
		return blind
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
