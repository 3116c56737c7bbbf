package decide

import (
	"slices"
	"time"
)

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

func (d *Decision) clamp(by string, n int, left time.Duration) {
	if n == d.To {
		return
	}
	d.Clamps = append(d.Clamps, Clamp{By: by, From: d.To, To: n, SecondsLeft: left.Seconds()})
	d.To = n
}

// Clamped says whether by kept the decision from its wish.
func (d Decision) Clamped(by string) bool {
	return slices.ContainsFunc(d.Clamps, func(c Clamp) bool { return c.By == by })
}
