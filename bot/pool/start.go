package pool

import (
	"slices"
	"time"
)

// A server that is now gone was counted at the start by mistake: it was already out of the balancer and ending, and the
// provider did not report that yet.
func (m *memory) uncounts(t *track, now time.Time) bool {
	if t.firstSeen.After(m.began) || now.After(m.counted) || !t.added.IsZero() {
		return false
	}
	m.want = max(0, m.want-1)
	return true
}

// Continues a replacement that an earlier run began. Its signs: a server of the pool's size is unfinished, or the old
// server is already out of the balancer.
func (m *memory) resumeSwap(servers []*tracked) bool {
	made := slices.ContainsFunc(servers, func(s *tracked) bool { return s.halfMade() && sameSize(s.Size, m.size) })
	old := slices.IndexFunc(servers, func(s *tracked) bool {
		return s.stays() && !sameSize(s.Size, m.size) &&
			(s.stage == stageServing && made || s.stage == stageReady || s.stage == stageChecking)
	})
	if old < 0 {
		return false
	}
	m.swap = swap{servers[old].ID, outsized}
	return true
}

// An earlier run began a replacement with a size that is no longer the pool's. The new server is unfinished, or the old
// one is out of the balancer, next to a serving one of another size. It is one more than desired.
func formerSwap(servers []*tracked) bool {
	out := slices.IndexFunc(servers, func(s *tracked) bool {
		return s.halfMade() || !s.leaving() && (s.stage == stageReady || s.stage == stageChecking)
	})
	return out >= 0 && slices.ContainsFunc(servers, func(s *tracked) bool {
		return s.stage == stageServing && !sameSize(s.Size, servers[out].Size)
	})
}

// With several sizes, somebody chose one before the start. If the newest server is so young that a replacement may be
// under way, its size is the choice. Otherwise the size of most servers is, and in a tie that of the newer one.
func firstSize(servers []*tracked, o *Options, now time.Time) string {
	if len(o.Sizes) < 2 {
		return o.Size
	}
	votes, best := map[string]int{}, o.Size
	for _, s := range servers {
		of, known := FindSize(o.Sizes, s.Size)
		if !known || s.leaving() {
			continue
		}
		votes[of.Name]++
		if votes[of.Name] >= votes[best] || s.halfMade() || now.Sub(s.Created) <= o.oldestHalfMade() {
			best = of.Name
		}
	}
	return best
}
