package heroku_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/heroku"
	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
	"github.com/autoscalebot/autoscalebot/bot/scalertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	_ bot.Scaler        = (*heroku.Platform)(nil)
	_ bot.WebURLer      = (*heroku.Platform)(nil)
	_ bot.QuotaReporter = (*heroku.Platform)(nil)
	_ bot.Checker       = (*heroku.Platform)(nil)
	_ bot.Releaser      = (*heroku.Platform)(nil)
	_ bot.UpReporter    = (*heroku.Platform)(nil)
	_ bot.Pricer        = (*heroku.Platform)(nil)
	_ bot.Sizer         = (*heroku.Platform)(nil)
	_ bot.SizePricer    = (*heroku.Platform)(nil)
)

// my-app has two web dynos.
func open(t *testing.T) (*herokutest.Server, *heroku.Platform) {
	t.Helper()
	srv := herokutest.NewServer(t)
	srv.AddApp(herokutest.App{Name: "my-app", Formation: []herokutest.Process{
		{Type: "web", Quantity: 2}, {Type: "worker", Quantity: 1, Size: "Basic"},
	}})
	return srv, platform(t, heroku.Options{App: "my-app", Key: srv.Key, URL: srv.URL})
}

func platform(t *testing.T, o heroku.Options) *heroku.Platform {
	t.Helper()
	p, err := heroku.New(o)
	must(t, err)
	return p
}

func wantRequests(t *testing.T, srv *herokutest.Server, n int) {
	t.Helper()
	if got := len(srv.Calls()); got != n {
		t.Errorf("%d requests, want %d", got, n)
	}
}

