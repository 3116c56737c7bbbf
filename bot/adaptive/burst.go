package adaptive

import "time"

const (
	// The share of the dynos' capacity that heartbeats may take.
	capacityShare = 0.01
	// If every likely load needs the same number of dynos, this fraction of the heartbeats is enough.
	calmFraction = 4
)

// Burst returns how many heartbeats to send at the next tick, at least 1, from the interval between ticks and the
// maximum a minute. why is the reason for several, "" for one.
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
		return most, "the last one waited"
	case low != high:
		return most, "the load is uncertain"
	case calm > 1:
		return calm, "the load may change between two ticks"
	}
	return 1, ""
}

// The heartbeats that a tick may take:
//
//	n = min(a, capacityShare·60·N/τ) · d
//
//	a  the maximum a minute
//	N  dynos
//	τ  mean seconds a request if all slots of a dyno are busy
//	d  minutes between ticks
func (l *Load) affords(w *queueing, interval time.Duration, perMinute int) int {
	served := 60 * float64(l.Dynos) / l.scale(w)
	return min(mostBeats, max(1, int(min(float64(perMinute), capacityShare*served)*interval.Minutes())))
}
