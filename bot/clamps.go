package bot

import "time"

// What a clamp was imposed by, in the order in which clamps are applied.
const (
	// ClampSchedule: the limits of this hour.
	ClampSchedule = "schedule"
	// ClampIneffective: the ups before it did not improve the readings.
	ClampIneffective = "ineffective"
	// ClampStabilization: more dynos were wished for within the stabilization window.
	ClampStabilization = "stabilization"
	// ClampCooldown: too soon after the last change.
	ClampCooldown = "cooldown"
	// ClampHold: somebody set the number by hand, and it is left alone for a while.
	ClampHold = "hold"
	// ClampPause: somebody paused changes in this direction.
	ClampPause = "pause"
	// ClampBudget: the month would cost more than it may.
	ClampBudget = "budget"
	// ClampDeploy: a release is under way or young.
	ClampDeploy = "deploy"
	// ClampSize: the size changes in the place of the number, or did not long ago.
	ClampSize = "size"
	// ClampUnsettled: an earlier change is still under way on the platform.
	ClampUnsettled = "unsettled"
)

// A Clamp says that something kept a decision from its wish.
type Clamp struct {
	// By names what it was.
	By string `json:"by"`
	// From and To are the number of dynos wanted before and after it spoke.
	From int `json:"from"`
	To   int `json:"to"`
	// SecondsLeft is how long it lasts yet, in seconds; 0 where that is not known.
	SecondsLeft float64 `json:"seconds_left,omitempty"`
}

// clamp moves the decision to n on behalf of by, and notes it if that changes anything.
func (d *Decision) clamp(by string, n int, left time.Duration) {
	if n == d.To {
		return
	}
	d.Clamps = append(d.Clamps, Clamp{By: by, From: d.To, To: n, SecondsLeft: left.Seconds()})
	d.To = n
}

// clamped says whether by kept the decision from its wish.
func (d Decision) clamped(by string) bool {
	for _, c := range d.Clamps {
		if c.By == by {
			return true
		}
	}
	return false
}

// noteDesired remembers the number of dynos that a rule asked for as long as the stabilization window is.
func (p *Policy) noteDesired(st *State, now time.Time, n int) {
	if p.Stabilization <= 0 {
		st.Desired = nil
		return
	}
	st.Desired = st.Desired.Note(now, n, p.Stabilization)
}

// stabilize keeps a down from going below the highest number wished for within the window, or from going at all before a
// whole window was seen. The idea is that of the Kubernetes HorizontalPodAutoscaler's stabilization window.
func (p *Policy) stabilize(st *State, d *Decision, now time.Time) {
	if p.Stabilization <= 0 || d.To >= d.From || d.Rule == RuleIneffective {
		return
	}
	if unseen := p.Stabilization - now.Sub(st.Begun); unseen > 0 {
		d.clamp(ClampStabilization, d.From, unseen)
		return
	}
	if highest := st.Desired[0]; highest.Dynos > d.To {
		d.clamp(ClampStabilization, min(d.From, highest.Dynos), p.Stabilization-now.Sub(highest.Time))
	}
}

// cool keeps a change from following too soon on another.
func (p *Policy) cool(st *State, d *Decision, now time.Time) {
	up, down := p.Cooldowns(st, now)
	left := up
	switch {
	case d.Rule == RuleBreach:
		left = st.CoolUntil.Sub(now)
	case d.To < d.From:
		left = down
	}
	if left > 0 {
		d.clamp(ClampCooldown, d.From, left)
	}
}

// Cooldowns returns how long the next up and the next down must wait yet, 0 for not at all. An up waits only for an earlier up,
// so it may interrupt the cooldown of a down.
func (p *Policy) Cooldowns(st *State, now time.Time) (up, down time.Duration) {
	return max(0, p.CooldownUp-now.Sub(st.LastUp)), max(0, p.CooldownDown-now.Sub(st.changed()))
}

// respect leaves a number alone that somebody has set by hand.
func (p *Policy) respect(st *State, d *Decision, now time.Time) {
	if left := st.HoldUntil.Sub(now); left > 0 {
		d.clamp(ClampHold, d.From, left)
	}
}

// pause keeps from a change that somebody paused, in the running bot or in the settings.
func (p *Policy) pause(st *State, d *Decision, now time.Time) {
	pause, always := st.Control.Up, p.PauseUp
	if d.To < d.From {
		pause, always = st.Control.Down, p.PauseDown
	}
	switch {
	case always:
		d.clamp(ClampPause, d.From, 0)
	case pause.Active(now):
		d.clamp(ClampPause, d.From, max(0, pause.Until.Sub(now)))
	}
}
