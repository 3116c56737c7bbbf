package decide

import (
	"slices"
	"time"
)

const (
	// longestBoot is the maximum time after a scale-up during which slow heartbeats do not count. Heroku gives a dyno
	// 60 s to boot; some apps have a limit of 180 s.
	longestBoot = 5 * time.Minute
	// bootsKept is the number of remembered boot times. It is small so that a new release soon outweighs earlier ones.
	bootsKept = 20
)

// BootState is what the policy remembers of the boot times.
type BootState struct {
	// BootSince is the time of the scale-up whose dynos are not all up; zero if all are. Boots are the newest boot
	// times in seconds, newest last.
	BootSince time.Time `json:"boot_since,omitzero"`
	Boots     []float64 `json:"boots,omitempty"`
}

// BootTime returns the learned boot time, the 90th percentile of Boots by the nearest rank; 0 if none is known.
func (s *State) BootTime() time.Duration {
	if len(s.Boots) == 0 {
		return 0
	}
	return time.Duration(nearestRank(s.Boots, 90) * float64(time.Second))
}

// A time of 0 means that the boot was not observed.
func (s *State) booted(took time.Duration) {
	s.BootSince = time.Time{}
	if took > 0 {
		s.Boots = append(slices.Clone(s.Boots[max(0, len(s.Boots)+1-bootsKept):]), took.Seconds())
	}
}

// Booting reports whether dynos added at most 5 minutes ago may not be up yet.
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
