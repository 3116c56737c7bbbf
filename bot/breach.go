package bot

import (
	"cmp"
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

// A BreachRule is a scaling rule of Cloud Foundry's open-source App Autoscaler, by its own semantics: the rules are asked in their
// order, and the first whose threshold has been breached all along decides; then nothing changes until its cool-down is over.
// A policy with such rules goes by nothing else.
//
// The source of the semantics is the project's policy documentation and its event generator (cloudfoundry/app-autoscaler).
type BreachRule struct {
	// Metric is what the rule calls what it judges, and Signal the name of the readings, "" for the same. PerDyno divides them by the number
	// of dynos there are.
	Metric, Signal string
	PerDyno        bool
	// Operator is <, >, <= or >=: how a value is in relation to Threshold when it breaches it.
	Operator  string
	Threshold float64
	// Step is how far a change goes, and Down says that dynos are removed. A share is taken as App Autoscaler takes it: what is left or added
	// to is rounded to the nearest number of dynos, a half upwards, and differs by one at least.
	Step Step
	Down bool
	// Breach is how long every reading must have breached the threshold. Cooldown is how long nothing changes after this rule has changed
	// the number of dynos.
	Breach, Cooldown time.Duration
}

// String names the rule by what it judges: "responsetime > 500 for 120 s".
func (r *BreachRule) String() string {
	return fmt.Sprintf("%s %s %g for %g s", r.Metric, r.Operator, r.Threshold, r.Breach.Seconds())
}

// A Breached is a rule whose threshold was breached.
type Breached struct {
	Metric    string  `json:"metric"`
	Operator  string  `json:"operator"`
	Threshold float64 `json:"threshold"`
	Unit      string  `json:"unit,omitempty"`
	Seconds   float64 `json:"seconds"`
	// Down says that the rule removes dynos.
	Down bool `json:"down,omitempty"`
}

// senseBreaches takes a tick's readings into what is remembered of the scaling rules, and says what they make of each metric.
func (p *Policy) senseBreaches(st *State, d *Decision, now time.Time, in []probe.Reading) {
	if d.ByRules = len(p.Breaches) > 0; !d.ByRules {
		st.Metrics = nil
		return
	}
	st.Metrics = p.sample(st, now, in, d.From)
	for i := range p.Breaches {
		if r := &p.Breaches[i]; !r.Down {
			st.ask(r.String(), now, r.breached(st.metric(r.Metric), now), false)
		}
	}
	d.Signals = nil
	for i := range p.Breaches {
		if p.longestBreach(p.Breaches[i].Metric, i) > 0 {
			d.Signals = append(d.Signals, p.judgeMetric(st, &p.Breaches[i], now, in, d.From))
		}
	}
}

// judgeMetric says what the rules make of the metric of first, the first of them on it.
func (p *Policy) judgeMetric(st *State, first *BreachRule, now time.Time, in []probe.Reading, n int) Judged {
	j := Judged{Rule: first.Metric, Wish: n, Verdict: Right}
	j.Value, j.Unit, j.Error = first.value(in, n)
	samples := st.metric(first.Metric)
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
		if breached := r.breached(samples, now); j.Error == "" && r.beyond(j.Value) && (j.Beyond == nil || breached && j.Wish == n) {
			j.beyond(r, samples, now)
			if breached {
				j.Wish = r.next(n)
			}
		}
	}
	if j.Error != "" {
		j.Verdict, j.Value, j.Run, j.Needed, j.Of = Blind, 0, st.blankFor(first.Metric), p.Fails.N, p.Fails.N
	}
	return j
}

// beyond notes that the value is beyond the threshold of a rule, and for how long it has been.
func (j *Judged) beyond(r *BreachRule, samples []Sample, now time.Time) {
	j.Beyond = &Breached{r.Metric, r.Operator, r.Threshold, j.Unit, r.Breach.Seconds(), r.Down}
	j.Verdict = Below
	if r.Operator[0] == '>' {
		j.Verdict = Above
	}
	since := now
	for i := len(samples) - 1; i >= 0 && !samples[i].Blank && r.beyond(samples[i].Value); i-- {
		since = samples[i].Time
	}
	j.BeyondSeconds = min(now.Sub(since), r.Breach).Seconds()
}

