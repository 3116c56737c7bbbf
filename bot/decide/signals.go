package decide

import (
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// RuleState is what the policy remembers of the rules.
type RuleState struct {
	// Signals is the state of the rules' signals. WindowsSpoke is the last time at which rules with a window could
	// decide.
	Signals      []SignalState `json:"signals,omitempty"`
	WindowsSpoke time.Time     `json:"windows_spoke,omitzero"`
	// Breaches is the state of the scaling rules.
	Breaches []BreachState `json:"breaches,omitempty"`
}

// SignalVerdicts are the judgments on the signals at a tick.
type SignalVerdicts struct {
	// Signals are the judgments on the signals other than the heartbeat, in the order of the rules; nil without rules.
	// ByRules: they are the metrics of scaling rules, which decide alone. The heartbeat then matters only as such a
	// metric.
	Signals []Judged `json:"signals,omitempty"`
	ByRules bool     `json:"by_rules,omitempty"`
	// Breach is the scaling rule that was breached; nil for none.
	Breach *Breached `json:"breach,omitempty"`
}

// Says merges the readings of the tick: slow if the heartbeat is slow or a signal is above its upper threshold,
// otherwise no data if any lacks data, and fast only if all with a say are.
func (d *Decision) Says() Verdict {
	switch {
	case len(d.Signals) == 0:
		return d.Verdict
	case d.Breach != nil && d.Desired > d.From:
		return Slow
	case d.Breach != nil && d.Desired < d.From:
		return Fast
	}
	says := Verdict("")
	if d.Reading >= 0 && !d.ByRules {
		says = d.Verdict
	}
	for i := range d.Signals {
		j := &d.Signals[i]
		if v := j.merged(); !j.Size && !j.free() && weight(v) > weight(says) {
			says = v
		}
	}
	if says == "" {
		return OK
	}
	return says
}

func (j *Judged) merged() Verdict {
	switch {
	case j.Beyond != nil && j.Beyond.Down, j.Beyond == nil && j.Verdict == Below:
		return Fast
	case j.Beyond != nil, j.Verdict == Above:
		return Slow
	}
	return j.Verdict
}

// Of the verdicts of one tick, the last in this order prevails.
var weights = []Verdict{Fast, OK, NoData, Slow}

func weight(v Verdict) int { return slices.Index(weights, v) }

func (d *Decision) above() bool {
	return slices.ContainsFunc(d.Signals, func(j Judged) bool { return j.Desired > d.From })
}

// Any signal can scale up, as far as it asks. All must agree to scale down, and then the most cautious decides how far.
// A safeguard against the evidence of one signal is not against that of another. The result is whether the heartbeat
// asks although more dynos do not help it.
func (p *Policy) merge(
	st *State, d *Decision, now time.Time, in []probe.Reading, lim schedule.Limits, ineffective bool,
) bool {
	if len(d.Signals) == 0 {
		return ineffective
	}
	p.wait(st, d, now)
	heard := request{d.Rule, d.Desired, d.Evidence, ineffective || !p.affords(d, lim.Clamp(d.Desired), d.Evidence)}
	n, heart := d.From, d.Reading >= 0
	all, lowest, signals := !heart || d.Desired < n, 0, false
	if heart && d.Desired < n {
		lowest = d.Desired
	}
	for i := range d.Signals {
		switch j := &d.Signals[i]; {
		case j.Size: // it has no say in the number
		case j.Desired > n:
			all = false
			e := p.Rules[i].evidence(st, j, now)
			if more := (request{RuleAbove, j.Desired, e, !p.affords(d, lim.Clamp(j.Desired), e)}); d.Desired <= n ||
				more.prevails(heard) {
				heard, ineffective = more, false
				d.Rule, d.Desired, d.Evidence = more.rule, more.desired, more.evidence
			}
		case j.Desired < n:
			lowest, signals = max(lowest, j.Desired), true
		case !j.free():
			all = false
		}
	}
	switch {
	case d.Desired > n:
	case all && signals:
		d.Rule, d.Desired = RuleBelow, lowest
	case !all && d.Desired < n:
		d.Rule, d.Desired = RuleHold, n
	}
	p.keepLast(d, in)
	return ineffective
}

func (p *Policy) wait(st *State, d *Decision, now time.Time) {
	if p.DecideEvery <= 0 {
		return
	}
	left := p.DecideEvery - now.Sub(st.WindowsSpoke)
	if left <= 0 {
		st.WindowsSpoke = now
		return
	}
	for i := range d.Signals {
		if j := &d.Signals[i]; j.WindowSeconds > 0 && j.Desired != d.From && !j.LastDyno {
			j.Desired, j.WaitSeconds = d.From, left.Seconds()
		}
	}
}

func (s *State) restartSignals() {
	if len(s.Signals) == 0 {
		return
	}
	next := make([]SignalState, len(s.Signals))
	for i, k := range s.Signals {
		next[i] = SignalState{Rule: k.Rule, NoData: k.NoData}
	}
	s.Signals = next
}

// Unread reports whether a signal has no data, and whether one has had none for long.
func (d *Decision) Unread() (any, long bool) {
	for i := range d.Signals {
		j := &d.Signals[i]
		any = any || j.Verdict == NoData
		long = long || j.Verdict == NoData && j.Run >= j.Needed
	}
	return any, long
}
