package bot_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/probe"
)

// Whatever keeps a decision from changing anything is among the facts, so that a decision can be taken again without a bot.
func TestFactsAloneDecide(t *testing.T) {
	fast := []probe.Reading{took(50)}
	due := bot.State{Begun: noon.Add(-time.Hour), Fast: 0b111111111}
	for name, c := range map[string]struct {
		change func(*bot.Facts)
		rule   bot.Rule
		clamp  string
		to     int
	}{
		"nothing":                 {func(*bot.Facts) {}, bot.RuleFast, "", 2},
		"offline":                 {func(f *bot.Facts) { f.Offline = true }, bot.RuleOffline, "", -1},
		"the number is not known": {func(f *bot.Facts) { f.Dynos = -1 }, bot.RuleUnknown, "", -1},
		"left alone":              {func(f *bot.Facts) { f.LeftAlone = "the app is stopped" }, bot.RuleLeftAlone, "", 3},
		"an earlier change":       {func(f *bot.Facts) { f.Settled = false }, bot.RuleFast, bot.ClampUnsettled, 3},
		"a release under way":     {func(f *bot.Facts) { f.Release = &bot.Release{At: noon.Add(-time.Hour)} }, bot.RuleFast, bot.ClampDeploy, 3},
		"a young release":         {func(f *bot.Facts) { f.Release = &bot.Release{At: noon, Done: true} }, bot.RuleFast, bot.ClampDeploy, 3},
		"an old release":          {func(f *bot.Facts) { f.Release = &bot.Release{At: noon.Add(-time.Hour), Done: true} }, bot.RuleFast, "", 2},
		"no word of a release":    {func(f *bot.Facts) { f.Release = &bot.Release{Unknown: true} }, bot.RuleFast, bot.ClampDeploy, 3},
		"an override": {func(f *bot.Facts) {
			f.Control.Override = bot.Override{Dynos: 5, Until: noon.Add(time.Hour)}
		}, bot.RuleOverride, "", 5},
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

// What the platform answers becomes part of the state only as the policy says.
func TestAnAnswerIsTakenIn(t *testing.T) {
	f := facts(noon, nil, bounds(1, 9), 2)
	up := bot.Decision{From: 2, To: 3, Desired: 3, Rule: bot.RuleLimits}
	for o, want := range map[bot.Outcome]struct {
		dynos, to  int
		unanswered bool
		up         time.Time
	}{
		bot.Accepted:  {3, 3, false, noon},
		bot.Refused:   {2, 3, true, time.Time{}},
		bot.Late:      {2, 2, true, time.Time{}},
		bot.Deploying: {2, 2, true, time.Time{}},
		bot.DryRun:    {2, 3, false, noon},
	} {
		st, d := defaults.Answered(bot.State{Known: true, Dynos: 2}, f, up, o)
		if st.Dynos != want.dynos || d.To != want.to || st.Unanswered != want.unanswered || !st.LastUp.Equal(want.up) {
			t.Errorf("%s: %d dynos, decided on %d, unanswered %v, last scale-up %v", o, st.Dynos, d.To, st.Unanswered, st.LastUp)
		}
	}
}
