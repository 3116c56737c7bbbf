package push_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/push"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "s3cr3t-s3cr3t-s3cr3t"

func newStore(t testing.TB, o push.Options) *push.Store {
	t.Helper()
	if o.Tokens == nil {
		o.Tokens = []string{token}
	}
	s, err := push.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func post(s *push.Store, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func give(t testing.TB, s *push.Store, path, body string) {
	t.Helper()
	if w := post(s, path, body); w.Code != http.StatusOK || w.Body.Len() > 0 {
		t.Fatalf("%s %s: got %d %s", path, body, w.Code, w.Body)
	}
}

func form(instance int, name string, value float64) string {
	return fmt.Sprintf(`{"instance_index":%d,"metrics":[{"name":%q,"value":%v,"unit":"jobs"}]}`, instance, name, value)
}

func want(t *testing.T, s *push.Store, name string, take push.Take, value float64, unit, why string) {
	t.Helper()
	p, err := s.Prober("", name, take)
	if err != nil {
		t.Fatal(err)
	}
	outcome := probe.Answered
	if why != "" {
		outcome = probe.Unreachable
	}
	r := p.Probe(t.Context())
	if r.Signal != name || r.Outcome != outcome || r.Error != why || math.Abs(r.Value-value) > 1e-9 || r.Unit != unit || r.Time.IsZero() {
		t.Errorf("got %+v, want %v %q %q", r, value, unit, why)
	}
}

const (
	appPath = "/v1/apps/8d0cee08-23ad-4813-a779-ad8118ea0b91/metrics"
	nothing = `nothing was pushed as "jobs" in the last 2m0s`
)

func TestAReadingIsTheMeanOfTheInstances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, push.Options{})
		want(t, s, "jobs", push.Newest, 0, "", nothing)
		give(t, s, appPath, form(0, "jobs", 10))
		give(t, s, appPath, form(1, "jobs", 4))
		want(t, s, "jobs", push.Newest, 7, "jobs", "")
		time.Sleep(time.Minute)
		give(t, s, appPath, form(0, "jobs", 20))
		give(t, s, appPath, form(0, "jobs", 30))
		want(t, s, "jobs", push.Newest, 17, "jobs", "") // (30 + 4) / 2
		want(t, s, "jobs", push.Mean, 12, "jobs", "")   // (20 + 4) / 2
		time.Sleep(80 * time.Second)                    // instance 1 is gone, and what instance 0 said first
		want(t, s, "jobs", push.Newest, 30, "jobs", "")
		want(t, s, "jobs", push.Mean, 25, "jobs", "")
		want(t, s, "pdf", push.Mean, 0, "", `nothing was pushed as "pdf" in the last 2m0s`)
		time.Sleep(time.Minute)
		want(t, s, "jobs", push.Newest, 0, "jobs", nothing+": the newest is 2m20s old")
		give(t, s, appPath, form(7, "jobs", -1.5))
		want(t, s, "jobs", push.Mean, -1.5, "jobs", "")
	})
}

func TestOneValueByItself(t *testing.T) {
	s := newStore(t, push.Options{})
	give(t, s, "/metrics/jobs", "7.5\n")
	give(t, s, "/metrics/jobs?instance=3&unit=%25", " 2.5")
	want(t, s, "jobs", push.Newest, 5, "%", "")
}

func TestManyMetricsAtOnce(t *testing.T) {
	s := newStore(t, push.Options{})
	give(t, s, appPath, `{"instance_index":2,"metrics":[{"name":"a.b-c_D9","value":1e3,"unit":"req/s"},{"name":"b","value":-2}],"more":[]}`)
	give(t, s, appPath, `{"metrics":[{"name":"b","value":4}]}`)
	want(t, s, "a.b-c_D9", push.Mean, 1000, "req/s", "")
	want(t, s, "b", push.Mean, 1, "", "")
	p, err := s.Prober("backlog", "b", push.Newest)
	if err != nil {
		t.Fatal(err)
	}
	if r := p.Probe(t.Context()); r.Signal != "backlog" || r.Value != 1 {
		t.Errorf("got %+v", r)
	}
}

// On Cloud Foundry the bot may know its app by a name, while the app pushes by its GUID.
func TestAnAppIsKnownByItsNameOrAGUID(t *testing.T) {
	const id = "6f2d8c04-9a3b-4c1e-8d57-0b1f2a3c4d5e"
	for _, c := range []struct {
		o      push.Options
		app    string
		status int
	}{
		{push.Options{}, "any", 200},
		{push.Options{App: "shop"}, "shop", 200},
		{push.Options{App: "shop"}, "other", 403},
		{push.Options{App: "shop"}, id, 403},
		{push.Options{App: "shop", GUIDs: true}, "shop", 200},
		{push.Options{App: "shop", GUIDs: true}, id, 200},
		{push.Options{App: "shop", GUIDs: true}, "other", 403},
		{push.Options{App: "shop", GUIDs: true}, id + "0", 403},
	} {
		w := post(newStore(t, c.o), "/v1/apps/"+c.app+"/metrics", `{"metrics":[{"name":"jobs","value":7}]}`)
		if w.Code != c.status {
			t.Errorf("%+v: a push for %s is answered with %d", c.o, c.app, w.Code)
		}
	}
}

