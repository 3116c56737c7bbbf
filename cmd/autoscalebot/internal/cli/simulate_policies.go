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

// Without an upper threshold there is no adaptive policy. The one named adaptive has the settings' aim.
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

// The trial's settings are nil if they are invalid.
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
			"is %g: the adaptive policy needs a number above 0", t.s.MaxResponseTime)
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

// A name without its number, such as hpa, is the first policy of that kind.
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
			m.add("--policy", "unknown policy %q: must be all, or some of %s", name, strings.Join(known, ", "))
			continue
		}
		out = append(out, known[i])
	}
	return out
}

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

func shapes() []string {
	var names []string
	for _, s := range sim.Shapes() {
		names = append(names, s.Name+" ("+s.About+")")
	}
	return names
}
