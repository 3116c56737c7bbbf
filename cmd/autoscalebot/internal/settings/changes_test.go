package settings_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// A new setting must be in exactly one row of the table.
func TestEachSettingSaysWhetherItReloads(t *testing.T) {
	count := map[string]int{}
	for _, name := range settings.Reloads() {
		count[name]++
	}
	for _, e := range settings.Entries() {
		if count[e.Name] != 1 {
			t.Errorf("%s is in %d rows of the table in reload.go, want 1", e.Name, count[e.Name])
		}
		delete(count, e.Name)
	}
	for name := range count {
		t.Errorf("%s is in the table, but is not a setting", name)
	}
}

func TestChangesAreNamedWithoutSecrets(t *testing.T) {
	const former = "max_dynos: 5\nwebhook_url: https://hooks.example.com/s3cret-1\nsmtp_url: smtp://u:p4ssword@mail.example.com\n" +
		"heartbeat_url: https://u:p4ssword@shop.example.com/heart?key=s3cret-2\nquiet_hours: 22:00-7:00\nheartbeat_token: t0ken-of-the-page\n" +
		"count_command: curl -u me:p4ssword https://example.com\nscale_command: 'true'\nplatform: command\n"
	for _, c := range []struct{ text, want string }{
		{former, ""},
		{former + "# a comment\n\n", ""},
		{strings.Replace(former, "max_dynos: 5", "max_dynos: 10", 1), "MAX_DYNOS 5 → 10"},
		{strings.Replace(former, "max_dynos: 5", "max_instances: 10", 1), "MAX_INSTANCES 5 → 10"},
		{strings.Replace(former, "max_dynos: 5", "max_dynos: ${LARGEST}", 1), "MAX_DYNOS 5 → ${LARGEST}"},
		{strings.Replace(former, "max_dynos: 5\n", "", 1), "MAX_DYNOS 5 → 3"},
		{strings.Replace(former, "quiet_hours: 22:00-7:00\n", "", 1), "QUIET_HOURS 22:00-7:00 → not set"},
		{former + "webhook_secret: s3cret-s3cret\n", "WEBHOOK_SECRET set"},
		{strings.Replace(former, "heartbeat_token: t0ken-of-the-page\n", "", 1), "HEARTBEAT_TOKEN removed"},
		{strings.ReplaceAll(former, "s3cret", "other"), "HEARTBEAT_URL changed; WEBHOOK_URL changed"},
		{strings.ReplaceAll(former, "me:p4ssword", "me:other"), "COUNT_COMMAND changed"},
		{strings.ReplaceAll(former, "shop.example.com", "web.example.com"), "HEARTBEAT_URL https://…@shop.example.com/heart?… → https://…@web.example.com/heart?…"},
		{former + "rules: cpu max=80\nsignals: queue=redis://:p4ssword@127.0.0.1/0#jobs\n", "RULES not set → cpu max=80; SIGNALS set"},
	} {
		inFile(t, former, "LARGEST=12")
		before := loadedAll(t)
		must(t, os.WriteFile("autoscale.yaml", []byte(c.text), 0o600))
		changes, err := settings.Changes(before, loadedAll(t))
		var got []string
		for _, c := range changes {
			got = append(got, c.String())
			if len(c.Parts()) == 0 {
				t.Errorf("%s concerns no part", c.Name)
			}
		}
		if text := strings.Join(got, "; "); err != nil || text != c.want || strings.Contains(fmt.Sprintf("%+v", changes), "s3cret") || strings.Contains(fmt.Sprintf("%+v", changes), "p4ssword") {
			t.Errorf("%s\nhas %q (%v), want %q", c.text, text, err, c.want)
		}
	}
}

func loadedAll(t *testing.T) []*settings.Settings {
	t.Helper()
	all, err := settings.LoadAll()
	must(t, err)
	return all
}

// A change that all process types share is named once, the others with their process type.
func TestChangesOfSeveralProcessTypes(t *testing.T) {
	const text = app + "max_response_time_in_ms: 500\nprocesses:\n  web:\n    max_dynos: 5\n  worker:\n    max_dynos: 5\n"
	inFile(t, text)
	before := loadedAll(t)
	must(t, os.WriteFile("autoscale.yaml", []byte(strings.Replace(strings.Replace(text, "500", "600", 1), "5\n  worker", "7\n  worker", 1)), 0o600))
	changes, err := settings.Changes(before, loadedAll(t))
	if got := fmt.Sprint(changes); err != nil || got != "[web: MAX_DYNOS 5 → 7 MAX_RESPONSE_TIME_IN_MS 500 → 600]" {
		t.Errorf("the changes are %s: %v", got, err)
	}
	must(t, os.WriteFile("autoscale.yaml", []byte(app+"processes:\n  web:\n"), 0o600))
	if _, err := settings.Changes(before, loadedAll(t)); err == nil || !strings.Contains(err.Error(), "processes: web, worker → web: cannot change while the bot runs. Restart the bot to change it") {
		t.Errorf("another process type: %v", err)
	}
}

// All settings that need a restart are named at once, with their lines.
func TestWhatNeedsARestartIsRefusedWhole(t *testing.T) {
	inFile(t, app+"max_dynos: 5\n")
	before := loadedAll(t)
	must(t, os.WriteFile("autoscale.yaml", []byte(app+"max_dynos: 7\nhistory: memory\nlog_format: json\npool_name: blue\n"), 0o600))
	_, err := settings.Changes(before, loadedAll(t))
	var problems settings.Problems
	if !errors.As(err, &problems) || len(problems) != 2 || problems[0].At != "autoscale.yaml:4" || problems[1].Name != "LOG_FORMAT" {
		t.Errorf("%v", err)
	}
	const pool = "platform: pool\npool_provider: local\npool_balancer: local\nlocal_command: 'true'\nheartbeat_url: http://127.0.0.1:1/\n"
	inFile(t, pool)
	before = loadedAll(t)
	must(t, os.WriteFile("autoscale.yaml", []byte(pool+"pool_name: blue\ndry_run: true\nmax_dynos: 7\n"), 0o600))
	_, err = settings.Changes(before, loadedAll(t))
	if !errors.As(err, &problems) || len(problems) != 2 || problems[0].Name != "DRY_RUN" || problems[1].Name != "POOL_NAME" {
		t.Errorf("%v", err)
	}
}

// The environment overrides the file, which surprises people who edit it.
func TestOverriddenChangesAreNamed(t *testing.T) {
	inFile(t, app+"max_dynos: 5\nmin_dynos: 2\n", "AUTOSCALE_MAX_DYNOS=9", "MIN_DYNOS=1")
	before := loadedAll(t)
	must(t, os.WriteFile("autoscale.yaml", []byte(app+"max_dynos: 7\nmin_dynos: 2\n"), 0o600))
	after := loadedAll(t)
	changes, err := settings.Changes(before, after)
	if len(changes) > 0 || err != nil {
		t.Errorf("%v, %v", changes, err)
	}
	if got := settings.Overridden(before, after); !slices.Equal(got, []string{"AUTOSCALE_MAX_DYNOS"}) {
		t.Errorf("overridden are %q", got)
	}
}
