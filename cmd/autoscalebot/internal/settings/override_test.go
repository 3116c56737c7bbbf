package settings_test

import (
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

func TestAPairLiesOverTheEnvironment(t *testing.T) {
	// The last of these would need more settings, but has no effect here.
	env(t, "HEROKU_API_KEY=", "PLATFORM=command", "INCREMENT=2", "MAX_DYNOS=9", "AUTOSCALE_MIN_DYNOS=2", "NOTIFICATION_BACKENDS=slack")
	s, err := settings.LoadTrial([]string{"INCREMENT=5", "NUMBER_OF_FAILS_TO_SCALE_UP_AFTER=7"}, []string{"INCREMENT=7", "MAX_DYNOS=", "AUTOSCALE_INCREMENT=3", "MIN_RESPONSE_TIME_IN_MS= 100 "})
	must(t, err)
	if s.Increment.Dynos != 3 || s.MinResponseTime != 100 {
		t.Errorf("INCREMENT is %v and MIN_RESPONSE_TIME_IN_MS %g, want 3 and 100", s.Increment, s.MinResponseTime)
	}
	if s.Fails.N != 7 {
		t.Errorf("NUMBER_OF_FAILS_TO_SCALE_UP_AFTER is %v, want what lies below", s.Fails)
	}
	if l := s.Table.At(time.Now()); l.Min != 2 || l.Max != 3 {
		t.Errorf("the limits are %+v, want the minimum of the environment and the maximum's default", l)
	}
}

func TestAllMistakesOfPairsAreToldAtOnce(t *testing.T) {
	env(t)
	_, err := settings.LoadTrial(nil, []string{
		"INCREMENT", "INCREMNT=1", "SLACK_CHANNEL=#ops", "INCREMENT=x", "MIN_DYNOS=5", "MAX_DYNOS=2", "HEARTBEAT_INTERVAL_IN_SECONDS=0.01", "MONTHLY_BUDGET=10",
	})
	if err == nil {
		t.Fatal("all is fine")
	}
	for _, want := range []string{
		"7 settings are wrong:",
		"INCREMENT: must be NAME=value, such as INCREMENT=2",
		"INCREMNT: unknown setting; the nearest is INCREMENT",
		"SLACK_CHANNEL: has no effect in a simulation. Remove it",
		`INCREMENT: "x": must be a whole number, 1 or more, or a share such as 50%`,
		"MIN_DYNOS, MAX_DYNOS: ",
		"HEARTBEAT_INTERVAL_IN_SECONDS: 0.01: must be at least 0.1",
		"DYNO_PRICE_PER_MONTH: is not set",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it does not say %q:\n%v", want, err)
		}
	}
}
