package settings_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

func TestInForceSaysWhatHoldsAndWhereItComesFrom(t *testing.T) {
	env(t, "AUTOSCALE_MAX_DYNOS= 7 ", "HEARTBEAT_URL=https://bot:"+secret+"@example.com/beat?key="+secret+"#"+secret,
		"HEARTBEAT_HEADERS=X-Key: "+secret, "COUNT_COMMAND=count --password "+secret, "CONTROL_URL=://"+secret, "SMTP_URL=smtp://u:"+secret+"@mail")
	want := map[string]string{
		"MAX_DYNOS":         "7 from AUTOSCALE_MAX_DYNOS",
		"MIN_DYNOS":         "1 from ",
		"HEROKU_APP_NAME":   "dancing-forest from HEROKU_APP_NAME",
		"HEROKU_API_KEY":    "(set, hidden) from HEROKU_API_KEY",
		"HEARTBEAT_URL":     "https://…@example.com/beat?… from HEARTBEAT_URL",
		"HEARTBEAT_HEADERS": "(set, hidden) from HEARTBEAT_HEADERS",
		"COUNT_COMMAND":     "(set, hidden) from COUNT_COMMAND",
		"CONTROL_URL":       "(set, hidden) from CONTROL_URL",
		"SMTP_URL":          "(set, hidden) from SMTP_URL",
		"SLACK_BOT_TOKEN":   " from ",
	}
	all := new(settings.Settings).AllInForce()
	for _, s := range all {
		if got := s.Value + " from " + s.From; want[s.Name] != "" && got != want[s.Name] {
			t.Errorf("%s is %q, want %q", s.Name, got, want[s.Name])
		}
	}
	if text := fmt.Sprintf("%+v", all); strings.Contains(text, secret) || len(all) != len(settings.Entries()) {
		t.Errorf("%d settings, with a secret among them: %t", len(all), strings.Contains(text, secret))
	}
}
