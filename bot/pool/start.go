package pool

import (
	"slices"
	"time"
)

// A server that is gone was counted at the start by mistake, as it was out of the balancer and ending already, and
// the provider did not tell yet.
func (m *memory) uncounts(t *track, now time.Time) bool {
	if t.firstSeen.After(m.began) || now.After(m.counted) || !t.added.IsZero() {
		return false
	}
	m.want = max(0, m.want-1)
	return true
}

// resumeSwap goes on with a replacement that an earlier run began, if it did: then one of the pool's size is half
// made, or the old one is out of the balancer already.
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

// An earlier run began a replacement by a size that is not the pool's any more: the new server is half made, or the
// old one is out of the balancer already, beside one in rotation of another size. It is one more than wanted.
func formerSwap(servers []*tracked) bool {
	out := slices.IndexFunc(servers, func(s *tracked) bool {
		return s.halfMade() || !s.leaving() && (s.stage == stageReady || s.stage == stageChecking)
	})
	return out >= 0 && slices.ContainsFunc(servers, func(s *tracked) bool {
		return s.stage == stageServing && !sameSize(s.Size, servers[out].Size)
	})
}

// firstSize is what the options say. Between several sizes somebody chose before the start: the newest server tells
// which, where it is so young that an exchange may be under way, as no hand has changed it yet; else it is the size
// that most servers have, of two the newer one's.
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
