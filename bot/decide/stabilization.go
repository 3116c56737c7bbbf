package decide

import "time"

func (p *Policy) noteDesired(st *State, now time.Time, n int) {
	if p.Stabilization <= 0 {
		st.Desired = nil
		return
	}
	st.Desired = st.Desired.Note(now, n, p.Stabilization)
}

// stabilize keeps a down from going below the highest number wished for within the window, or from going at all before
// a whole window was seen. The idea is that of the Kubernetes HorizontalPodAutoscaler's stabilization window.
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
