//go:build unix

package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
	"github.com/autoscalebot/autoscalebot/bot/porttest"
)

// A way is one of the bot's endpoints with a secret.
type way struct {
	method, path, header, body string
	value                      string // the header's
	form                       bool
}

func (w way) status(t *testing.T, url, secret string) (int, http.Header) {
	t.Helper()
	body := w.body
	if w.form {
		body += secret
	}
	r, err := http.NewRequestWithContext(t.Context(), w.method, url+w.path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if w.form {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	switch w.header {
	case "":
	case "basic":
		r.SetBasicAuth("bot", secret)
	default:
		r.Header.Set(w.header, w.value+secret)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	a, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, a.Body)
	a.Body.Close()
	return a.StatusCode, a.Header
}

// Wrong secrets at all endpoints count together: after a few the answer is 429, and the log has a line or two.
func TestGuessesOfAllWaysCountTogether(t *testing.T) {
	t.Parallel()
	const password, token, push, drain, otlp = "p4ssw0rd-of-the-page", "adm1n-t0ken-0123456789", "push-t0ken-0123456789", "drain-pa55word-01234", "otlp-t0ken-0123456789"
	admin := porttest.Addr(t)
	ways := map[string]way{
		"the page's form":             {method: "POST", path: "/sign-in", form: true, body: "password="},
		"the page's token":            {method: "GET", path: "/series?last=3600", header: "Authorization", value: "Bearer "},
		"the metrics by a password":   {method: "GET", path: "/metrics", header: "basic"},
		"the metrics by a token":      {method: "GET", path: "/metrics", header: "Authorization", value: "Bearer "},
		"pushes":                      {method: "POST", path: "/metrics/jobs", header: "Authorization", value: "Bearer ", body: "1"},
		"pushes of App Autoscaler":    {method: "POST", path: "/v1/apps/shop/metrics", header: "basic", body: "{}"},
		"the log drain by a password": {method: "POST", path: "/logdrain", header: "basic"},
		"the API":                     {method: "GET", path: "http://" + admin + "/v1/status", header: "Authorization", value: "Bearer "},
	}
	run := func(t *testing.T, more ...string) (*process, string) {
		app := newHeart(t)
		env, _ := counted(t, app, "1")
		b := start(t, []string{password, token, push, drain, otlp}, append(env, append([]string{
			"DASHBOARD_ADDR=127.0.0.1:0", "DASHBOARD_PASSWORD=" + password, "ADMIN_TOKEN=" + token, "ADMIN_ADDR=" + admin, "ADMIN_SOCKET=none",
			"PUSH_TOKEN=" + push, "HISTORY=memory",
		}, more...)...)...)
		url := b.page()
		b.wait("the API", func() bool {
			c, err := net.Dial("tcp", admin)
			if err == nil {
				c.Close()
			}
			return err == nil
		})
		return b, url
	}
	b, url := run(t, "LOGDRAIN_PASSWORD="+drain)
	at := func(w way) string {
		if strings.HasPrefix(w.path, "http://") {
			return ""
		}
		return url
	}
	first := ways["the page's form"]
	for range 12 {
		first.status(t, url, "not-the-password")
	}
	for name, w := range ways {
		status, h := w.status(t, at(w), "not-the-secret-0123456789")
		seconds, err := strconv.Atoi(h.Get("Retry-After"))
		if status != http.StatusTooManyRequests || err != nil || seconds < 1 || seconds > 60 {
			t.Errorf("%s: after too many guesses another is answered with %d, Retry-After %q", name, status, h.Get("Retry-After"))
		}
	}
	for range 300 {
		ways["the metrics by a password"].status(t, url, "not-the-password")
	}
	// Tokens are too long to guess, so the right token always works.
	for name, c := range map[string]struct {
		secret string
		status int
	}{
		"the page's token": {token, 200}, "the metrics by a token": {token, 200}, "pushes": {push, 200}, "the API": {token, 200},
		"pushes of App Autoscaler": {push, 400}, "the log drain by a password": {drain, 415},
	} {
		if status, _ := ways[name].status(t, at(ways[name]), c.secret); status != c.status {
			t.Errorf("%s: the right secret is answered with %d, want %d", name, status, c.status)
		}
	}
	if n := strings.Count(b.log.String(), "refusals="); n < 2 || n > 30 || !strings.Contains(b.log.String(), "too many wrong passwords") {
		t.Errorf("more than 300 refusals are logged in %d lines", n)
	}
	b.terminate()

	// Behind a trusted proxy each address has its own count.
	b, url = run(t, "TRUSTED_PROXIES=127.0.0.1", "OTLP_TOKEN="+otlp)
	from := func(addr, secret string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth("bot", secret)
		r.Header.Set("X-Forwarded-For", "10.9.8.7, "+addr)
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		return a.StatusCode
	}
	for range 12 {
		from("198.51.100.7", "not-the-password")
	}
	if guesser, owner := from("198.51.100.7", password), from("203.0.113.9", password); guesser != 429 || owner != 200 {
		t.Errorf("the guesser's address is answered with %d, the owner's with %d", guesser, owner)
	}
	telemetry, counts := way{method: "POST", path: "/v1/metrics", header: "Authorization", value: "Bearer "}, map[int]int{}
	for range 12 {
		status, _ := telemetry.status(t, url, "not-the-secret-0123456789")
		counts[status]++
	}
	if status, _ := telemetry.status(t, url, otlp); counts[401] < 10 || counts[429] < 1 || status != http.StatusUnsupportedMediaType {
		t.Errorf("wrong tokens of OpenTelemetry are answered with %v, the right one with %d", counts, status)
	}
	b.terminate()
}

// A foreign site whose name resolves to this machine gets no data (DNS rebinding).
func TestAnOpenListenerAnswersOnlyToItsOwnHost(t *testing.T) {
	t.Parallel()
	app := newHeart(t)
	env, _ := counted(t, app, "1")
	b := start(t, nil, append(env, "DASHBOARD_ADDR=127.0.0.1:0", "ADMIN_SOCKET=none", "HISTORY=memory", "PUSH_TOKEN=push-t0ken-0123456789")...)
	url := b.page()
	b.wait("a heartbeat", func() bool { return strings.Contains(fetch(t, url+"/readyz"), "ok") })
	get := func(path, host string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		if body, _ := io.ReadAll(a.Body); a.StatusCode != 200 && strings.Contains(string(body), "shop") {
			t.Errorf("%s for %s tells %s", path, host, body)
		}
		return a.StatusCode
	}
	for _, path := range []string{"/metrics", "/healthz", "/readyz", "/"} {
		for _, host := range []string{"rebind.example.com", "rebind.example.com:80", "127.0.0.1.example.com", "192.168.1.7", "localhost.example.com"} {
			if got := get(path, host); got != http.StatusMisdirectedRequest {
				t.Errorf("%s for %s is answered with %d", path, host, got)
			}
		}
		for _, host := range []string{"localhost", "LOCALHOST:1234", "127.0.0.1", "[::1]:80", "127.1.2.3:80"} {
			if got := get(path, host); got != http.StatusOK {
				t.Errorf("%s for %s is answered with %d", path, host, got)
			}
		}
	}
	push := way{method: "POST", header: "Authorization", value: "Bearer ", body: `{"instance_index":0,"metrics":[{"name":"jobs","value":7,"unit":"jobs"}]}`}
	for app, want := range map[string]int{"shop": 200, "another": 403, "Shop": 403} {
		push.path = "/v1/apps/" + app + "/metrics"
		if got, _ := push.status(t, url, "push-t0ken-0123456789"); got != want {
			t.Errorf("a push for %s is answered with %d, want %d", app, got, want)
		}
	}
	b.terminate()
}

// Idle connections leave file descriptors for the heartbeat.
func TestIdleConnectionsDoNotBlindTheHeartbeat(t *testing.T) {
	t.Parallel()
	app := newHeart(t)
	env, _ := counted(t, app, "1")
	admin := porttest.Addr(t)
	b := startBy(t, []string{"sh", "-c", `ulimit -n 256 && exec "$0"`}, nil, append(env, "DASHBOARD_ADDR=127.0.0.1:0", "ADMIN_SOCKET=none", "HISTORY=memory",
		"ADMIN_ADDR="+admin, "ADMIN_TOKEN=adm1n-t0ken-0123456789", "LOG_LEVEL=debug", "HEARTBEAT_KEEP_ALIVE=false")...)
	url := b.page()
	b.wait("a heartbeat", func() bool { return strings.Contains(fetch(t, url+"/readyz"), "ok") })
	var idle []net.Conn
	for i := range 600 {
		to := strings.TrimPrefix(url, "http://")
		if i%2 == 1 {
			to = admin
		}
		c, err := net.DialTimeout("tcp", to, 5*time.Second)
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		defer c.Close()
		idle = append(idle, c)
		if i%3 == 0 {
			fmt.Fprint(c, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
		}
		if i%50 == 0 {
			fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: loc") // incomplete
		}
	}
	mark := len(b.log.String())
	time.Sleep(2 * time.Second) // ten heartbeats
	log := b.log.String()[mark:]
	if strings.Contains(log, "too many open files") || strings.Contains(log, "unreachable") || strings.Count(log, "held") < 3 {
		t.Errorf("with %d connections the bot says:\n%.2000s", len(idle), log)
	}
	if body := fetch(t, url+"/healthz"); !strings.Contains(body, `"ok"`) {
		t.Errorf("the page's server says %s", body)
	}
	b.terminate()
}

// Idle connections do not block the local router either, nor the socket.
func TestIdleConnectionsDoNotBlindTheLocalRouter(t *testing.T) {
	t.Parallel()
	admin, router, dir := porttest.Addr(t), porttest.Addr(t), t.TempDir()
	env := []string{
		"PATH=" + os.Getenv("PATH"), "XDG_RUNTIME_DIR=" + dir, "PLATFORM=local", "LOCAL_ADDR=" + router, "LOCAL_COMMAND=" + binary(t) + " sample-app", "HEROKU_APP_NAME=shop",
		"HEARTBEAT_URL=http://" + router + "/", "HEARTBEAT_INTERVAL_IN_SECONDS=0.2", "MAX_RESPONSE_TIME_IN_MS=10000", "MAX_DYNOS=1", "HISTORY=none",
		"ADMIN_ADDR=" + admin, "ADMIN_TOKEN=adm1n-t0ken-0123456789", "LOG_LEVEL=debug", "HEARTBEAT_KEEP_ALIVE=false",
	}
	b := startBy(t, []string{"sh", "-c", `ulimit -n 256 && exec "$0"`}, nil, env...)
	b.wait("the local app", func() bool { return strings.Contains(b.log.String(), "held") })
	sockets, err := filepath.Glob(filepath.Join(dir, "autoscalebot*", "*.sock"))
	if more, _ := filepath.Glob(filepath.Join(dir, "*.sock")); err != nil || len(sockets)+len(more) != 1 {
		t.Fatalf("the sockets in %s are %v %v", dir, sockets, more)
	} else {
		sockets = append(sockets, more...)
	}
	for i := range 900 {
		to := []struct{ network, address string }{{"tcp", router}, {"unix", sockets[0]}, {"tcp", admin}}[i%3]
		c, err := net.DialTimeout(to.network, to.address, 5*time.Second)
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		defer c.Close()
		if i%2 == 0 {
			fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: loc") // incomplete
		}
	}
	mark := len(b.log.String())
	time.Sleep(2 * time.Second) // ten heartbeats
	log := b.log.String()[mark:]
	if strings.Contains(log, "too many open files") || strings.Contains(log, "unreachable") || strings.Count(log, "held") < 3 {
		t.Errorf("the bot says:\n%.2000s", log)
	}
	if o := runOnce(t, env, "status"); o.code != exitFine {
		t.Errorf("status: code %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	b.terminate()
}

var ourMetric = regexp.MustCompile(`autoscalebot_[a-z_]+`)

// Alerts and panels use only metrics that the bot serves.
func TestTheBotServesEveryMetricOfTheAlertsAndTheBoard(t *testing.T) {
	t.Parallel()
	api, app, hook := herokutest.NewServer(t), newHeart(t), newHook(t)
	api.AddApp(dancingForest(app.url, 1))
	app.answer(takes(60 * time.Millisecond))
	b := start(t, []string{api.Key, hook.secret},
		"HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY="+api.Key, "HEROKU_API_URL="+api.URL, "MAX_DYNOS=2", "DEPLOY_GRACE_IN_SECONDS=0",
		"HEARTBEAT_INTERVAL_IN_SECONDS=0.3", "MAX_RESPONSE_TIME_IN_MS=20", "MIN_RESPONSE_TIME_IN_MS=1", "NUMBER_OF_FAILS_TO_SCALE_UP_AFTER=2",
		"MONTHLY_BUDGET=10000", "DYNO_PRICE_PER_MONTH=50", "HISTORY=memory", "DASHBOARD_ADDR=127.0.0.1:0", "ADMIN_SOCKET=none",
		"NOTIFICATION_BACKENDS=webhook", "NOTIFY_ON_EVERY_SCALE=true", "WEBHOOK_URL="+hook.url, "WEBHOOK_SECRET="+hook.secret,
	)
	url := b.page()
	named := map[string]bool{}
	for _, file := range []string{"prometheus/alerts.yml", "grafana/autoscalebot.json"} {
		text := read(t, "../../../../examples/"+file)
		if file == "grafana/autoscalebot.json" && !json.Valid([]byte(text)) {
			t.Fatal("the board is not JSON")
		}
		for _, name := range ourMetric.FindAllString(text, -1) {
			named[name] = true
		}
	}
	if len(named) < 20 {
		t.Fatalf("the alerts and the board name %d metrics", len(named))
	}
	var lacks []string
	served := func() bool {
		lacks = nil
		text := fetch(t, url+"/metrics")
		for name := range named {
			if !regexp.MustCompile(`(?m)^` + name + `[ {]`).MatchString(text) {
				lacks = append(lacks, name)
			}
		}
		slices.Sort(lacks)
		return len(lacks) == 0
	}
	for deadline := time.Now().Add(soon); !served() && time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
	}
	if len(lacks) > 0 {
		t.Errorf("a running bot never serves %v", lacks)
	}
	b.terminate()
}