func wantDynos(t *testing.T, srv *herokutest.Server, web, worker int) {
	t.Helper()
	if w, n := srv.Quantity("my-app", "web"), srv.Quantity("my-app", "worker"); w != web || n != worker {
		t.Errorf("%d web and %d worker dynos, want %d and %d", w, n, web, worker)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestConformance(t *testing.T) {
	scalertest.Run(t, func(t *testing.T) scalertest.Fixture {
		srv, p := open(t)
		return scalertest.Fixture{
			Unit:    "dyno",
			Scaler:  p,
			Count:   func() int { return srv.Quantity("my-app", "web") },
			Set:     func(n int) { srv.SetQuantity("my-app", "web", n) },
			Break:   func() func() { return srv.Fail(herokutest.Fault{Status: http.StatusConflict}) },
			Secrets: []string{srv.Key},
		}
	})
}

func TestAResizeIsOnePatchOfOneProcessType(t *testing.T) {
	srv, _ := open(t)
	p := platform(t, heroku.Options{App: "my-app", Key: srv.Key, URL: srv.URL + "/", ProcessType: "worker", UserAgent: "autoscalebot/1.2"})
	must(t, p.Resize(t.Context(), 0))
	calls := srv.Calls()
	if len(calls) != 1 {
		t.Fatalf("%d calls, want 1", len(calls))
	}
	if c := calls[0]; c.Method != "PATCH" || c.Path != "/apps/my-app/formation/worker" || c.Body != `{"quantity":0}` {
		t.Errorf("the call is %s %s %s", c.Method, c.Path, c.Body)
	}
	if ua := calls[0].Header.Get("User-Agent"); ua != "autoscalebot/1.2" {
		t.Errorf("the user agent is %q", ua)
	}
	wantDynos(t, srv, 2, 0)
}

func TestANegativeNumberIsRefusedWithoutACall(t *testing.T) {
	srv, p := open(t)
	if err := p.Resize(t.Context(), -1); err == nil || err.Error() != "scale web of my-app to -1: must be 0 or more dynos" {
		t.Errorf("error = %v", err)
	}
	wantRequests(t, srv, 0)
}

func TestTheQuotaIsTheLastOneSeen(t *testing.T) {
	srv, p := open(t)
	if n, ok := p.Quota(); ok || n != 0 {
		t.Errorf("before the first call Quota = %d, %v, want 0, false", n, ok)
	}
	srv.SetRemaining(41)
	if _, _, err := p.Size(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, ok := p.Quota(); n != 40 || !ok {
		t.Errorf("Quota = %d, %v, want 40, true", n, ok)
	}
	srv.Fail(herokutest.Fault{Status: http.StatusForbidden, Header: http.Header{"RateLimit-Remaining": {"7"}}})
	_ = p.Resize(t.Context(), 3)
	if n, ok := p.Quota(); n != 7 || !ok {
		t.Errorf("after an error Quota = %d, %v, want 7, true", n, ok)
	}
	srv.Fail(herokutest.Fault{Body: "{}", Header: http.Header{"RateLimit-Remaining": {"many"}}})
	_, _, _ = p.Size(t.Context())
	if n, ok := p.Quota(); n != 7 || !ok {
		t.Errorf("after a header that is no number Quota = %d, %v, want 7, true", n, ok)
	}
}

func TestTheWebURLIsTheApps(t *testing.T) {
	srv, p := open(t)
	if u, err := p.WebURL(t.Context()); err != nil || u != "https://my-app.herokuapp.com/" {
		t.Errorf("WebURL = %q, %v", u, err)
	}
	for _, body := range []string{`{"name":"my-app","web_url":null}`, `{"name":"my-app"}`, `{"name":"my-app","web_url":"/x"}`, `{"name":"my-app","web_url":"ftp://x/"}`} {
		mend := srv.Fail(herokutest.Fault{Body: body})
		if u, err := p.WebURL(t.Context()); err == nil || !strings.Contains(err.Error(), "absolute heartbeat URL") {
			t.Errorf("WebURL from %s = %q, %v", body, u, err)
		}
		mend()
	}
}

func TestNewRefusesWrongOptionsWithoutTellingTheKey(t *testing.T) {
	const key = "secret-key"
	for _, c := range []struct {
		name   string
		change func(*heroku.Options)
		want   string // "" when it is accepted
	}{
		{"as it is", func(o *heroku.Options) {}, ""},
		{"an id for a name", func(o *heroku.Options) { o.App = "01234567-89ab-cdef-0123-456789abcdef" }, ""},
		{"no app", func(o *heroku.Options) { o.App = "" }, "the Heroku app's name is missing. Run `heroku apps` to list your apps"},
		{"a path for an app", func(o *heroku.Options) { o.App = "my-app/../other" }, `"my-app/../other" is not a Heroku app`},
		{"no key", func(o *heroku.Options) { o.Key = "" }, "the Heroku API key is missing. Run `heroku authorizations:create` to create one"},
		{"a key with a line break", func(o *heroku.Options) { o.Key += "\n" }, "the Heroku API key has a space, a line break"},
		{"a key in quotes", func(o *heroku.Options) { o.Key = `"` + o.Key + `"` }, "the Heroku API key has a space, a line break, a quote"},
		{"a path for a process type", func(o *heroku.Options) { o.ProcessType = "web?x=1" }, `"web?x=1" is not a process type`},
		{"a negative timeout", func(o *heroku.Options) { o.Timeout = -time.Second }, "the timeout is -1s: must be 0"},
		{"https", func(o *heroku.Options) { o.URL = "https://heroku.example.com/api" }, ""},
		{"http to 127.0.0.1", func(o *heroku.Options) { o.URL = "http://127.0.0.1:8080" }, ""},
		{"http to ::1", func(o *heroku.Options) { o.URL = "http://[::1]:8080" }, ""},
		{"http to localhost", func(o *heroku.Options) { o.URL = "http://localhost:8080/" }, ""},
		{"http to elsewhere", func(o *heroku.Options) { o.URL = "http://api.heroku.com" }, "the Heroku API's URL http://api.heroku.com would send the key unencrypted"},
		{"http to a name like localhost", func(o *heroku.Options) { o.URL = "http://localhost.example.com" }, "would send the key unencrypted"},
		{"http to a name like 127.0.0.1", func(o *heroku.Options) { o.URL = "http://127.0.0.1.example.com" }, "would send the key unencrypted"},
		{"another scheme", func(o *heroku.Options) { o.URL = "ftp://127.0.0.1" }, "must begin with https:// or http://"},
		{"no URL", func(o *heroku.Options) { o.URL = "api.heroku.com" }, "must be like https://api.heroku.com"},
		{"a password in the URL", func(o *heroku.Options) { o.URL = "https://u:" + key + "@api.heroku.com" }, "must not have a user, a query or a fragment"},
		{"a broken URL", func(o *heroku.Options) { o.URL = "https://u:" + key + "@[" }, "must be like https://api.heroku.com"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := heroku.Options{App: "my-app", Key: key}
			c.change(&o)
			_, err := heroku.New(o)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error = %v, want %q", err, c.want)
			case err != nil && strings.Contains(err.Error(), key):
				t.Error("the error holds the key")
			}
		})
	}
}
