package decide

import "time"

// AsksForRelease says whether a decision depends on the app's newest release, which must then be among the facts from
// which it is taken anew.
func (p Policy) AsksForRelease(d Decision) bool {
	down := d.To < d.From && d.Rule != RuleLimits && d.Rule != RuleOverride
	return p.DeployGrace >= 0 && (down || d.Resizes())
}

// awaitDeploy keeps a scale-down, and another dyno size, waiting while a release is under way or young: its dynos may
// be starting, its caches are cold, and the load of a while ago says little about it.
func (p *Policy) awaitDeploy(st *State, d *Decision, f *Facts) {
	if f.Release == nil || !p.AsksForRelease(*d) {
		return
	}
	if !f.Release.Unknown && !f.Release.Done {
		st.ReleaseSeen = f.Now
	}
	// A release that was long under way is young when it is done, however long ago it was made.
	at := f.Release.At
	if st.ReleaseSeen.After(at) {
		at = st.ReleaseSeen
	}
	left := p.DeployGrace - f.Now.Sub(at)
	switch {
	case !f.Release.Done: // as it may well not be where that is not known
		d.await(ClampDeploy, 0)
	case left > 0:
		d.await(ClampDeploy, left)
	}
}

func (d *Decision) await(by string, left time.Duration) {
	d.clamp(by, d.From, left)
	d.holdSize(by, left)
}
