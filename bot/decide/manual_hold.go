package decide

import "time"

func (p *Policy) respect(st *State, d *Decision, now time.Time) {
	if left := st.HoldUntil.Sub(now); left > 0 {
		d.clamp(ClampHold, d.From, left)
	}
}
