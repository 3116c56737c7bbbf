package adaptive

import "time"

// SmallerCapacity is the share of its load that a dyno of the next smaller size is taken to bear at the most.
const SmallerCapacity = 0.5

// loosen notes since when dynos of the next smaller size would have done all along: those that are needed are no more
// than N/k.
//
//	N  dynos there are
//	k  how many times as much each bears as one of the smaller size
func (m *Model) loosen(l *Load, t *Tick, serving float64) {
	if t.SmallerBy == 0 || t.NoData {
		l.LooseSince, l.LooseTrial = time.Time{}, false
		return
	}
	left := float64(t.Dynos) / t.SmallerBy // what there will be, in dynos of the present size
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

// FitsSmaller says whether dynos of the next smaller size have been enough for long, or are worth a trial. As with
// fewer dynos, heartbeats that do not wait cannot tell how low the load is. A trial takes longer where their price says
// that they bear far less.
func (l *Load) FitsSmaller(now time.Time) bool {
	return l != nil && (l.LooseTrial || !l.LooseSince.IsZero() && now.Sub(l.LooseSince).Seconds() >= l.HoldTime)
}
