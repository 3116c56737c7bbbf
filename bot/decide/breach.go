package decide

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

// A BreachRule is a scaling rule of Cloud Foundry's open-source App Autoscaler, with its semantics. The first rule in
// the list whose threshold was breached during its whole breach time decides. Nothing changes until its cooldown ends.
// A policy with such rules ignores everything else.
//
// The semantics follow the documentation of its policies, and its event generator (cloudfoundry/app-autoscaler).
type BreachRule struct {
	// Metric is the rule's name for its value. Signal is the name of the readings, "" for the same name. PerDyno
	// divides the value by the number of dynos.
	Metric, Signal string
	PerDyno        bool
	// Operator is <, >, <= or >=. The value breaches the rule if "value Operator Threshold" is true.
	Operator  string
	Threshold float64
	// Step is the size of a change; Down removes dynos. With a share, the new number is rounded to the nearest integer,
	// half up, and differs by at least 1.
	Step Step
	Down bool
	// Breach is the time during which every reading must breach the threshold. Cooldown is the time without changes
	// after a change by this rule.
	Breach, Cooldown time.Duration
}

// String names the rule: "responsetime > 500 for 120 s".
func (r *BreachRule) String() string {
	return fmt.Sprintf("%s %s %g for %g s", r.Metric, r.Operator, r.Threshold, r.Breach.Seconds())
}

// A Breached is the rule whose threshold was breached.
type Breached struct {
	Metric    string  `json:"metric"`
	Operator  string  `json:"operator"`
	Threshold float64 `json:"threshold"`
	Unit      string  `json:"unit,omitempty"`
	Seconds   float64 `json:"seconds"`
	// Down: the rule removes dynos.
	Down bool `json:"down,omitempty"`
}

func (p *Policy) senseBreaches(st *State, d *Decision, now time.Time, in []probe.Reading) {
	if d.ByRules = len(p.Breaches) > 0; !d.ByRules {
		st.Breaches = nil
		return
	}
	st.Breaches = p.sample(st, now, in, d.From)
	for i := range p.Breaches {
		if r := &p.Breaches[i]; !r.Down {
			st.ask(r.String(), now, r.breached(st.breach(r), now), false)
		}
	}
	d.Signals = nil
	for i := range p.Breaches {
		if p.firstOn(p.Breaches[i].Metric) == i {
			d.Signals = append(d.Signals, p.judgeMetric(st, &p.Breaches[i], now, in, d.From))
		}
	}
}

func (p *Policy) judgeMetric(st *State, first *BreachRule, now time.Time, in []probe.Reading, n int) Judged {
	j := Judged{Rule: first.Metric, Desired: n, Verdict: OK}
	j.Value, j.Unit, j.Error = first.value(in, n)
	for i := range p.Breaches {
		r := &p.Breaches[i]
		if r.Metric != first.Metric {
			continue
		}
		threshold := r.Threshold
		switch above := r.Operator[0] == '>'; {
		case above && (j.Max == nil || threshold < *j.Max):
			j.Max = &threshold
		case !above && (j.Min == nil || threshold > *j.Min):
			j.Min = &threshold
		}
		s := st.breach(r)
		if breached := r.breached(s, now); j.Error == "" && r.beyond(j.Value) &&
			(j.Beyond == nil || breached && j.Desired == n) {
			j.beyond(r, s, now)
			if breached {
				j.Desired = r.next(n)
			}
		}
	}
	if j.Error != "" {
		j.Verdict, j.Value, j.Run, j.Needed, j.Of = NoData, 0, st.breach(first).NoData, p.Fails.N, p.Fails.N
	}
	return j
}

func (j *Judged) beyond(r *BreachRule, s BreachState, now time.Time) {
	j.Beyond = &Breached{r.Metric, r.Operator, r.Threshold, j.Unit, r.Breach.Seconds(), r.Down}
	j.Verdict = Below
	if r.Operator[0] == '>' {
		j.Verdict = Above
	}
	j.BeyondSeconds = min(now.Sub(s.Since), r.Breach).Seconds()
}

