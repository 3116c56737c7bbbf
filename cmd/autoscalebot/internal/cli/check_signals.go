package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/cpu"
)

// none is set if the pool has no servers to read a signal from.
func (c *checker) signals(ctx context.Context, probers []probe.Prober, s *settings.Settings, none bool) {
	for _, r := range s.Rules {
		c.report("rule", settings.RuleText(r), nil)
	}
	for _, text := range s.Hollow() {
		c.note("rule", text)
	}
	for _, r := range s.ScalingRules {
		step := "adds "
		if r.Down {
			step = "removes "
		}
		c.report("scaling rule", fmt.Sprintf("%s: %s%v, then a cooldown of %g s", &r, step,
			settings.Step{Step: r.Step}, r.Cooldown.Seconds()), nil)
	}
	for i, name := range service.WantedSignals(s) {
		if sig, _ := s.Signals.Find(name); strings.HasPrefix(sig.URL, "pool") && none {
			c.note(name, "read on each server, and the pool has no servers yet")
			continue
		}
		if service.IsReceived(s, name) {
			c.note(name, "sent to the bot, so it is known only while the bot runs")
			continue
		}
		r := probers[i].Probe(ctx)
		// the value is a mean since the last reading
		if sig, _ := s.Signals.Find(name); r.Outcome != probe.Answered &&
			(name == string(cpu.CPU) || sig.Kind == "nodes") {
			time.Sleep(cpuTime)
			r = probers[i].Probe(ctx)
		}
		if r.Outcome != probe.Answered {
			c.report(name, string(r.Outcome), errors.New(r.Error))
			continue
		}
		c.report(name, strings.TrimSpace(fmt.Sprintf("%.6g %s", r.Value, r.Unit)), nil)
		if p, ok := probers[i].(interface {
			Missing(context.Context) []string
		}); ok {
			for _, key := range p.Missing(ctx) {
				c.note(name, fmt.Sprintf("the key %.100q does not exist, which counts as an empty queue. "+
					"Check its name "+
					"and the database", key))
			}
		}
	}
	for _, sig := range s.Signals {
		if !slices.Contains(service.WantedSignals(s), sig.Name) {
			c.note(sig.Name, "not read: no rule uses it")
		}
	}
}

const cpuTime = time.Second
