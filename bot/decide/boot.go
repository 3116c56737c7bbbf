package decide

import (
	"slices"
	"time"
)

const (
	// longestBoot bounds how long slow answers do not count after an up. Heroku gives a dyno 60 s to boot; some apps
	// have asked for 180.
	longestBoot = 5 * time.Minute
	// bootsKept is how many boot times are remembered, so that a new release soon outweighs those of old ones.
	bootsKept = 20
)

// BootState is what is remembered of how long dynos boot.
type BootState struct {
	// BootSince is when dynos were added that are not all up yet; zero when all are. Boots are the newest boot times
	// that were seen, in seconds, the newest last.
	BootSince time.Time `json:"boot_since,omitzero"`
	Boots     []float64 `json:"boots,omitempty"`
}

// BootTime is the learned boot time: the 90th percentile, by the nearest rank, of the newest ones. 0 while nothing is
// known.
func (s *State) BootTime() time.Duration {
	if len(s.Boots) == 0 {
		return 0
	}
	return time.Duration(nearestRank(s.Boots, 90) * float64(time.Second))
}

// booted notes that the dynos of the last up are there, after they were seen to take so long; 0 where nobody saw.
func (s *State) booted(took time.Duration) {
	s.BootSince = time.Time{}
	if took > 0 {
		s.Boots = append(slices.Clone(s.Boots[max(0, len(s.Boots)+1-bootsKept):]), took.Seconds())
	}
}

// Booting says whether dynos were added so lately that they may not all be up.
func (s *State) Booting(now time.Time) bool {
	return !s.BootSince.IsZero() && now.Sub(s.BootSince) < longestBoot
}

func (p *Policy) boot(st *State, f *Facts) {
	took := f.Now.Sub(st.BootSince)
	switch {
	case st.BootSince.IsZero():
	case !st.Booting(f.Now):
		st.booted(0)
	case f.KnowsUp && f.Up < f.Dynos, took < p.BootTime:
	case f.KnowsUp:
		st.booted(took)
	default:
		st.booted(0)
	}
}

func (p *Policy) watchesBoots(f *Facts) bool { return f.KnowsUp || p.BootTime > 0 }
