//go:build unix

package cli

import (
	"net/http"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
)

// While Heroku's maintenance page answers the heartbeats, the bot holds and gives the reason, as check does. Afterwards it scales again.
func TestMaintenanceModeIsNoLoad(t *testing.T) {
	t.Parallel() // waits more than it computes
	api, app, hook := herokutest.NewServer(t), newHeart(t), newHook(t)
	forest := dancingForest(app.url, 1)
	forest.Maintenance = true
	api.AddApp(forest)
	app.answer(herokutest.MaintenancePage)
	env := []string{
		"HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY=" + api.Key, "HEROKU_API_URL=" + api.URL, "ADMIN_SOCKET=none",
		"HEARTBEAT_INTERVAL_IN_SECONDS=0.2", "NUMBER_OF_FAILS_TO_SCALE_UP_AFTER=2", "MAX_DYNOS=4",
		"NOTIFICATION_BACKENDS=webhook", "WEBHOOK_URL=" + hook.url, "WEBHOOK_SECRET=" + hook.secret,
	}
	o := runOnce(t, env, "check")
	if text := oneSpaced(o.stdout); o.code != exitWork || !strings.Contains(text, "heartbeat WRONG maintenance: the app is in maintenance mode") {
		t.Errorf("check: code %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	b := start(t, []string{api.Key}, env...)
	read := func() int {
		n := 0
		for _, c := range api.Calls() {
			if c.Method == http.MethodPatch {
				t.Fatalf("maintenance mode changed the number of dynos: %s", c.Body)
			}
			if c.Path == "/apps/dancing-forest/formation/web" {
				n++
			}
		}
		return n
	}
	first := read()
	b.wait("ten heartbeats in maintenance mode", func() bool { return read() >= first+10 })
	b.wait("the reason in the log", func() bool { return strings.Contains(b.log.String(), "the app is in maintenance mode") })
	b.wait("a notice", func() bool { return hook.take("left_alone", "opened") })
	api.SetMaintenance("dancing-forest", false)
	app.answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	b.wait("2 dynos", func() bool { return api.Quantity("dancing-forest", "web") >= 2 })
	b.terminate()
}
