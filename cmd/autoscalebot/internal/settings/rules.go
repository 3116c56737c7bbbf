package settings

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/cfautoscaler"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/spelling"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/cpu"
)

// RulesAndSignals are the settings of what is judged beside the heartbeat.
type RulesAndSignals struct {
	Rules            Rules    `group:"Signals" envconfig:"RULES" desc:"How [signals](#signals-and-rules) beside the heartbeat are judged, with semicolons between: ''queue max=100 min=10 fails=3; requests_per_second per=dyno max=40 min=15 mean=120s''."`
	Signals          Signals  `envconfig:"SIGNALS" desc:"Where signals are read, with semicolons between: ''queue=redis://:password@host:6379/0#queue:default; jobs=postgres://…#select count(*) from jobs''."`
	DecisionInterval Seconds0 `envconfig:"DECISION_INTERVAL_IN_SECONDS" default:"0" desc:"How often rules that look at a window of time may change anything, rounded up to a heartbeat; 0 = at every heartbeat."`

	// ScalingRules are the rules by the open-source App Autoscaler's semantics that only a settings file can hold. Where there are any, the
	// bot goes by nothing else. Their metrics are called as App Autoscaler calls them.
	ScalingRules []decide.BreachRule `ignored:"true"`
	// standIns say which signals stand for others that this platform does not tell.
	standIns []string
}

// Rules judge signals beside the heartbeat. They are written with a semicolon or a line's end between them, each as the signal's name
// and what is to hold of it: "queue max=100 min=10 fails=3; requests_per_second per=dyno max=40 min=15 mean=120s".
type Rules []decide.SignalRule

// usualWindow is how long back a rule looks that does not say how it judges: App Autoscaler's window.
const usualWindow = 120 * time.Second

// usualBusy and usualIdle are the thresholds, in per cent, of a rule for the processors of a pool's servers that does not say any. Where one of
// two servers goes, the other is not busier than it may be.
const usualBusy, usualIdle = 50, 20

// mostRules bounds how many rules there are, so that a tick stays quick.
const mostRules = 50

// ruleKeys are what a rule can say, as an error lists it.
const ruleKeys = "max, min, mean, p50 to p100, wait, fails, passes, per, by, scale, up and down"

