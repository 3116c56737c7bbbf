package cli

import (
	"slices"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/bot/sim/peers"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

type ownPolicy struct {
	name     string
	adaptive *adaptive.Model
}

// ownPolicies are the bot's own policies with the settings' bound. adaptive is the one with their aim. Without a bound
// there is no adaptive one.
func ownPolicies(s *settings.Settings) []ownPolicy {
	out := []ownPolicy{{name: "count"}}
	if a, err := service.Model(s); err == nil {
		out = append(out, ownPolicy{"adaptive", a})
	}
	for _, aim := range []adaptive.Aim{adaptive.Lean, adaptive.Safe} {
		if a, err := adaptive.New(aim, float64(s.MaxResponseTime)); err == nil {
			out = append(out, ownPolicy{"adaptive-" + string(aim), a})
		}
	}
	return out
}

// drivers makes the drivers that names ask for, for a trial whose settings may be nil where they are wrong.
func (m *mistakes) drivers(names string, t trial, o sim.Options) []sim.Driver {
	chosen := m.policies(names)
	if len(m.problems) > 0 {
		return nil
	}
	var out []sim.Driver
	own := ownPolicies(t.s)
	if len(own) == 1 && slices.ContainsFunc(chosen,
		func(name string) bool { return strings.HasPrefix(name, "adaptive") }) {
		m.add("MAX_RESPONSE_TIME_IN_MS",
			"%g is nothing that the adaptive policy could aim at; write a number above 0", t.s.MaxResponseTime)
		return nil
	}
	for _, p := range own {
		if slices.Contains(chosen, p.name) {
			out = append(out, t.bot(p.name, &p, nil))
		}
	}
	for _, d := range append(peers.All(o.Fleet), sim.Oracle()) {
		if slices.Contains(chosen, d.Name) {
			out = append(out, d)
		}
	}
	return out
}

// policies reads names of policies, with commas between. One that has no number of its own, such as hpa, is the first
// of its kind.
func (m *mistakes) policies(names string) []string {
	known := policyNames()
	if names == "all" {
		return known
	}
	var out []string
	for name := range strings.SplitSeq(names, ",") {
		name = strings.ToLower(strings.TrimSpace(name))
		i := slices.Index(known, name)
		if i < 0 {
			i = slices.IndexFunc(known, func(k string) bool { return strings.HasPrefix(k, name+"-") })
		}
		if i < 0 {
			m.add("--policy", "%q is no policy; write all, or some of %s", name, strings.Join(known, ", "))
			continue
		}
		out = append(out, known[i])
	}
	return out
}

// policyNames are the names of all policies there are.
func policyNames() []string {
	var names []string
	for _, p := range ownPolicies(settings.Defaults()) {
		names = append(names, p.name)
	}
	for _, d := range append(peers.All(sim.DefaultFleet()), sim.Oracle()) {
		names = append(names, d.Name)
	}
	return names
}

func shapeHelp() string {
	var names []string
	for _, s := range sim.Shapes() {
		names = append(names, s.Name+" ("+s.About+")")
	}
	return strings.Join(names, ", ")
}
