package decide

import (
	"slices"
	"time"
)

// What imposed a clamp, in the order in which clamps are applied.
const (
	// ClampSchedule: the limits now in force.
	ClampSchedule = "schedule"
	// ClampIneffective: the scale-ups before did not improve the readings.
	ClampIneffective = "ineffective"
	// ClampStabilization: more dynos were desired within the stabilization window.
	ClampStabilization = "stabilization"
	// ClampCooldown: the last change is too recent.
	ClampCooldown = "cooldown"
	// ClampHold: a manual change is kept for a while.
	ClampHold = "hold"
	// ClampPause: this direction is paused.
	ClampPause = "pause"
	// ClampBudget: the month would cost more than the budget.
	ClampBudget = "budget"
	// ClampDeploy: a release is in progress or recent.
	ClampDeploy = "deploy"
	// ClampSize: the size changes instead of the number, or changed recently.
	ClampSize = "size"
	// ClampUnsettled: an earlier change is still in progress.
	ClampUnsettled = "unsettled"
)

// A Clamp is a change of the desired number by a safeguard.
type Clamp struct {
	// By is one of the Clamp constants.
	By string `json:"by"`
	// From and To are the desired number before and after.
	From int `json:"from"`
	To   int `json:"to"`
	// SecondsLeft is the time left in seconds; 0 if it is unknown.
	SecondsLeft float64 `json:"seconds_left,omitempty"`
}

func (d *Decision) clamp(by string, n int, left time.Duration) {
	if n == d.To {
		return
	}
	d.Clamps = append(d.Clamps, Clamp{By: by, From: d.To, To: n, SecondsLeft: left.Seconds()})
	d.To = n
}

// Clamped reports whether by changed the desired number.
func (d Decision) Clamped(by string) bool {
	return slices.ContainsFunc(d.Clamps, func(c Clamp) bool { return c.By == by })
}
