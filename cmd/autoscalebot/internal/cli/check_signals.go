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
	var noted []string
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
		for _, text := range notes(ctx, probers[i]) {
			if !slices.Contains(noted, text) { // by another value of the same queues
				noted = append(noted, text)
				c.note(name, text)
			}
		}
	}
	for _, sig := range s.Signals {
		wanted := func(name string) bool { return slices.Contains(service.WantedSignals(s), name) }
		if !slices.ContainsFunc(sig.Names(), wanted) {
			c.note(sig.Name, "not read: no rule uses it")
		}
	}
}

const cpuTime = time.Second

// What a reading alone does not say: whether an empty queue exists.
func notes(ctx context.Context, p probe.Prober) (texts []string) {
	switch p := p.(type) {
	case interface {
		Notes(context.Context) []string
	}:
		return p.Notes(ctx)
	case interface {
		Missing(context.Context) []string
	}:
		for _, key := range p.Missing(ctx) {
			texts = append(texts, fmt.Sprintf("the key %.100q does not exist, which counts as an empty queue. "+
				"Check its name and the database", key))
		}
	}
	return texts
}
