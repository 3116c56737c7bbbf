package adaptive

import (
	"slices"
	"time"
)

const (
	// The time that a boot is assumed to take before one was seen.
	firstBoot = time.Minute
	// Limits of the remembered scale-ups: their number and their age.
	startsKept   = 8
	longestStart = 5 * time.Minute
	// A new dyno has no backlog of its own for this long.
	freshFor = 30 * time.Second
)

// Updates the number of dynos. The results estimate how many of them serve, and the share of those that are new.
func (l *Load) serving(t *Tick) (serving, fresh float64) {
	now, n, boot, allUp := t.Now, t.Dynos, t.boot(), !t.Booting
	switch {
	case l.Dynos > 0 && n > l.Dynos:
		l.Starts = append(slices.Clone(l.Starts[max(0, len(l.Starts)+1-startsKept):]),
			Start{At: l.At, Dynos: n - l.Dynos, Reported: !allUp})
	case n < l.Dynos: // the newest leave first
		left := l.Dynos - n
		l.Starts = slices.Clone(l.Starts)
		for k := len(l.Starts) - 1; k >= 0; k-- {
			gone := min(left, l.Starts[k].Dynos)
			l.Starts[k].Dynos -= gone
			left -= gone
		}
	}
	l.Dynos = n
	serving = float64(n)
	kept := make([]Start, 0, len(l.Starts))
	for _, s := range l.Starts {
		age := now.Sub(s.At)
		if s.Dynos == 0 || age > longestStart || age > boot+freshFor {
			continue
		}
		kept = append(kept, s)
		up := s.up(age, boot, allUp)
		serving -= float64(s.Dynos) * (1 - up)
		fresh += float64(s.Dynos) * up
	}
	if l.Starts = kept; len(kept) == 0 {
		l.Starts = nil
	}
	serving = max(1, serving)
	return serving, min(0.9, fresh/serving)
}

// The share of a start's dynos that serve. A boot takes any time from a third of the longest one:
//
//	up = (a − b/3) / (2b/3), from 0 to 1
//
//	a  the age of the start
//	b  the longest boot
func (s Start) up(age, boot time.Duration, allUp bool) float64 {
	up := min(1, max(0, (age.Seconds()-boot.Seconds()/3)/(boot.Seconds()*2/3)))
	switch {
	case s.Reported && allUp:
		return 1
	case s.Reported:
		return min(up, 0.9)
	}
	return up
}
