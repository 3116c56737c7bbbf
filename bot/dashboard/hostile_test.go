package dashboard_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/dashboard"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
)

// Unescaped, it breaks out of HTML text, attributes with either quote, scripts and comments.
const evil = `"'><img src=x onerror=alert(1)></script><script>alert(2)</script>--><svg onload=alert(3)>`

func harmless(t *testing.T, where, html string) {
	t.Helper()
	for _, part := range []string{"<img", "<script>", "</script><script>", "<svg onload", `"'>`} {
		if i := strings.Index(html, part); i >= 0 {
			t.Errorf("%s lets %q through: %.200s", where, part, html[max(0, i-80):])
		}
	}
}

// Every text from outside is hostile.
func hostile(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, time.Hour, func(o *dashboard.Options) {
		o.App, o.ProcessType, o.Version = "app"+evil, "type"+evil, "version"+evil
		o.Settings = []dashboard.Setting{{"group" + evil, "name" + evil, "value" + evil, "source" + evil, "meaning" + evil, "javascript:" + evil}}
	})
	return w
}

func (w *world) spoil(t *testing.T) {
	t.Helper()
	w.app.answer(probe.Reading{Signal: probe.HeartbeatSignal, Outcome: probe.Outcome("outcome" + evil), Unit: evil, Error: "reading" + evil})
	w.beat(t)
	w.app.mu.Lock()
	w.app.fails = errors.New("platform" + evil)
	w.app.mu.Unlock()
	if err := w.Pause(bot.Up, time.Hour, "who"+evil); err != nil {
		t.Fatal(err)
	}
	if err := w.Override(2, time.Hour, "who"+evil); err != nil {
		t.Fatal(err)
	}
	err := w.page.Notify(t.Context(), notify.Event{
		Kind: notify.Kind("kind" + evil), Phase: notify.Opened, Since: time.Now(), Time: time.Now(), App: evil, ProcessType: evil, Reason: "reason" + evil,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.beat(t)
}

func TestTextsFromOutsideAreTextsOnThePage(t *testing.T) {
	w := hostile(t)
	p := signedIn(t, w.url, "name"+evil)
	_, next := p.stream(t.Context())
	next()
	w.spoil(t)
	seen := 0
	for range 5 { // two heartbeats, and an incident between them
		s, ok := next()
		if !ok {
			t.Fatal("the stream has ended")
		}
		harmless(t, "the stream", s.Now)
		harmless(t, "the stream's row", s.Row)
		if strings.Contains(s.Row, "platform") {
			seen++
			break
		}
	}
	if seen == 0 {
		t.Error("the stream does not tell the platform's error")
	}
	body := p.get("/?verdict=" + url.QueryEscape(evil) + "&before=" + url.QueryEscape(evil)).body
	harmless(t, "the page", body)
	for _, text := range []string{"app", "type", "version", "group", "name", "value", "source", "meaning", "platform", "reading", "reason", "who"} {
		if !strings.Contains(body, text+"&#34;&#39;&gt;&lt;img") {
			t.Errorf("the page does not show the %s", text)
		}
	}
	p.learn()
	for _, a := range []answer{
		p.get("/decisions?rule=" + url.QueryEscape(evil)), p.ask("/pause", "direction", evil, "for", "1h"), p.ask("/override", "dynos", "2", "for", evil),
		p.get("/series?last=" + url.QueryEscape(evil)),
	} {
		if a.header.Get("Content-Type") == "text/html; charset=utf-8" {
			harmless(t, "an answer", a.body)
		} else if a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Error("an answer's type is left to guess")
		}
	}
	if strings.Contains(p.get("/sign-in").body, evil) {
		t.Error("the page to sign in is not harmless")
	}
}

func TestNoPathLeadsToAnythingElse(t *testing.T) {
	w, p := enter(t, "", time.Hour)
	style := p.get("/").body
	style = style[strings.Index(style, "/assets/"):]
	style = style[:strings.Index(style, `"`)]
	if a := p.get(style); a.status != 200 {
		t.Fatalf("%s is answered with %d", style, a.status)
	}
	hash := style[:strings.LastIndex(style, "/")]
	for _, path := range []string{
		"/assets/", "/assets/app.css", "/assets/../dashboard.go", "/assets/../../etc/passwd", "/assets/%2e%2e/dashboard.go", hash + "/", hash,
		hash + "/../app.css", hash + "/..%2fdashboard.go", style + "/", style + "%00", "/assets//app.css", "/./", "/index.html",
		"/pause/", "/stream/..", "/%2e", `/\evil.example`, "/sign-in/", "/SERIES", "/assets/uPlot.LICENSE", "/.git/config", "/debug/pprof/",
	} {
		r, err := http.NewRequest(http.MethodGet, w.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.URL.Opaque = path // sent without cleaning
		if res, err := p.client.Do(r); err == nil {
			res.Body.Close()
			if res.StatusCode != 404 && res.StatusCode != 400 {
				t.Errorf("%s is answered with %d", path, res.StatusCode)
			}
		}
	}
	for _, method := range []string{"PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"} {
		if a := p.do(method, "/", ""); a.status != 405 {
			t.Errorf("%s is answered with %d", method, a.status)
		}
	}
}

func TestHugeRequestsAreRefused(t *testing.T) {
	w, p := enter(t, "", time.Hour)
	if a := p.ask("/pause", "direction", strings.Repeat("up", 1<<20)); a.status != 400 {
		t.Errorf("a form of 2 MB is answered with %d", a.status)
	}
	if a := newPerson(t, w.url).post("/sign-in", url.Values{"password": {strings.Repeat("x", 1<<20)}}); a.status != 400 {
		t.Errorf("a password of 1 MB is answered with %d", a.status)
	}
	if a := p.get("/?x=" + strings.Repeat("x", 8<<10)); a.status != 414 {
		t.Errorf("a query of 8 KB is answered with %d", a.status)
	}
	if a := p.get("/", header("X-Large", strings.Repeat("x", 64<<10))); a.status != 431 {
		t.Errorf("a header of 64 KB is answered with %d", a.status)
	}
	for _, query := range []string{
		"", "last=", "last=x", "last=NaN", "last=Inf", "last=-5", "last=1", "last=99999999999", "from=0&to=99999999999", "from=5&to=1", "from=1e300&to=2e300",
		"from=1700000000", "last=3600&last=x",
	} {
		if a := p.get("/series?" + query); a.status != 400 && query != "last=3600&last=x" {
			t.Errorf("/series?%s is answered with %d", query, a.status)
		}
	}
}

func TestASlowRequestIsEnded(t *testing.T) {
	for name, begin := range map[string]string{
		"header": "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
		"body":   "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 4000\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := unserved(t, time.Hour)
				conn, err := w.listen(t).dial()
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				start := time.Now()
				var wg sync.WaitGroup
				wg.Go(func() { // one byte a second, until the server closes
					_, err := fmt.Fprint(conn, begin)
					for err == nil {
						time.Sleep(time.Second)
						_, err = fmt.Fprint(conn, "x")
					}
				})
				_, _ = io.Copy(io.Discard, conn)
				wg.Wait()
				if took := time.Since(start); took > 15*time.Second {
					t.Errorf("it was borne for %v", took)
				}
			})
		})
	}
}
