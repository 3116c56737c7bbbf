package adaptive

import "time"

const (
	// capacityShare is the share of what the dynos can serve that heartbeats may take.
	capacityShare = 0.01
	// calmFraction is how many times as many heartbeats may be taken as are enough where all loads that are likely need
	// the same number of dynos.
	calmFraction = 4
)

// Burst is how many heartbeats the next tick should take, at least 1, given how far apart ticks are and the most that a
// minute may see; and why there are several, "" where there is one.
func (m *Model) Burst(l *Load, interval time.Duration, perMinute int) (n int, why string) {
	if l == nil || !l.sound() {
		return 1, ""
	}
	most := l.affords(m.queueing, interval, perMinute)
	low, high := dynos(l.quantile(m.queueing, 0.1, true)/m.up), dynos(l.quantile(m.queueing, 0.9, true)/m.up)
	switch calm := max(1, most/calmFraction); {
	case most == 1:
		return 1, ""
	case l.Backlog[2] > backlogFrom:
		return most, "the newest one waited"
	case low != high:
		return most, "the load is uncertain"
	case calm > 1:
		return calm, "the load may change between two ticks"
	}
	return 1, ""
}

// affords is how many heartbeats a tick may take:
//
//	n = min(a, capacityShare·60·N/τ) · d
//
//	a  the most that a minute may see
//	N  dynos
//	τ  seconds that a dyno takes for a request on average, all its slots being busy
//	d  minutes from tick to tick
func (l *Load) affords(w *queueing, interval time.Duration, perMinute int) int {
	served := 60 * float64(l.Dynos) / l.scale(w)
	return min(mostBeats, max(1, int(min(float64(perMinute), capacityShare*served)*interval.Minutes())))
}
