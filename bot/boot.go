package bot

import (
	"slices"
	"time"
)

const (
	// longestBoot bounds how long slow answers do not count after an up. Heroku gives a dyno 60 s to boot; some apps have
	// asked for 180.
	longestBoot = 5 * time.Minute
	// bootsKept is how many boot times are remembered, so that a new release soon outweighs those of old ones.
	bootsKept = 20
)

// BootTime is the learned boot time: the 90th percentile, by the nearest rank, of the newest ones. 0 while nothing is known.
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

// boot asks the platform whether the dynos of the last up are there yet.
func (b *Bot) boot(a asking, now time.Time, n int) {
	if b.state.BootSince.IsZero() {
		return
	}
	took := now.Sub(b.state.BootSince)
	if took >= longestBoot {
		b.state.booted(0)
		return
	}
	seen := time.Duration(0)
	if b.ups != nil {
		up, err := ask(a, "up", b.ups.Up)
		if err != nil || up < n {
			return
		}
		seen = took
	}
	if took >= b.o.BootTime {
		b.state.booted(seen)
	}
}
