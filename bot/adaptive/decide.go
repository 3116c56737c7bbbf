package adaptive

import "time"

// A Reason is why a model wants a number of dynos.
type Reason string

// The reasons. None is that nothing calls for another number.
const (
	None Reason = ""
	// MoreLoad and LessLoad: the load needs more dynos, or has needed fewer for long.
	MoreLoad Reason = "more load"
	LessLoad Reason = "less load"
	// SlowRun: heartbeats fail, or are slow, for longer than the load explains.
	SlowRun Reason = "slow run"
	// Enough: something called for another number, and something else for the present one.
	Enough Reason = "enough"
)

// An Answer is the number of dynos that a model wants, why, and the estimate that it comes of.
type Answer struct {
	Dynos    int
	Reason   Reason
	Estimate *Estimate
}

// Decide says how many dynos there should be, given what is known of the load after the tick, and of former weeks: by
// the router's log where there is one, else by the heartbeats; and what the same hour of former days and weeks needed,
// where that is more. It returns what is then known of the weeks.
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
	n, by := t.Dynos, m.by(l)
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
	case t.Now.Sub(t.LastUp) < calmAfterUp || t.Now.Sub(t.Begun) < calmAfterUp || !t.Answered:
	case l.Needs[0].Dynos < n:
		a.Reason, a.Dynos = LessLoad, max(1, l.Needs[0].Dynos, n/2)
	case t.Unchanged.Seconds() >= trialFactor*l.HoldTime && n > 1 &&
		l.quantile(m.queueing, 0.5, false) < trialBusy*float64(n-trial(n)):
		a.Reason, a.Dynos, a.Estimate.Trial = LessLoad, n-trial(n), true
	}
}

// trial is how many of n dynos go on trial at a time.
func trial(n int) int { return max(1, n/10) }

// TakenBack returns the load after a scale-up that took back a scale-down at last, where that is not long ago: then
// fewer dynos must be enough for longer before any is removed again.
func (l *Load) TakenBack(now, last time.Time) *Load {
	if l == nil || last.IsZero() || l.Reversed.Equal(last) || now.Sub(last).Seconds() > reversalWithin*l.HoldTime {
		return l
	}
	next := *l
	next.HoldTime, next.Reversed = min(reversalFactor*l.HoldTime, mostHold.Seconds()), last
	return &next
}
