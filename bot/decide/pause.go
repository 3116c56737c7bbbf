package decide

import "time"

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
