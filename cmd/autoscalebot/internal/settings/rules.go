package settings

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/cfautoscaler"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/spelling"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/cpu"
)

// RulesAndSignals are the settings of what is judged beside the heartbeat.
type RulesAndSignals struct {
	Rules            Rules    `envconfig:"RULES" desc:"Rules that judge signals, separated by semicolons: ''queue max=100 min=10 fails=3; jobs per=dyno max=25 min=5''."`
	Signals          Signals  `envconfig:"SIGNALS" desc:"Where signals are read, separated by semicolons: ''queue=redis://:password@host:6379/0#queue:default''."`
	DecisionInterval Seconds0 `envconfig:"DECISION_INTERVAL_IN_SECONDS" default:"0" desc:"Minimum time between decisions of rules that judge a window of time; 0 = every heartbeat."`

	// ScalingRules are the rules by the open-source App Autoscaler's semantics that only a settings file can hold.
	// Where there are any, the bot goes by nothing else. Their metrics are called as App Autoscaler calls them.
	ScalingRules []decide.BreachRule `ignored:"true"`
	standIns     []string            // which signals stand for others that this platform lacks
}

// Rules judge signals beside the heartbeat. They are written with a semicolon or a line's end between them, each as the
// signal's name and what is to hold of it: "queue max=100 min=10 fails=3; requests_per_second per=dyno max=40 min=15
// mean=120s".
type Rules []decide.SignalRule

// usualBusy and usualIdle, in per cent, are the thresholds of a rule for the servers' processors that has none. Where
// one of two servers goes, the other is not busier than it may be.
const usualBusy, usualIdle = 50, 20

// mostRules keeps a tick quick.
const mostRules = 50

// Decode reads rules. Its error tells all that is wrong, one a line.
func (rs *Rules) Decode(s string) error {
	var out Rules
	var wrong []error
	for text := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ';' || r == '\n' }) {
		if strings.TrimSpace(text) == "" {
			continue
		}
		r, problems := parseRule(text)
		if slices.ContainsFunc(out, func(o decide.SignalRule) bool {
			return o.String() == r.String() &&
				o.Size == r.Size
		}) {
			problems = append(problems, "there is a rule for it already")
		}
		for _, what := range problems {
			wrong = append(wrong, fmt.Errorf("%s: %s", strings.TrimSpace(text), what))
		}
		out = append(out, r)
	}
	if len(out) > mostRules {
		wrong = append(wrong, fmt.Errorf("%d rules are too many; write at most %d", len(out), mostRules))
	}
	*rs = out
	return errors.Join(wrong...)
}

// checkScalingRules also leaves out a heartbeat that nobody asked for and no rule judges.
func (ps *Problems) checkScalingRules(s *Settings) {
	rules := slices.Clone(s.ScalingRules)
	for i := range rules {
		r := &rules[i]
		if r.Signal, r.PerDyno = s.metric(r.Metric); r.Signal == "" && !ps.has("RULES", "SIGNALS") {
			hint := ""
			if name := cfautoscaler.SignalName(r.Metric); name != r.Metric && name != "" {
				hint = "; in SIGNALS it is called " + name
			}
			ps.add("scaling_rules", "nothing tells %s; name where it is read in SIGNALS, or let the app push it and "+
				"set PUSH_TOKEN%s", r.Metric, hint)
		}
		s.ofThisMachine(r.Signal)
	}
	s.ScalingRules = rules
	judged := slices.ContainsFunc(rules, func(r decide.BreachRule) bool { return r.Signal == probe.HeartbeatSignal })
	if len(rules) > 0 && !judged && s.src.from("HEARTBEAT_URL") == "" {
		s.HeartbeatURL = "none"
	}
}

func (ps *Problems) checkRules(s *Settings) {
	if !s.HasHeartbeat() && s.Policy == "adaptive" {
		ps.add("POLICY", "adaptive infers the load from heartbeats, and HEARTBEAT_URL is none; write count")
	}
	_, nameless := s.Signals.Find("") // which may be what a rule means
	if ps.has("RULES") || nameless {
		return
	}
	s.Rules = slices.Clone(s.Rules)
	known := s.knownSignals()
	unread := ps.has("SIGNALS") && len(s.Signals) == 0 // so any name may be one of them
	for i := range s.Rules {
		r := &s.Rules[i]
		s.standIn(r)
		for _, name := range []string{r.Signal, r.By} {
			if name != "" && !unread && !slices.Contains(known, name) {
				ps.add("RULES", "%s: there is no signal %s%s", r, name, nearestSignal(name, known))
			}
		}
		sig, _ := s.Signals.Find(r.Signal)
		switch {
		case !math.IsNaN(r.Max) || !math.IsNaN(r.Min):
		case sig.Pooled() && sig.What == string(cpu.CPU):
			r.Max, r.Min = usualBusy, usualIdle
		case !sig.Desired(): // which needs no thresholds
			ps.add("RULES", "%s has neither max nor min; write one of them or both, such as max=100 min=10", r)
		}
	}
	s.readWhole()
	for _, sig := range s.Signals {
		if slices.Contains(s.builtIn(), sig.Name) && !s.Metered() { // where it takes the other's place
			ps.add("SIGNALS", "%s is the name of a signal that is there anyway; call it otherwise", sig.Name)
		}
	}
	if len(s.Rules) > 0 && len(s.ScalingRules) > 0 {
		ps.add("RULES", "there are scaling_rules as well, and the bot would go by these alone; leave out one of them")
	}
	if !s.HasHeartbeat() && len(s.Rules)+len(s.ScalingRules) == 0 {
		ps.add("HEARTBEAT_URL", "is none, and there are no RULES; the bot would have nothing to go by")
	}
}

func nearestSignal(name string, known []string) string {
	if len(known) == 0 {
		return "; name one in SIGNALS"
	}
	if meant, ok := spelling.Meant(name, known); ok {
		return "; the nearest is " + meant
	}
	return "; there are " + strings.Join(known, ", ")
}