func (p *Policy) firstOn(metric string) int {
	return slices.IndexFunc(p.Breaches, func(r BreachRule) bool { return r.Metric == metric })
}

func (p *Policy) breach(st *State, d *Decision, now time.Time, in []probe.Reading) {
	for i := range p.Breaches {
		r := &p.Breaches[i]
		if !r.breached(st.breach(r), now) {
			continue
		}
		_, unit, _ := r.value(in, d.From)
		d.Breach = &Breached{r.Metric, r.Operator, r.Threshold, unit, r.Breach.Seconds(), r.Down}
		d.Rule, d.Desired = RuleBreach, r.next(d.From)
		if !r.Down {
			d.Evidence = st.evidence(r.String(), now)
			d.Evidence.AgainSeconds = r.Breach.Seconds()
		}
		st.CoolSeconds = r.Cooldown.Seconds()
		return
	}
	switch unknown, _ := d.Unread(); {
	case d.Rule == RuleMaintenance:
	case unknown:
		d.Rule = RuleNoData
	default:
		d.Rule = RuleHold
	}
}

// The result is 0 or more. For a share it is the formula of App Autoscaler's scaling engine, with its floating-point
// rounding: 90 % off 5 leaves 0.
func (r *BreachRule) next(n int) int {
	sign := 1
	if r.Down {
		sign = -1
	}
	if r.Step.Percent == 0 {
		return max(0, n+sign*r.Step.of(n))
	}
	// The conversion keeps the compiler from fusing the product with the sum.
	left := float64(float64(n) * (1 + float64(sign)*r.Step.Percent/100))
	to := int(left + 0.5)
	if to == n {
		to += sign
	}
	return max(0, to)
}

func (r *BreachRule) value(in []probe.Reading, n int) (value float64, unit, why string) {
	return (&SignalRule{Signal: cmp.Or(r.Signal, r.Metric), PerDyno: r.PerDyno}).value(in, n)
}

// A BreachState is what the policy remembers of a scaling rule. Two times are enough, whatever the number of readings.
type BreachState struct {
	// Rule is [BreachRule.String].
	Rule string `json:"rule"`
	// Quiet is the time of the newest reading that did not breach the threshold or had no data; of the first reading if
	// all breached it.
	Quiet time.Time `json:"quiet"`
	// Since is the time of the first reading of the present breach; zero without one.
	Since time.Time `json:"since,omitzero"`
	// NoData is the number of readings in a row without data.
	NoData int `json:"no_data,omitempty"`
}

func (p *Policy) sample(st *State, now time.Time, in []probe.Reading, n int) []BreachState {
	next := make([]BreachState, len(p.Breaches))
	for i := range p.Breaches {
		r := &p.Breaches[i]
		value, _, why := r.value(in, n)
		next[i] = st.breach(r)
		next[i].take(now, why == "" && r.beyond(value), why != "")
	}
	return next
}

func (s *BreachState) take(now time.Time, beyond, blank bool) {
	if !beyond || s.Quiet.IsZero() {
		s.Quiet = now
	}
	switch {
	case !beyond:
		s.Since = time.Time{}
	case s.Since.IsZero():
		s.Since = now
	}
	if s.NoData++; !blank {
		s.NoData = 0
	}
}

func (s *State) breach(r *BreachRule) BreachState {
	rule := r.String()
	for _, b := range s.Breaches {
		if b.Rule == rule {
			return b
		}
	}
	return BreachState{Rule: rule}
}

// The oldest reading must be older than the breach time.
func (r *BreachRule) breached(s BreachState, now time.Time) bool {
	return !s.Quiet.IsZero() && !s.Quiet.After(now.Add(-r.Breach))
}

func (r *BreachRule) beyond(value float64) bool {
	switch r.Operator {
	case "<":
		return value < r.Threshold
	case "<=":
		return value <= r.Threshold
	case ">":
		return value > r.Threshold
	case ">=":
		return value >= r.Threshold
	}
	return false
}
