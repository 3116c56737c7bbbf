package service

import (
	"reflect"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
)

func TestThePolicyIsThatOfTheSettings(t *testing.T) {
	for policy, adaptive := range map[string]bool{"": false, "count": false, "Adaptive": true} {
		settingstest.Env(t)
		t.Setenv("HEROKU_APP_NAME", "dancing-forest")
		t.Setenv("HEROKU_API_KEY", "k")
		t.Setenv("POLICY", policy)
		t.Setenv("AIM", "safe")
		s, err := settingstest.Load()
		if err != nil {
			t.Fatal(err)
		}
		if o := Options(s, Parts{}, nil, Host{}); (o.Policy.Adaptive != nil) != adaptive {
			t.Errorf("POLICY=%s makes %+v", policy, o.Policy)
		}
	}
	t.Setenv("MAX_RESPONSE_TIME_IN_MS", "0")
	t.Setenv("MIN_RESPONSE_TIME_IN_MS", "0")
	t.Setenv("POLICY", "adaptive")
	if _, err := settingstest.Load(); err == nil || !strings.Contains(err.Error(), "MAX_RESPONSE_TIME_IN_MS: 0: POLICY=adaptive needs an upper threshold above 0") {
		t.Errorf("a bound of 0: %v", err)
	}
	s := &settings.Settings{}
	s.Policy, s.Aim, s.MaxResponseTime = "adaptive", settings.Word(adaptive.Lean), 500
	if loadModel(s) == nil {
		t.Error("no policy")
	}
}

// The aim may be the price of a slow minute, which is compared with the price of a dyno.
func TestTheAimMayBeAPriceOfASlowMinute(t *testing.T) {
	of := func(pairs ...string) *adaptive.Model {
		t.Helper()
		s, err := settings.LoadTrial(nil, append(pairs, "POLICY=adaptive"))
		if err != nil {
			t.Fatal(err)
		}
		return loadModel(s)
	}
	settingstest.Env(t)
	same := func(a, b *adaptive.Model) bool { return reflect.DeepEqual(a, b) }
	if dear := of("AIM=$100"); !same(dear, of("AIM=safe")) || !same(of("AIM=0.0001"), of("AIM=lean")) || same(of("AIM=0.5"), of("AIM=safe")) || same(of("AIM=0.5"), of("AIM=balanced")) {
		t.Error("AIM=$100 is not safe, AIM=0.0001 is not lean, or AIM=0.5 is one of the words")
	}
	if !same(of("AIM=0.5"), of("AIM=1", "DYNO_PRICE_PER_MONTH=50")) {
		t.Error("with dynos that cost twice as much, a slow minute at twice the price is not the same")
	}
	for _, wrong := range []string{"bold", "0", "-1", "nan"} {
		if _, err := settings.LoadTrial(nil, []string{"AIM=" + wrong}); err == nil || !strings.Contains(err.Error(), "must be lean, balanced or safe, or what a slow minute costs you in dollars, such as 0.50") {
			t.Errorf("AIM=%s: %v", wrong, err)
		}
	}
}