func TestRefusals(t *testing.T) {
	s := newStore(t, push.Options{App: "mine"})
	const unread = `invalid body: must be like {"instance_index": 0, "metrics": [{"name": "jobs", "value": 7, "unit": "jobs"}]}`
	mine := "/v1/apps/mine/metrics"
	for _, c := range []struct {
		path, body string
		status     int
		code, why  string
	}{
		{mine, "", 400, "Bad-Request", unread},
		{mine, "[]", 400, "Bad-Request", unread},
		{mine, `{"metrics":[{"name":"jobs","value":"7"}]}`, 400, "Bad-Request", unread},
		{mine, `{"instance_index":1.5,"metrics":[{"name":"jobs","value":7}]}`, 400, "Bad-Request", unread},
		{mine, `{"metrics":[{"name":"jobs","value":1e999}]}`, 400, "Bad-Request", unread},
		{mine, `{}`, 400, "Bad-Request", "the body has 0 metrics: must have 1 to 100"},
		{
			mine, `{"instance_index":-1,"metrics":[{"name":"my jobs","value":1e301,"unit":"a\u0000"},{"name":"b"},{"name":"c","value":null}]}`, 400, "Bad-Request",
			`metric 1: the name "my jobs" must have only letters, digits and _ . -; the instance is -1: must be 0 to 100000; ` +
				`the value 1e+301 is out of range; the unit "a\x00" must be up to 20 bytes of printable characters; metric 2 has no value; metric 3 has no value`,
		},
		{mine, form(0, "", 1), 400, "Bad-Request", `metric 1: the name "" is empty`},
		{
			mine, form(0, strings.Repeat("a", 101), 1), 400, "Bad-Request",
			`metric 1: the name "` + strings.Repeat("a", 100) + `" is longer than 100 bytes`,
		},
		{"/v1/apps/theirs/metrics", form(0, "jobs", 1), 403, "Forbidden", "the bot does not manage this app"},
		{"/metrics/jobs", "many", 400, "Bad-Request", "the body must be a number, such as 7.5"},
		{"/metrics/jobs", "NaN", 400, "Bad-Request", "the value NaN is out of range"},
		{"/metrics/jobs?instance=first", "1", 400, "Bad-Request", "the instance must be a number, 0 for the first"},
		{"/metrics/jobs?index=1", "1", 400, "Bad-Request", `unknown parameter "index": must be instance or unit`},
		{"/metrics/jobs?instance=1&instance=2", "1", 400, "Bad-Request", "the parameter instance is given 2 times"},
		{"/metrics/jobs?instance=1;unit=a", "1", 400, "Bad-Request", "invalid parameters after the question mark"},
		{mine, `{"metrics":[{"name":"a","value":7},{"name":"b","value":7},{"name":"a","value":9}]}`, 400, "Bad-Request", "metric 3 has the name of metric 1"},
		{"/metrics/a/b", "1", 400, "Bad-Request", `the name "a/b" must have only letters, digits and _ . -`},
		{"/metrics/", "1", 400, "Bad-Request", `the name "" is empty`},
		{"/metrics", "1", 404, "Not-Found", "push metrics to /v1/apps/{guid}/metrics or to /metrics/{name}"},
		{"/v1/apps/a/b/metrics", "1", 404, "Not-Found", "push metrics to /v1/apps/{guid}/metrics or to /metrics/{name}"},
		{"/metrics/jobs", strings.Repeat(" ", push.MaxBody+1), 413, "Request-Entity-Too-Large", "the body has more than 65536 bytes"},
	} {
		w := post(s, c.path, c.body)
		var got struct{ Code, Message string }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s %.60s: the answer is not JSON: %s", c.path, c.body, w.Body)
		}
		if w.Code != c.status || got.Code != c.code || got.Message != c.why {
			t.Errorf("%s %.60s: got %d %q %s", c.path, c.body, w.Code, got.Code, got.Message)
		}
	}
	if names, _ := s.Kept(); names != 0 {
		t.Errorf("of what was refused, %d names are kept", names)
	}
}

