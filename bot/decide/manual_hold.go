package decide

import "time"

// respect leaves a number alone that somebody has set by hand.
func (p *Policy) respect(st *State, d *Decision, now time.Time) {
	if left := st.HoldUntil.Sub(now); left > 0 {
		d.clamp(ClampHold, d.From, left)
	}
}