// blankFor is at how many readings in a row a metric was not known.
func (s *State) blankFor(metric string) int {
	for _, m := range s.Metrics {
		if m.Rule == metric {
			return m.Blind
		}
	}
	return 0
}

// breach wishes for what the first rule wants that is breached.
func (p *Policy) breach(st *State, d *Decision, now time.Time, in []probe.Reading) {
	for i := range p.Breaches {
		r := &p.Breaches[i]
		if !r.breached(st.metric(r.Metric), now) {
			continue
		}
		_, unit, _ := r.value(in, d.From)
		d.Breach = &Breached{r.Metric, r.Operator, r.Threshold, unit, r.Breach.Seconds(), r.Down}
		d.Rule, d.Wish = RuleBreach, r.next(d.From)
		if !r.Down {
			d.Evidence = st.evidence(r.String(), now)
			d.Evidence.AgainSeconds = r.Breach.Seconds()
		}
		st.CoolSeconds = r.Cooldown.Seconds()
		return
	}
	switch unknown, _ := d.unread(); {
	case d.Rule == RuleMaintenance:
	case unknown:
		d.Rule = RuleBlind
	default:
		d.Rule = RuleHold
	}
}

// next is the number of dynos that the rule makes of n, 0 or more. The formula for a share is that of App Autoscaler's scaling engine, with
// what floating point makes of it there: 90 % off 5 leaves 0, not a half rounded upwards.
func (r *BreachRule) next(n int) int {
	sign := 1
	if r.Down {
		sign = -1
	}
	if r.Step.Percent == 0 {
		return max(0, n+sign*r.Step.of(n))
	}
	left := float64(float64(n) * (1 + float64(sign)*r.Step.Percent/100)) // converted, so that no processor fuses it with the sum
	to := int(left + 0.5)
	if to == n {
		to += sign
	}
	return max(0, to)
}

// value finds what a rule judges among the readings, as a [SignalRule] does.
func (r *BreachRule) value(in []probe.Reading, n int) (value float64, unit, why string) {
	return (&SignalRule{Signal: cmp.Or(r.Signal, r.Metric), PerDyno: r.PerDyno}).value(in, n)
}

// sample takes a tick's readings into what is remembered of the metrics.
func (p *Policy) sample(st *State, now time.Time, in []probe.Reading, n int) []SignalState {
	var next []SignalState
	for i := range p.Breaches {
		metric := p.Breaches[i].Metric
		if p.longestBreach(metric, i) == 0 { // an earlier rule has taken it in
			continue
		}
		value, _, why := p.Breaches[i].value(in, n)
		kept := since(st.metric(metric), now.Add(-p.longestBreach(metric, i)))
		s := SignalState{Rule: metric, Samples: append(kept, Sample{Time: now, Value: value, Blank: why != ""})}
		if why != "" {
			s.Blind = st.blankFor(metric) + 1
		}
		next = append(next, s)
	}
	return next
}

// longestBreach is the longest duration of the rules on a metric, 0 where rule i is not the first of them.
func (p *Policy) longestBreach(metric string, i int) (longest time.Duration) {
	for k := range p.Breaches {
		if p.Breaches[k].Metric != metric {
			continue
		}
		if k < i {
			return 0
		}
		longest = max(longest, p.Breaches[k].Breach)
	}
	return longest
}

// metric returns the samples of a metric.
func (s *State) metric(name string) []Sample {
	for _, m := range s.Metrics {
		if m.Rule == name {
			return m.Samples
		}
	}
	return nil
}

// since returns a copy of the samples from a time on, and the newest before it.
func since(samples []Sample, from time.Time) []Sample {
	for len(samples) > 1 && (!samples[1].Time.After(from) || len(samples) >= mostSamples) {
		samples = samples[1:]
	}
	return append(make([]Sample, 0, len(samples)+1), samples...)
}

// breached says whether every sample of the time breached the threshold, of which the oldest is older still.
func (r *BreachRule) breached(samples []Sample, now time.Time) bool {
	from := now.Add(-r.Breach)
	if len(samples) == 0 || samples[0].Time.After(from) {
		return false
	}
	for _, s := range samples {
		if s.Time.After(from) && (s.Blank || !r.beyond(s.Value)) {
			return false
		}
	}
	return true
}

// beyond says whether a value breaches the threshold.
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