func TestWhoMayPush(t *testing.T) {
	var log bytes.Buffer
	s := newStore(t, push.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	for _, c := range []struct {
		method string
		change func(*http.Request)
		status int
		header string
	}{
		{http.MethodPost, func(r *http.Request) { r.SetBasicAuth("bot", token) }, 200, ""},
		{http.MethodPost, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }, 200, ""},
		{http.MethodPost, func(*http.Request) {}, 401, "WWW-Authenticate"},
		{http.MethodPost, func(r *http.Request) { r.SetBasicAuth(token, "wrong") }, 401, "WWW-Authenticate"},
		{http.MethodGet, func(r *http.Request) { r.SetBasicAuth("bot", token) }, 405, "Allow"},
		{http.MethodPost, func(r *http.Request) { r.SetBasicAuth("bot", token); r.Header.Set("Content-Encoding", "gzip") }, 415, ""},
	} {
		r := httptest.NewRequest(c.method, "/metrics/jobs", strings.NewReader("1"))
		c.change(r)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != c.status || c.header != "" && w.Header().Get(c.header) == "" {
			t.Errorf("got %d %v, want %d", w.Code, w.Header(), c.status)
		}
	}
	if n := strings.Count(log.String(), "\n"); n != 1 || strings.Contains(log.String(), "s3cr3t") || !strings.Contains(log.String(), "status=401") {
		t.Errorf("logged: %s", log.String())
	}
}

func TestNamesAndInstancesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, push.Options{})
		for i := range push.MostNames + 50 {
			post(s, fmt.Sprintf("/metrics/n%d", i), "1")
		}
		if names, _ := s.Kept(); names != push.MostNames {
			t.Errorf("%d names are kept", names)
		}
		for i := range push.MostSeries {
			post(s, fmt.Sprintf("/metrics/n0?instance=%d", i), "1")
		}
		if _, series := s.Kept(); series != push.MostSeries {
			t.Errorf("%d instances are kept", series)
		}
		w := post(s, "/metrics/n0?instance=99999", "1")
		if w.Code != 400 || !strings.Contains(w.Body.String(), "there would be more than 200 names, or more than 10000 instances of all names: nothing is kept") {
			t.Errorf("got %d %s", w.Code, w.Body)
		}
		give(t, s, "/metrics/n0?instance=5", "1") // which is known
		time.Sleep(3 * time.Minute)
		give(t, s, "/metrics/new", "1")
		if names, series := s.Kept(); names != 1 || series != 1 {
			t.Errorf("%d names and %d instances are kept", names, series)
		}
	})
}

func TestSeveralAtOnce(t *testing.T) {
	s := newStore(t, push.Options{})
	server := httptest.NewServer(s)
	defer server.Close()
	p, err := s.Prober("", "jobs", push.Mean)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+appPath, strings.NewReader(form(i, "jobs", float64(i))))
			req.SetBasicAuth("app", token)
			resp, err := server.Client().Do(req)
			if err != nil || resp.StatusCode != http.StatusOK {
				t.Errorf("got %v, %v", resp, err)
				return
			}
			_ = resp.Body.Close()
			p.Probe(t.Context())
		})
	}
	all.Wait()
	want(t, s, "jobs", push.Mean, 3.5, "jobs", "")
}

func TestMistakes(t *testing.T) {
	_, err := push.New(push.Options{Tokens: []string{"s3cr3t"}})
	const want = "pushed metrics: token 1 has 6 bytes: must have at least 16, `openssl rand -hex 16` generates one"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	if _, err := push.New(push.Options{}); err == nil {
		t.Error("anybody could push")
	}
	s := newStore(t, push.Options{})
	if _, err := s.Prober("", "my jobs", push.Mean); err == nil || err.Error() != `the name "my jobs" of a pushed metric must have only letters, digits and _ . -` {
		t.Errorf("got %v", err)
	}
	if _, err := s.Prober("", "jobs", "best"); err == nil || err.Error() != `"best" of a pushed metric is unknown: must be newest or mean` {
		t.Errorf("got %v", err)
	}
}

// Whatever is pushed, the readings are numbers, and refusals tell why in JSON.
func FuzzPushes(f *testing.F) {
	for _, body := range []string{
		form(0, "jobs", 1), `{"metrics":[{"name":"jobs","value":-1e300},{"name":"jobs","value":1e300}]}`, `{"metrics":[{}]}`, "7", "1e999", "", "[", "\x00",
	} {
		f.Add(appPath, body)
		f.Add("/metrics/jobs", body)
	}
	f.Fuzz(func(t *testing.T, path, body string) {
		s := newStore(t, push.Options{})
		r := httptest.NewRequest(http.MethodPost, appPath, strings.NewReader(body))
		r.URL.Path = path
		r.SetBasicAuth("", token)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusOK && (w.Code < 400 || w.Code > 499 || !json.Valid(w.Body.Bytes())) {
			t.Errorf("got %d %s", w.Code, w.Body)
		}
		for _, take := range []push.Take{push.Newest, push.Mean} {
			p, err := s.Prober("", "jobs", take)
			if err != nil {
				t.Fatal(err)
			}
			if r := p.Probe(t.Context()); math.IsNaN(r.Value) || math.IsInf(r.Value, 0) || (r.Error == "") != (r.Outcome == probe.Answered) {
				t.Errorf("got %+v", r)
			}
		}
	})
}
