package decide

import "time"

// AsksForRelease reports whether the decision depends on the app's newest release. If so, decide again with
// [Facts.Release].
func (p Policy) AsksForRelease(d Decision) bool {
	down := d.To < d.From && d.Rule != RuleLimits && d.Rule != RuleOverride
	return p.DeployGrace >= 0 && (down || d.Resizes())
}

// During a release, and for a while after it, dynos may be starting and caches are cold, so the earlier load says
// little.
func (p *Policy) awaitDeploy(st *State, d *Decision, f *Facts) {
	if f.Release == nil || !p.AsksForRelease(*d) {
		return
	}
	if !f.Release.Unknown && !f.Release.Done {
		st.ReleaseSeen = f.Now
	}
	// The grace period starts when the release is done, not when it was created.
	at := f.Release.At
	if st.ReleaseSeen.After(at) {
		at = st.ReleaseSeen
	}
	left := p.DeployGrace - f.Now.Sub(at)
	switch {
	case !f.Release.Done: // which an unknown release may not be
		d.await(ClampDeploy, 0)
	case left > 0:
		d.await(ClampDeploy, left)
	}
}

func (d *Decision) await(by string, left time.Duration) {
	d.clamp(by, d.From, left)
	d.holdSize(by, left)
}
