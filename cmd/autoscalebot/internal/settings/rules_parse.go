package settings

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/when"
)

const ruleKeys = "max, min, mean, p50 to p100, wait, fails, passes, per, by, scale, up and down"

type ruleParser struct {
	rule  decide.SignalRule
	said  []string
	wrong []string
}

func parseRule(text string) (decide.SignalRule, []string) {
	fields := strings.Fields(text)
	p := &ruleParser{rule: decide.SignalRule{Signal: fields[0], Max: math.NaN(), Min: math.NaN()}}
	if !signalName.MatchString(p.rule.Signal) {
		p.mistake("%q: must begin with a signal's name, such as queue", p.rule.Signal)
	}
	for _, f := range fields[1:] {
		key, value, ok := strings.Cut(f, "=")
		if !ok || value == "" {
			p.mistake("%q: must be key=value; the keys are %s", f, ruleKeys)
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

func (p *ruleParser) has(keys ...string) bool {
	return slices.ContainsFunc(p.said, func(s string) bool { return slices.Contains(keys, s) })
}

func (p *ruleParser) take(key, value string) {
	if p.has(key) {
		p.mistake("duplicate key %s", key)
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
			p.mistake("by=%s: must be the name of the signal to divide by", value)
		}
	case "per":
		if r.PerDyno = value == "dyno"; !r.PerDyno && value != "app" {
			p.mistake("per=%s: must be dyno, or app for all dynos together", value)
		}
	case "wait":
		p.wait(value)
	case "scale":
		if r.Size = value == "size"; !r.Size && value != "dynos" {
			p.mistake("scale=%s: must be size for the size of the dynos, or dynos for their number", value)
		}
	default:
		p.window(key, value)
	}
}

func (p *ruleParser) bound(key, value string, to *float64) {
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		p.mistake("%s=%s: must be a number", key, value)
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

const longestWindow = time.Hour

// The key is mean, or a percentile such as p95.
func (p *ruleParser) window(key, value string) {
	percentile, isPercentile := strings.CutPrefix(key, "p")
	f, err := strconv.ParseFloat(percentile, 64)
	switch {
	case key == "mean":
		f = 0
	case !isPercentile || err != nil || !(f > 0 && f <= 100):
		p.mistake("unknown key %s; the keys are %s", key, ruleKeys)
		return
	}
	d, err := when.Duration(value, 0)
	if err != nil || d < time.Second || d > longestWindow {
		p.mistake("%s=%s: must be a window from 1s to 1h, such as 120s", key, value)
	}
	if p.rule.Window > 0 {
		p.mistake("a rule has one window: must be mean or one percentile")
	}
	p.rule.Window, p.rule.Percentile = d, f
}

func (p *ruleParser) wait(value string) {
	d, err := when.Duration(value, 0)
	if err != nil || d > longestWindow {
		p.mistake("wait=%s: must be a time to wait after a change of the number of dynos, from 0s to 1h, such as 60s",
			value)
	}
	if p.rule.Wait = d; d == 0 {
		p.rule.Wait = decide.NoWait
	}
}

// The same as App Autoscaler's.
const usualWindow = 120 * time.Second

func (p *ruleParser) finish() {
	r := &p.rule
	rows, windows := p.has("fails", "passes"), r.Window > 0
	switch {
	case rows && p.has("wait"):
		p.mistake("wait cannot be used with fails or passes. Remove one of them")
	case rows && windows:
		p.mistake("mean and percentiles cannot be used with fails or passes. Remove one of them")
	case rows:
		// If only one is set, the other is the same.
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
		p.mistake("up and down cannot be used with scale=size, which changes one size at a time. Remove them")
	}
	if r.Min > r.Max {
		p.mistake("min=%g is above max=%g", r.Min, r.Max)
	}
}
