package cfautoscaler

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

// Autoscale returns the plan as a settings file of autoscalebot.
func (p *Plan) Autoscale() []byte {
	var b strings.Builder
	b.WriteString("# Limits, schedule and rules. Set the app, its key and the notifiers in the environment, or " +
		"here.\n")
	low, high := p.Tables()
	writeTable(&b, "min_dynos", low)
	writeTable(&b, "max_dynos", high)
	if z := p.Calendar.zone().String(); z != "UTC" {
		fmt.Fprintf(&b, "time_zone: %s\n", z)
	}
	if len(p.Rules) > 0 {
		b.WriteString("# Only these rules decide. Remove the next line to use the heartbeat as " +
			"well.\nheartbeat_url: none\n")
		if p.Every > 0 {
			fmt.Fprintf(&b, "# Time from one decision to the next.\nheartbeat_interval_in_seconds: %g\n",
				p.Every.Seconds())
		}
		b.WriteString("rules:\n")
	}
	for i := range p.Rules {
		b.WriteString("  - {")
		for j, kv := range ruleParts(&p.Rules[i]) {
			if j > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "%s: %s", kv[0], kv[1])
		}
		b.WriteString("}\n")
	}
	if len(p.Sources) > 0 {
		b.WriteString("signals:\n")
	}
	for _, name := range slices.Sorted(maps.Keys(p.Sources)) {
		fmt.Fprintf(&b, "  %s: %q\n", name, p.Sources[name])
	}
	if len(p.Breaches) > 0 {
		b.WriteString("# With App Autoscaler's semantics: of these rules, the first one that is breached " +
			"acts.\nscaling_rules:\n")
	}
	for _, r := range p.Breaches {
		sign := "+"
		if r.Down {
			sign = "-"
		}
		fmt.Fprintf(&b, "  - {metric_type: %s, operator: %q, threshold: %s, adjustment: %q, breach_duration_secs: "+
			"%d, cool_down_secs: %d}\n",
			r.Metric, r.Operator, number(r.Threshold), sign+stepText(r.Step), int(r.Breach.Seconds()),
			int(r.Cooldown.Seconds()))
	}
	return []byte(b.String())
}

func writeTable(b *strings.Builder, key, text string) {
	if !strings.Contains(text, "=") {
		fmt.Fprintf(b, "%s: %s\n", key, text)
		return
	}
	fmt.Fprintf(b, "%s:\n", key)
	for row := range strings.SplitSeq(text, ", ") {
		fmt.Fprintf(b, "  - %s\n", row)
	}
}

// RulesText returns the rules in the form of RULES.
func (p *Plan) RulesText() string {
	var out []string
	for i := range p.Rules {
		var words []string
		for j, kv := range ruleParts(&p.Rules[i]) {
			if words = append(words, kv[0]+"="+kv[1]); j == 0 {
				words[0] = kv[1]
			}
		}
		out = append(out, strings.Join(words, " "))
	}
	return strings.Join(out, "; ")
}

// SignalsText returns the sources in the form of SIGNALS.
func (p *Plan) SignalsText() string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(p.Sources)) {
		out = append(out, name+"="+p.Sources[name])
	}
	return strings.Join(out, "\n")
}

func ruleParts(r *decide.SignalRule) (out [][2]string) {
	add := func(key, value string) { out = append(out, [2]string{key, value}) }
	add("signal", r.Signal)
	if !math.IsNaN(r.Max) {
		add("max", number(r.Max))
	}
	if !math.IsNaN(r.Min) {
		add("min", number(r.Min))
	}
	if r.PerDyno {
		add("per", "dyno")
	}
	if r.By != "" {
		add("by", r.By)
	}
	switch {
	case r.Window == 0:
		add("fails", QuorumText(r.Fails))
		add("passes", QuorumText(r.Passes))
	case r.Percentile > 0:
		add("p"+number(r.Percentile), fmt.Sprintf("%gs", r.Window.Seconds()))
	default:
		add("mean", fmt.Sprintf("%gs", r.Window.Seconds()))
	}
	if r.Wait != 0 {
		add("wait", fmt.Sprintf("%gs", max(0, r.Wait).Seconds()))
	}
	if r.Up != (decide.Step{}) {
		add("up", stepText(r.Up))
	}
	if r.Down != (decide.Step{}) {
		add("down", stepText(r.Down))
	}
	return out
}

// QuorumText returns a quorum in the form of RULES: 3, or 3/5.
func QuorumText(q decide.Quorum) string {
	if q.N == q.M {
		return strconv.Itoa(q.N)
	}
	return fmt.Sprintf("%d/%d", q.N, q.M)
}
