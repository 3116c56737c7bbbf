package decide_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/probe"
)

func TestFactsAloneDecide(t *testing.T) {
	fast := []probe.Reading{took(50)}
	due := decide.State{Begun: noon.Add(-time.Hour), RunState: decide.RunState{Fast: 0b111111111}}
	for name, c := range map[string]struct {
		change func(*decide.Facts)
		rule   decide.Rule
		clamp  string
		to     int
	}{
		"nothing":                 {func(*decide.Facts) {}, decide.RuleFast, "", 2},
		"offline":                 {func(f *decide.Facts) { f.Offline = true }, decide.RuleOffline, "", -1},
		"the number is not known": {func(f *decide.Facts) { f.Dynos = -1 }, decide.RuleUnknown, "", -1},
		"left alone":              {func(f *decide.Facts) { f.LeftAlone = "the app is stopped" }, decide.RuleLeftAlone, "", 3},
		"an earlier change":       {func(f *decide.Facts) { f.Settled = false }, decide.RuleFast, decide.ClampUnsettled, 3},
		"a release under way":     {func(f *decide.Facts) { f.Release = &decide.Release{At: noon.Add(-time.Hour)} }, decide.RuleFast, decide.ClampDeploy, 3},
		"a young release":         {func(f *decide.Facts) { f.Release = &decide.Release{At: noon, Done: true} }, decide.RuleFast, decide.ClampDeploy, 3},
		"an old release":          {func(f *decide.Facts) { f.Release = &decide.Release{At: noon.Add(-time.Hour), Done: true} }, decide.RuleFast, "", 2},
		"no word of a release":    {func(f *decide.Facts) { f.Release = &decide.Release{Unknown: true} }, decide.RuleFast, decide.ClampDeploy, 3},
		"an override": {func(f *decide.Facts) {
			f.Control.Override = decide.Override{Dynos: 5, Until: noon.Add(time.Hour)}
		}, decide.RuleOverride, "", 5},
	} {
		p := defaults
		p.DeployGrace = 5 * time.Minute
		f := facts(noon, fast, bounds(1, 9), 3)
		c.change(&f)
		st, d := p.Decide(due, f)
		by := ""
		if n := len(d.Clamps); n > 0 {
			by = d.Clamps[n-1].By
		}
		if d.Rule != c.rule || by != c.clamp || d.To != c.to {
			t.Errorf("%s: %s, clamped by %q, to %d; want %s, %q, %d", name, d.Rule, by, d.To, c.rule, c.clamp, c.to)
		}
		if again, d2 := p.Decide(due, f); !reflect.DeepEqual(again, st) || !reflect.DeepEqual(d2, d) {
			t.Errorf("%s: decided otherwise the second time", name)
		}
	}
}
