package adaptive

import "time"

// SmallerCapacity is the most that a dyno of the next smaller size is assumed to serve, as a share of the larger one's
// load.
const SmallerCapacity = 0.5

// Updates the time since which dynos of the next smaller size would have been enough: at most N/k are needed.
//
//	N  dynos there are
//	k  the capacity of a dyno, in dynos of the smaller size
func (m *Model) loosen(l *Load, t *Tick, serving float64) {
	if t.SmallerBy == 0 || t.NoData {
		l.LooseSince, l.LooseTrial = time.Time{}, false
		return
	}
	left := float64(t.Dynos) / t.SmallerBy // what would be left, in dynos of the present size
	by := m.by(l)
	need := l.quantile(m.queueing, by.downQuantile, true)/by.down + l.drain(serving)
	byRouter := m.ByRouter(l, t.Now)
	if byRouter {
		need = max(l.drain(serving), l.Router.ahead(m.routerAim.margin)/(m.routerAim.to*l.Router.Capacity.PerDyno))
	}
	l.LooseTrial = !byRouter && t.Unchanged.Seconds() >= trialFactor*l.HoldTime*SmallerCapacity*t.SmallerBy &&
		l.quantile(m.queueing, 0.5, false) < trialBusy*SmallerCapacity*float64(t.Dynos)
	switch {
	case need > left:
		l.LooseSince = time.Time{}
	case l.LooseSince.IsZero():
		l.LooseSince = t.Now
	}
}

// FitsSmaller says whether dynos of the next smaller size have been enough for the hold time, or are worth a trial.
// Heartbeats that do not wait cannot show how low the load is. The trial comes later if the price suggests a much
// smaller capacity.
func (l *Load) FitsSmaller(now time.Time) bool {
	return l != nil && (l.LooseTrial || !l.LooseSince.IsZero() && now.Sub(l.LooseSince).Seconds() >= l.HoldTime)
}
