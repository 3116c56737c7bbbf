package decide

import (
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/schedule"
)

// RuleState is what is remembered of the rules.
type RuleState struct {
	// Signals is what is remembered of the rules' signals, and WindowsSpoke when those with a window could last change
	// anything.
	Signals      []SignalState `json:"signals,omitempty"`
	WindowsSpoke time.Time     `json:"windows_spoke,omitzero"`
	// Breaches is what is remembered of the scaling rules.
	Breaches []BreachState `json:"breaches,omitempty"`
}

// SignalVerdicts are what the rules made of the signals at a tick.
type SignalVerdicts struct {
	// Signals is what the rules made of the signals beside the heartbeat, in their order; nil where there are no rules.
	// ByRules says that these are the metrics of scaling rules, which decide alone: the heartbeat has no say, unless it
	// is one of them.
	Signals []Judged `json:"signals,omitempty"`
	ByRules bool     `json:"by_rules,omitempty"`
	// Breach is the scaling rule that was breached, nil for none.
	Breach *Breached `json:"breach,omitempty"`
}

// Says merges what all readings of the tick say about the number of dynos: slow if the heartbeat is or any signal is
// above its maximum, else blind if any is, fast only if all are, as far as they have a say.
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

// merged is the verdict on a signal in the words of the heartbeat's: slow for one that asks for more dynos, fast for
// fewer.
func (j *Judged) merged() Verdict {
	switch {
	case j.Beyond != nil && j.Beyond.Down, j.Beyond == nil && j.Verdict == Below:
		return Fast
	case j.Beyond != nil, j.Verdict == Above:
		return Slow
	}
	return j.Verdict
}

// weights orders the verdicts: of those of one tick, the last in it prevails.
var weights = []Verdict{Fast, OK, NoData, Slow}

func weight(v Verdict) int { return slices.Index(weights, v) }

func (d *Decision) above() bool {
	return slices.ContainsFunc(d.Signals, func(j Judged) bool { return j.Desired > d.From })
}

// merge takes the wishes of the signals beside the heartbeat's: up as far as any of them says, down only if all of them
// say so, and then no further than the most cautious. A safeguard that is against the evidence of one is not against
// that of the others. It returns whether the heartbeat speaks although more dynos do not help it.
func (p *Policy) merge(st *State, d *Decision, now time.Time, lim schedule.Limits, ineffective bool) bool {
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
		case j.Size: // which has no say in their number
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
		if j := &d.Signals[i]; j.WindowSeconds > 0 && j.Desired != d.From {
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

// Unread says whether there is a signal that is not known, and whether one has not been for long.
func (d *Decision) Unread() (any, long bool) {
	for i := range d.Signals {
		j := &d.Signals[i]
		any = any || j.Verdict == NoData
		long = long || j.Verdict == NoData && j.Run >= j.Needed
	}
	return any, long
}
