package decide

import "time"

func (p *Policy) pause(st *State, d *Decision, now time.Time) {
	if on, left := p.paused(st, now, d.To < d.From); on {
		d.clamp(ClampPause, d.From, left)
	}
}

// left is 0 for a pause without an end.
func (p *Policy) paused(st *State, now time.Time, down bool) (on bool, left time.Duration) {
	pause, always := st.Control.Up, p.PauseUp
	if down {
		pause, always = st.Control.Down, p.PauseDown
	}
	if always {
		return true, 0
	}
	return pause.Active(now), max(0, pause.Until.Sub(now))
}
