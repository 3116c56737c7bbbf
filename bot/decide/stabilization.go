package decide

import "time"

func (p *Policy) noteDesired(st *State, now time.Time, n int) {
	if p.Stabilization <= 0 {
		st.Desired = nil
		return
	}
	st.Desired = st.Desired.Note(now, n, p.Stabilization)
}

// A scale-down does not go below the highest number desired within the window, and waits for the first whole window.
// The idea is from the Kubernetes HorizontalPodAutoscaler.
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
