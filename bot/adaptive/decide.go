package adaptive

import "time"

// A Reason is why a model asks for a number of dynos.
type Reason string

// The reasons. None: nothing calls for another number.
const (
	None Reason = ""
	// MoreLoad, LessLoad: the load needs more dynos, or has needed fewer for the hold time.
	MoreLoad Reason = "more load"
	LessLoad Reason = "less load"
	// SlowRun: heartbeats fail, or are slow for longer than the load explains.
	SlowRun Reason = "slow run"
	// Enough: one thing calls for another number, and another for the present one.
	Enough Reason = "enough"
)

// An Answer is the number of dynos that a model asks for, the reason, and the estimate behind it.
type Answer struct {
	Dynos    int
	Reason   Reason
	Estimate *Estimate
}

// Decide returns the number of dynos that the load needs after a tick. It follows the router's log if there is one,
// else the heartbeats, and raises the number to what the same hour of former days and weeks needed. The Weeks it
// returns include this tick.
func (m *Model) Decide(l *Load, e Estimate, w *Weeks, t Tick) (*Weeks, Answer) {
	a := Answer{Dynos: t.Dynos, Estimate: &e}
	if m.ByRouter(l, t.Now) {
		m.decideByRouter(l, &t, &a)
	} else {
		m.decideByBeats(l, &t, &a)
	}
	return w.expect(&t, &a), a
}

func (m *Model) decideByBeats(l *Load, t *Tick, a *Answer) {
	n, by, calm := t.Dynos, m.by(l), m.hastened(calmAfterUp)
	drain := l.drain(float64(n))
	trigger := l.quantile(m.queueing, by.upQuantile, true)/by.up + drain
	switch {
	case t.NoData:
	case trigger > float64(n):
		quantile := by.upQuantile
		if drain > 0 {
			quantile = backlogQuantile
		}
		a.Reason = MoreLoad
		a.Dynos = min(m.leap(l, n), max(n+1, dynos(l.quantile(m.queueing, quantile, true)/by.to+drain)))
		a.Estimate.Need = max(a.Estimate.Need, a.Dynos)
	case l.Late >= t.Fails && !t.Booting, t.Failing:
		a.Reason, a.Dynos = SlowRun, n+t.Step
	case t.Now.Sub(t.LastUp) < calm || t.Now.Sub(t.Begun) < calm || !t.Answered:
	case l.Needs[0].Dynos < n:
		a.Reason, a.Dynos = LessLoad, max(1, l.Needs[0].Dynos, n/2)
	case t.Unchanged.Seconds() >= trialFactor*l.HoldTime && n > 1 &&
		l.quantile(m.queueing, 0.5, false) < trialBusy*float64(n-trial(n)):
		a.Reason, a.Dynos, a.Estimate.Trial = LessLoad, n-trial(n), true
	}
}

// The number of dynos, of n, that the bot tries to do without.
func trial(n int) int { return max(1, n/10) }

// TakenBack returns the load after a scale-up. last is the time of the newest scale-down. If that is recent, the hold
// time grows.
func (l *Load) TakenBack(now, last time.Time) *Load {
	if l == nil || last.IsZero() || l.Reversed.Equal(last) || now.Sub(last).Seconds() > reversalWithin*l.HoldTime {
		return l
	}
	next := *l
	next.HoldTime, next.Reversed = min(reversalFactor*l.HoldTime, mostHold.Seconds()), last
	return &next
}