// Decode reads rules. Its error tells all that is wrong, one a line.
func (rs *Rules) Decode(s string) error {
	var out Rules
	var wrong []error
	for text := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ';' || r == '\n' }) {
		if strings.TrimSpace(text) == "" {
			continue
		}
		r, problems := parseRule(text)
		if slices.ContainsFunc(out, func(o decide.SignalRule) bool { return o.String() == r.String() && o.Size == r.Size }) {
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

// A ruleParser takes in what a rule says, and what is wrong with it.
type ruleParser struct {
	rule  decide.SignalRule
	said  []string
	wrong []string
}

// parseRule reads one rule.
func parseRule(text string) (decide.SignalRule, []string) {
	fields := strings.Fields(text)
	p := &ruleParser{rule: decide.SignalRule{Signal: fields[0], Max: math.NaN(), Min: math.NaN()}}
	if !signalName.MatchString(p.rule.Signal) {
		p.mistake("%q: write a signal's name first, such as queue", p.rule.Signal)
	}
	for _, f := range fields[1:] {
		key, value, ok := strings.Cut(f, "=")
		if !ok || value == "" {
			p.mistake("%q: write key=value, with one of the keys %s", f, ruleKeys)
			continue
		}
		p.take(strings.ToLower(key), value)
	}
	p.finish()
	return p.rule, p.wrong
}

func (p *ruleParser) mistake(format string, args ...any) {
	p.wrong = append(p.wrong, fmt.Sprintf(format, args...))
}

// has says whether the rule has said something of the keys.
func (p *ruleParser) has(keys ...string) bool {
	return slices.ContainsFunc(p.said, func(s string) bool { return slices.Contains(keys, s) })
}

// take takes in one key with its value.
func (p *ruleParser) take(key, value string) {
	if p.has(key) {
		p.mistake("%s is there twice", key)
	}
	p.said = append(p.said, key)
	r := &p.rule
	switch key {
	case "max":
		p.bound(key, value, &r.Max)
	case "min":
		p.bound(key, value, &r.Min)
	case "fails":
		p.quorum(key, value, &r.Fails)
	case "passes":
		p.quorum(key, value, &r.Passes)
	case "up":
		p.step(key, value, &r.Up)
	case "down":
		p.step(key, value, &r.Down)
	case "by":
		if r.By = value; !signalName.MatchString(value) {
			p.mistake("by=%s: write the name of the signal to divide by", value)
		}
	case "per":
		if r.PerDyno = value == "dyno"; !r.PerDyno && value != "app" {
			p.mistake("per=%s: write dyno, or app for all dynos together", value)
		}
	case "wait":
		p.wait(value)
	case "scale":
		if r.Size = value == "size"; !r.Size && value != "dynos" {
			p.mistake("scale=%s: write size for the size of the dynos, or dynos for their number", value)
		}
	default:
		p.window(key, value)
	}
}

func (p *ruleParser) bound(key, value string, to *float64) {
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		p.mistake("%s=%s: write a number", key, value)
		return
	}
	*to = f
}

func (p *ruleParser) quorum(key, value string, to *decide.Quorum) {
	var q Quorum
	if err := q.Decode(value); err != nil {
		p.mistake("%s=%s: %v", key, value, err)
	}
	*to = q.Quorum
}

func (p *ruleParser) step(key, value string, to *decide.Step) {
	var s Step
	if err := s.Decode(value); err != nil {
		p.mistake("%s=%s: %v", key, value, err)
	}
	*to = s.Step
}

// longestWindow bounds how long back a rule looks.
const longestWindow = time.Hour

// window reads mean=120s or p95=120s.
func (p *ruleParser) window(key, value string) {
	percentile, isPercentile := strings.CutPrefix(key, "p")
	f, err := strconv.ParseFloat(percentile, 64)
	switch {
	case key == "mean":
		f = 0
	case !isPercentile || err != nil || !(f > 0 && f <= 100):
		p.mistake("there is no %s; there are %s", key, ruleKeys)
		return
	}
	d, err := time.ParseDuration(value)
	if err != nil || d < time.Second || d > longestWindow {
		p.mistake("%s=%s: write how long back to look, from 1s to 1h, such as 120s", key, value)
	}
	if p.rule.Window > 0 {
		p.mistake("a rule judges by one window; write mean or one percentile")
	}
	p.rule.Window, p.rule.Percentile = d, f
}

// wait reads how long a window waits after a change.
func (p *ruleParser) wait(value string) {
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 || d > longestWindow {
		p.mistake("wait=%s: write how long to wait after the number of dynos changed, from 0s to 1h, such as 60s", value)
	}
	if p.rule.Wait = d; d == 0 {
		p.rule.Wait = decide.NoWait
	}
}

// finish checks what the rule says together, and fills in what it does not say.
func (p *ruleParser) finish() {
	r := &p.rule
	rows, windows := p.has("fails", "passes"), r.Window > 0
	switch {
	case rows && p.has("wait"):
		p.mistake("wait is about a window, and fails and passes count readings; leave out one or the other")
	case rows && windows:
		p.mistake("fails and passes count readings, mean and percentiles look at a window; write one or the other")
	case rows:
		// In a row as often as the other says, where only one is said.
		if r.Fails.N == 0 {
			r.Fails = r.Passes
		}
		if r.Passes.N == 0 {
			r.Passes = r.Fails
		}
	case !windows:
		r.Window = usualWindow
	}
	if r.Size && p.has("up", "down") {
		p.mistake("up and down are numbers of dynos, and scale=size goes one size at a time; leave them out")
	}
	if r.Min > r.Max {
		p.mistake("min=%g is above max=%g", r.Min, r.Max)
	}
}

// RuleText writes a rule as RULES has it.
func RuleText(r decide.SignalRule) string {
	var b strings.Builder
	b.WriteString(r.Signal)
	say := func(when bool, key, value string) {
		if when {
			b.WriteString(" " + key + "=" + value)
		}
	}
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	say(r.By != "", "by", r.By)
	say(r.PerDyno, "per", "dyno")
	say(!math.IsNaN(r.Max), "max", number(r.Max))
	say(!math.IsNaN(r.Min), "min", number(r.Min))
	say(r.Fails.N > 0, "fails", quorumText(r.Fails))
	say(r.Passes.N > 0, "passes", quorumText(r.Passes))
	say(r.Window > 0 && r.Percentile == 0, "mean", number(r.Window.Seconds())+"s")
	say(r.Window > 0 && r.Percentile > 0, "p"+number(r.Percentile), number(r.Window.Seconds())+"s")
	say(r.Wait != 0, "wait", number(max(0, r.Wait).Seconds())+"s")
	say(r.Up != decide.Step{}, "up", stepText(r.Up))
	say(r.Down != decide.Step{}, "down", stepText(r.Down))
	say(r.Size, "scale", "size")
	return b.String()
}

func quorumText(q decide.Quorum) string {
	if q.N == q.M {
		return strconv.Itoa(q.N)
	}
	return fmt.Sprintf("%d/%d", q.N, q.M)
}

func stepText(s decide.Step) string {
	if s.Percent > 0 {
		return strconv.FormatFloat(s.Percent, 'g', -1, 64) + "%"
	}
	return strconv.Itoa(s.Dynos)
}

// checkScalingRules finds the signals that scaling rules judge, and leaves out a heartbeat that nobody asked for and none of them judges.
func (ps *Problems) checkScalingRules(s *Settings) {
	rules := slices.Clone(s.ScalingRules)
	for i := range rules {
		r := &rules[i]
		if r.Signal, r.PerDyno = s.metric(r.Metric); r.Signal == "" && !ps.has("RULES", "SIGNALS") {
			hint := ""
			if name := cfautoscaler.SignalName(r.Metric); name != r.Metric && name != "" {
				hint = "; in SIGNALS it is called " + name
			}
			ps.add("scaling_rules", "nothing tells %s; name where it is read in SIGNALS, or let the app push it and set PUSH_TOKEN%s", r.Metric, hint)
		}
		s.ofThisMachine(r.Signal)
	}
	s.ScalingRules = rules
	judged := slices.ContainsFunc(rules, func(r decide.BreachRule) bool { return r.Signal == probe.HeartbeatSignal })
	if len(rules) > 0 && !judged && s.src.from("HEARTBEAT_URL") == "" {
		s.HeartbeatURL = "none"
	}
}

// metric returns which signal tells a metric of App Autoscaler's, and whether that is to be divided by the number of dynos: the one of that
// name where there is one, else the one that is called like it in small letters, else the nearest of ours, else what apps push under that name; "" for none.
func (s *Settings) metric(name string) (signal string, perDyno bool) {
	if slices.Contains(s.knownSignals(), name) {
		return name, false
	}
	if sig, ok := s.Signals.Find(cfautoscaler.SignalName(name)); ok {
		return sig.Name, false
	}
	for _, m := range []struct {
		metric, signal string
		perDyno        bool
	}{
		{"throughput", "requests_per_second", true},
		{"responsetime", "service_p50", false},
		{"memoryutil", "memory_mean", false},
		{"memoryutil", "memory", false},
	} {
		if m.metric == name && s.BuiltIn(m.signal) {
			return m.signal, m.perDyno
		}
	}
	switch {
	case name == "responsetime" && s.HasHeartbeat():
		return probe.HeartbeatSignal, false
	case s.TakesPush():
		s.Signals = append(slices.Clip(s.Signals), Signal{Name: name, Kind: "push", What: name})
		return name, false
	case s.Metered():
		s.Signals = append(slices.Clip(s.Signals), Signal{Name: name, Kind: "logcache", What: name})
		return name, false
	}
	return "", false
}

// standIn has a rule judge what is nearest to a signal of Log Cache, where the platform has none.
func (s *Settings) standIn(r *decide.SignalRule) {
	known := s.knownSignals()
	for _, m := range []struct {
		signal, by string
		perDyno    bool
	}{{"throughput", "requests_per_second", true}, {"latency", "service_p50", false}, {"latency_95", "service_p50", false}} {
		if r.Signal == m.signal && !slices.Contains(known, r.Signal) && s.BuiltIn(m.by) {
			s.standIns = append(s.standIns, m.by+" stands for "+m.signal+", which only PLATFORM=cloudfoundry tells")
			r.Signal, r.PerDyno = m.by, r.PerDyno || m.perDyno
		}
	}
	s.ofThisMachine(r.Signal)
}

// ofThisMachine notes a signal that tells of the machine that the bot runs on, where the app runs on others.
func (s *Settings) ofThisMachine(signal string) {
	if s.src == nil || signal != "cpu" && signal != "memory" || s.Platform != "heroku" && s.Platform != "command" || !s.BuiltIn(signal) {
		return
	}
	note := signal + " is that of the machine that the bot runs on, since PLATFORM=" + string(s.Platform) + " tells no other"
	if !slices.Contains(s.standIns, note) {
		s.standIns = append(s.standIns, note)
	}
}

// checkRules finds what is wrong with the rules and the signals together.
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

// nearestSignal names the signals that there are, or the one that is meant.
func nearestSignal(name string, known []string) string {
	if len(known) == 0 {
		return "; name one in SIGNALS"
	}
	if meant, ok := spelling.Meant(name, known); ok {
		return "; the nearest is " + meant
	}
	return "; there are " + strings.Join(known, ", ")
}
