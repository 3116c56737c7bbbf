//go:build unix

package cli

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
)

// Answers that say nothing about load do not change the number of dynos, unless a setting makes them count. check explains which.
func TestAnswersThatAreNoAnswer(t *testing.T) {
	t.Parallel() // waits more than it computes
	redirect := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
	}
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	body := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
	}
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		env    string
		dynos  int // at the end, beginning with 2
		check  string
	}{
		{"Cloudflare's 525", status(525), "", 2, "WRONG bad answer: status 525"},
		{"525 that is to count", status(525), "HEARTBEAT_FAIL_ON=timeout,5xx,525", 4, "WRONG overloaded: status 525"},
		{"503 that is accepted", status(503), "HEARTBEAT_STATUSES=2xx,503", 1, "ok 503 after"},
		{"a login page", redirect("/login"), "", 2, "/login"},
		{"a login page that may answer", redirect("/login"), "HEARTBEAT_REDIRECTS=any", 1, "redirects: 1, to http://127.0.0.1:"},
		{"no keyword", body("a parked domain"), "HEARTBEAT_KEYWORD=all well", 2, "WRONG bad answer: the answer does not contain the keyword"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			api, app := herokutest.NewServer(t), newPages(t, c.answer)
			api.AddApp(dancingForest(app, 2))
			env := []string{
				"HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY=" + api.Key, "HEROKU_API_URL=" + api.URL, "ADMIN_SOCKET=none", "LOG_LEVEL=debug",
				"HEARTBEAT_INTERVAL_IN_SECONDS=0.1", "HEARTBEAT_JITTER=0", "NUMBER_OF_FAILS_TO_SCALE_UP_AFTER=2", "NUMBER_OF_PASSES_TO_SCALE_DOWN_AFTER=2",
				"MAX_DYNOS=4", "DEPLOY_GRACE_IN_SECONDS=0", "MANUAL_HOLD_IN_MINUTES=0", "STOP_AFTER_UPS_WITHOUT_HELP=0", c.env,
			}
			// On a busy machine a check needs time to ask Heroku for the app's URL.
			if o := runOnce(t, append(slices.Clone(env), "HEARTBEAT_INTERVAL_IN_SECONDS=30"), "check"); !strings.Contains(oneSpaced(o.stdout), c.check) {
				t.Errorf("check does not say %q:\n%s%s", c.check, o.stdout, o.stderr)
			}
			b := start(t, []string{api.Key}, env...)
			b.wait("the dynos", func() bool { return api.Quantity("dancing-forest", "web") == c.dynos })
			b.wait("ten heartbeats more", func() bool { return strings.Count(b.log.String(), "response_time_ms") >= 12 })
			if n := api.Quantity("dancing-forest", "web"); n != c.dynos {
				t.Errorf("%d dynos, want %d", n, c.dynos)
			}
			b.terminate()
		})
	}
}

// Only the heartbeat's answer changes: the other pages always answer 200.
func newPages(t *testing.T, beat http.HandlerFunc) (url string) {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/autoscalebot/heartbeat/" {
			beat(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}
