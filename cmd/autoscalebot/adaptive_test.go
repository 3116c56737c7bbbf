package main

import (
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

func TestThePolicyIsThatOfTheSettings(t *testing.T) {
	for policy, adaptive := range map[string]bool{"": false, "count": false, "Adaptive": true} {
		clearEnv(t)
		t.Setenv("HEROKU_APP_NAME", "dancing-forest")
		t.Setenv("HEROKU_API_KEY", "k")
		t.Setenv("POLICY", policy)
		t.Setenv("AIM", "safe")
		s, err := settings.Load()
		if err != nil {
			t.Fatal(err)
		}
		if o := options(s, parts{}, nil, host{}); (o.Policy.Adaptive != nil) != adaptive {
			t.Errorf("POLICY=%s makes %+v", policy, o.Policy)
		}
	}
	t.Setenv("MAX_RESPONSE_TIME_IN_MS", "0")
	t.Setenv("MIN_RESPONSE_TIME_IN_MS", "0")
	t.Setenv("POLICY", "adaptive")
	if _, err := settings.Load(); err == nil || !strings.Contains(err.Error(), "MAX_RESPONSE_TIME_IN_MS: 0: POLICY=adaptive needs a bound above 0") {
		t.Errorf("a bound of 0: %v", err)
	}
	if adaptive(&settings.Settings{Policy: "adaptive", Aim: settings.Word(bot.Lean), MaxResponseTime: 500}) == nil {
		t.Error("no policy")
	}
}
