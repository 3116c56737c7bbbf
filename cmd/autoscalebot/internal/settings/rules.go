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

// RulesAndSignals configures signals next to the heartbeat, and the rules that judge them.
type RulesAndSignals struct {
	Rules            Rules    `envconfig:"RULES" desc:"Rules that judge signals, separated by semicolons: ''queue max=100 min=10 fails=3; jobs per=dyno max=25 min=5''."`
	Signals          Signals  `envconfig:"SIGNALS" desc:"Where signals are read, separated by semicolons: ''queue=redis://:password@host:6379/0#queue:default''."`
	DecisionInterval Seconds0 `envconfig:"DECISION_INTERVAL_IN_SECONDS" default:"0" desc:"Minimum time between decisions of rules that judge a window of time; 0 = every heartbeat."`

	// ScalingRules have the semantics and the metrics' names of the open-source App Autoscaler. Only a settings file
	// can have them. If there are any, nothing else decides.
	ScalingRules []decide.BreachRule `ignored:"true"`
	standIns     []string            // notes on signals that replace others
}

// Rules judge signals. Semicolons or line breaks separate them. A rule is a signal's name and key=value pairs: "queue
// max=100 min=10 fails=3; requests_per_second per=dyno max=40 min=15 mean=120s".
type Rules []decide.SignalRule

// Default thresholds, in percent, of a rule for the CPU of a pool's servers. If one of two servers goes, the other
// stays below the upper threshold.
const usualBusy, usualIdle = 50, 20

// The bound keeps a tick short.
const mostRules = 50

// Decode reads rules. Its error has all mistakes, one a line.
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
			problems = append(problems, "duplicate rule for this signal")
		}
		for _, what := range problems {
			wrong = append(wrong, fmt.Errorf("%s: %s", strings.TrimSpace(text), what))
		}
		out = append(out, r)
	}
	if len(out) > mostRules {
		wrong = append(wrong, fmt.Errorf("%d rules: must be at most %d", len(out), mostRules))
	}
	*rs = out
	return errors.Join(wrong...)
}

// A heartbeat that is not set explicitly, and that no rule judges, is switched off.
func (ps *Problems) checkScalingRules(s *Settings) {
	rules := slices.Clone(s.ScalingRules)
	for i := range rules {
		r := &rules[i]
		if r.Signal, r.PerDyno = s.metric(r.Metric); r.Signal == "" && !ps.has("RULES", "SIGNALS") {
			hint := ""
			if name := cfautoscaler.SignalName(r.Metric); name != r.Metric && name != "" {
				hint = ". Its name in SIGNALS is " + name
			}
			ps.add("scaling_rules", "unknown metric %s. Add it to SIGNALS, or set PUSH_TOKEN and let the app push "+
				"it%s", r.Metric, hint)
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
		ps.add("POLICY", "adaptive needs heartbeats, and HEARTBEAT_URL switches them off. Set POLICY=count")
	}
	_, nameless := s.Signals.Find("") // a rule may mean it
	if ps.has("RULES") || nameless {
		return
	}
	s.Rules = slices.Clone(s.Rules)
	known := s.knownSignals()
	unread := ps.has("SIGNALS") && len(s.Signals) == 0 // any name may be one of them
	for i := range s.Rules {
		r := &s.Rules[i]
		s.standIn(r)
		for _, name := range []string{r.Signal, r.By} {
			if name != "" && !unread && !slices.Contains(known, name) {
				ps.add("RULES", "%s: %s", r, s.unknownSignal(name, known))
			}
		}
		sig, _ := s.Signals.Find(r.Signal)
		switch {
		case !math.IsNaN(r.Max) || !math.IsNaN(r.Min):
		case sig.Pooled() && sig.What == string(cpu.CPU):
			r.Max, r.Min = usualBusy, usualIdle
		case !sig.Desired(): // it needs no thresholds
			ps.add("RULES", "%s needs max, min or both, such as max=100 min=10", r)
		}
	}
	s.readWhole()
	for _, sig := range s.Signals {
		if slices.Contains(s.builtIn(), sig.Name) && !s.Metered() { // there it replaces the built-in one
			ps.add("SIGNALS", "%s is the name of a built-in signal. Choose another name", sig.Name)
		}
	}
	if len(s.Rules) > 0 && len(s.ScalingRules) > 0 {
		ps.add("RULES", "cannot be used together with scaling_rules, which decide alone. Remove one of them")
	}
	if !s.HasHeartbeat() && len(s.Rules)+len(s.ScalingRules) == 0 {
		ps.add("HEARTBEAT_URL", "must not be none without RULES: the bot would have nothing to decide by")
	}
}

func (s *Settings) unknownSignal(name string, known []string) string {
	if text := s.Signals.unknownValue(name); text != "" {
		return text
	}
	return "unknown signal " + name + nearestSignal(name, known)
}

func nearestSignal(name string, known []string) string {
	if len(known) == 0 {
		return ". Add it to SIGNALS"
	}
	if meant, ok := spelling.Meant(name, known); ok {
		return "; the nearest is " + meant
	}
	return "; the signals are " + strings.Join(known, ", ")
}
