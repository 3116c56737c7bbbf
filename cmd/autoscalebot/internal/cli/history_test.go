//go:build unix

package cli

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The platform is a number in a file.
func counted(t *testing.T, app *heart, n string) (env []string, dynos func() string) {
	count := filepath.Join(t.TempDir(), "count")
	if err := os.WriteFile(count, []byte(n+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{
		"PATH=" + os.Getenv("PATH"), "PLATFORM=command", "COUNT_COMMAND=cat " + count, `SCALE_COMMAND=sh -c 'echo "$DYNOS" >` + count + `'`,
		"HEARTBEAT_URL=" + app.url + "/autoscalebot/heartbeat/", "HEARTBEAT_INTERVAL_IN_SECONDS=0.3", "HEARTBEAT_TIMEOUT_IN_SECONDS=0.28",
		"MAX_RESPONSE_TIME_IN_MS=50", "MIN_RESPONSE_TIME_IN_MS=1", "HEROKU_APP_NAME=shop",
	}, func() string {
		text, _ := os.ReadFile(count)
		return strings.TrimSpace(string(text))
	}
}

// A killed bot continues from its history, by default in the user's state folder.
func TestTheBotGoesOnFromItsHistory(t *testing.T) {
	t.Parallel()
	app := newHeart(t)
	app.answer(takes(60 * time.Millisecond))
	env, dynos := counted(t, app, "2")
	dir := t.TempDir()
	env = append(env, "XDG_STATE_HOME="+dir, "XDG_RUNTIME_DIR="+dir, "NUMBER_OF_FAILS_TO_SCALE_UP_AFTER=5", "MAX_DYNOS=3", "NOTIFICATION_BACKENDS=log", "DASHBOARD_ADDR=127.0.0.1:0")
	b := start(t, nil, env...)
	b.wait("a heartbeat", func() bool { return strings.Contains(b.log.String(), "heartbeats in a row slower") })
	if o := runOnce(t, env, "pause", "up", "until", "2199-12-31", "18:00"); o.code == exitFine || !strings.Contains(o.stderr, "must be in the future, and at most 366 days from now") {
		t.Errorf("a pause until 2199 is answered with %s%s", o.stdout, o.stderr)
	}
	if o := runOnce(t, env, "pause", "up", "until", "tomorrow", "9:00"); o.code != exitFine || !strings.HasSuffix(o.stdout, " 09:00 UTC\n") {
		t.Errorf("a pause until tomorrow 9:00 is answered with %s%s", o.stdout, o.stderr)
	}
	if o := runOnce(t, env, "pause", "up", "60"); o.code != exitFine { // minutes
		t.Fatal(o.stderr)
	}
	b.wait("the pause to be told", func() bool { return strings.Contains(b.log.String(), "web is paused") })
	exported := func() int {
		o := runOnce(t, env, "export", "--since", "1h")
		lines := strings.Count(o.stdout, "\n")
		if strings.Count(o.stdout, `"why"`) != lines {
			t.Fatalf("an exported record does not say why: %s%s", o.stdout, o.stderr)
		}
		return lines
	}
	var before int
	b.wait("a record to be written, which may take a second", func() bool {
		time.Sleep(200 * time.Millisecond) // each look starts a process
		before = exported()
		return before > 0
	})
	_ = b.cmd.Process.Kill()
	<-b.ended
	if _, err := os.Stat(filepath.Join(dir, "autoscalebot", "shop-web.db")); err != nil {
		t.Fatal(err)
	}

	b = start(t, nil, env...)
	b.wait("the pause to bite", func() bool { return strings.Contains(b.log.String(), "desired 3, but scaling up is paused for ") })
	if strings.Contains(b.log.String(), "web is paused") || dynos() != "2" {
		t.Errorf("after a kill the pause is told again or does not hold: %s dynos", dynos())
	}
	if page := fetch(t, b.page()+"/"); !strings.Contains(page, "is paused") {
		t.Errorf("the page does not show the pause that is open:\n%.3000s", page)
	}
	b.terminate()
	if n := exported(); n <= before {
		t.Errorf("%d records were exported before the kill, and %d after the second bot ended", before, n)
	}
}

func (b *process) page() (url string) {
	at := regexp.MustCompile(`msg=serving at=(http://\S+)`)
	b.wait("the page", func() bool {
		if m := at.FindStringSubmatch(b.log.String()); m != nil {
			url = m[1]
		}
		return url != ""
	})
	return url
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestThePageNeedsAPasswordWhereOneIsSet(t *testing.T) {
	t.Parallel()
	const password, token = "p4ssw0rd-of-the-page", "adm1n-t0ken-0123456789"
	app := newHeart(t)
	app.answer(takes(0))
	env, _ := counted(t, app, "1")
	b := start(t, []string{password, token}, append(env, "MAX_RESPONSE_TIME_IN_MS=270",
		"DASHBOARD_ADDR=127.0.0.1:0", "DASHBOARD_PASSWORD="+password, "ADMIN_TOKEN="+token, "ADMIN_SOCKET=none")...)
	url := b.page()
	get := func(path, user, password, bearer string) (int, string) {
		req, err := http.NewRequest(http.MethodGet, url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if user != "" {
			req.SetBasicAuth(user, password)
		}
		if bearer != "" {
			req.Header.Set("Authorization", "Bearer "+bearer)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
	b.wait("a heartbeat", func() bool { code, _ := get("/readyz", "", "", ""); return code == 200 })
	for _, c := range []struct {
		path, user, password, bearer string
		code                         int
		want                         string
	}{
		{"/healthz", "", "", "", 200, `"status":"ok"`},
		{"/metrics", "", "", "", 401, "ADMIN_TOKEN"},
		{"/metrics", "x", "wrong", "", 401, "ADMIN_TOKEN"},
		{"/metrics", "", "", token[1:], 401, "ADMIN_TOKEN"},
		{"/metrics", "", "", token, 200, `autoscalebot_dynos{app="shop",process_type="web"} 1`},
		{"/metrics", "x", password, "", 200, "autoscalebot_ticks_total"},
		{"/", "", "", "", 200, "Sign in"},
		{"/", "", "", token, 200, "held at 1"},
	} {
		code, body := get(c.path, c.user, c.password, c.bearer)
		if code != c.code || !strings.Contains(body, c.want) || strings.Contains(body, password) || strings.Contains(body, token) {
			t.Errorf("%s with %q %q %q: %d without %q:\n%.500s", c.path, c.user, c.password, c.bearer, code, c.want, body)
		}
	}
	b.terminate()
}
