package decide

import "github.com/autoscalebot/autoscalebot/probe"

// A value above 0 is something to do: waiting jobs, requests. A percentage of a machine is never 0, so it does not
// count.
func (r *SignalRule) hasWork(in []probe.Reading) bool {
	for i := range in {
		if in[i].Signal == r.Signal && in[i].Outcome == probe.Answered {
			return in[i].Work > 0 || in[i].Value > 0 && in[i].Unit != "%"
		}
	}
	return false
}

func (p *Policy) judgesWork(r *SignalRule, j *Judged) bool {
	return p.allowsZero && !r.Size && j.Verdict != NoData && !j.obeyed()
}

// If the bot itself sets 0 dynos, a value per dyno is then that of the one to add.
func (p *Policy) divisor(n int) int {
	if n == 0 && p.allowsZero {
		return 1
	}
	return n
}

// Without a dyno, one is added at once if there is something to do, whatever the thresholds and the window.
func (p *Policy) wake(r *SignalRule, j *Judged, st *State, in []probe.Reading, n int) {
	if n == 0 && !st.SwitchedOff && p.judgesWork(r, j) && r.hasWork(in) {
		j.LastDyno, j.Verdict, j.Desired = true, Above, max(j.Desired, r.up(p).of(n))
	}
}

// While there is something to do, the last dyno stays, whatever the thresholds and the heartbeat.
func (p *Policy) keepLast(d *Decision, in []probe.Reading) {
	if d.Desired > 0 || d.From <= 0 {
		return
	}
	for i := range d.Signals {
		if r, j := &p.Rules[i], &d.Signals[i]; p.judgesWork(r, j) && r.hasWork(in) {
			j.LastDyno, d.Desired = true, 1
		}
	}
	if d.Desired == d.From {
		d.Rule = RuleHold
	}
}
