package settings_test

import (
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
)

func TestRulesThatCanNotFireAreReported(t *testing.T) {
	racetest.Computes(t)
	const signals = "SIGNALS=q=redis://h/0#q; m=rabbitmq+http://h/#q; pm=nodes+pool://:9100#memory; j=json+http://h/#a; p=prometheus+http://h/#a"
	const never, neverAdds = "prevents all scale-downs", "never leads to a scale-up"
	for rules, want := range map[string][]string{
		"cpu max=80 min=0":      {never},
		"q max=80 min=0":        {never},
		"m max=80 min=-1":       {never},
		"pm max=100 min=0":      {never, neverAdds},
		"memory max=100 min=10": {neverAdds},
		"cpu max=150 min=10":    nil, // of several cores
		"memory max=99":         nil,
		"q max=80":              nil,
		"q max=80 min=1":        nil,
		"j max=80 min=0":        nil, // which may be below
		"p max=80 min=0":        nil,
		"q by=m max=2 min=0":    nil,
	} {
		env(t, signals, "RULES="+rules)
		s := loaded(t)
		got := s.Hollow()
		if len(got) != len(want) {
			t.Errorf("%s: got %q, want %q", rules, got, want)
			continue
		}
		for i := range want {
			if !strings.Contains(got[i], want[i]) {
				t.Errorf("%s: got %q, want %q", rules, got, want)
			}
		}
	}
	inFile(t, "instance_limits: {min: 1, max: 5}\nrules:\n- {rule_type: cpu, threshold: {min: 0, max: 80}}\n", cloudFoundry...)
	if s, err := settingstest.Load(); err != nil || len(s.Hollow()) != 0 || !strings.Contains(strings.Join(s.Notes(), ""), "prevents all scale-downs") {
		t.Errorf("a manifest: %v, want it reported once, with its line", err)
	}
}
