package herokutest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type answer struct {
	status int
	header http.Header
	body   string
	err    error // of the call, or of reading its body
}

func (a answer) has(parts ...string) bool {
	return !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(a.body, p) })
}

// Each call has its own connection. header has pairs that replace the default ones.
func call(ctx context.Context, srv *herokutest.Server, method, path, body string, header ...string) answer {
	req, err := http.NewRequestWithContext(ctx, method, srv.URL+path, strings.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	req.Close = true
	req.Header.Set("Authorization", "Bearer "+herokutest.Key)
	req.Header.Set("Accept", "application/vnd.heroku+json; version=3")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(b), err}
}

func office() herokutest.App {
	return herokutest.App{Name: "my-app", Formation: []herokutest.Process{
		{Type: "web", Quantity: 2}, {Type: "mail", Quantity: 1, Size: "Basic"},
	}}
}

// A test usually calls NewServer(t) instead of New, and uses a client of the Platform API instead of call.
func Example() {
	srv := herokutest.New()
	defer srv.Close()
	srv.AddApp(herokutest.App{Name: "my-app", Formation: []herokutest.Process{{Type: "web", Quantity: 2}}})

	srv.Fail(herokutest.Fault{Status: http.StatusServiceUnavailable, Times: 1})
	for range 2 {
		fmt.Println(call(context.Background(), srv, "PATCH", "/apps/my-app/formation/web", `{"quantity":3}`).status)
	}
	fmt.Println(srv.Quantity("my-app", "web"), "dynos after", len(srv.Calls()), "calls")
	// Output:
	// 503
	// 200
	// 3 dynos after 2 calls
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestEachRouteAnswersAsThePublishedSchemaSays(t *testing.T) {
	srv := herokutest.NewServer(t)
	srv.AddApp(office())
	srv.AddApp(herokutest.App{Name: "local", WebURL: "http://127.0.0.1:1/", Maintenance: true})
	srv.SetAccount(herokutest.Account{Email: "ops@example.com", Suspended: true, Delinquent: true})
	for _, c := range []struct {
		method, path, body string
		status             int
		want               []string
	}{
		{"GET", "/account", "", 200, []string{`"email":"ops@example.com"`, `"suspended_at":"2`, `"delinquent_at":"2`}},
		{"GET", "/account/rate-limits", "", 200, []string{`{"remaining":4499}`}},
		{"GET", "/apps/my-app", "", 200, []string{`"web_url":"https://my-app.herokuapp.com/"`, `"maintenance":false`, `"email":"ops@example.com"`}},
		{"GET", "/apps/local", "", 200, []string{`"web_url":"http://127.0.0.1:1/"`, `"maintenance":true`}},
		{"GET", "/apps/local/formation/web", "", 200, []string{`"quantity":1`, `"size":"Standard-1X"`}},
		{"GET", "/apps/my-app/formation", "", 200, []string{`"type":"web"`, `"type":"mail"`}},
		{"GET", "/apps/my-app/formation/mail", "", 200, []string{`"size":"Basic"`}},
		{"GET", "/apps/my-app/dynos", "", 200, []string{`"name":"web.2"`, `"name":"mail.1"`, `"state":"up"`}},
		{"GET", "/apps/my-app/releases", "", 200, []string{`"version":1`, `"version":2`}},
		{"PATCH", "/apps/my-app/formation/web", `{"quantity":3}`, 200, []string{`"quantity":3`}},
		{"PATCH", "/apps/my-app/formation/web", `{"size":"standard-2x"}`, 200, []string{`"quantity":3`, `"size":"Standard-2X"`}},
		{"PATCH", "/apps/my-app/formation", `{"updates":[{"type":"web","quantity":"+2"},{"type":"mail","quantity":0}]}`, 200, []string{`"quantity":5`, `"quantity":0`}},
		{"PATCH", "/apps/my-app/formation", `{"updates":[{"type":"web","quantity":"-1"},{"type":"mail","quantity":2}]}`, 422, []string{`"id":"cannot_update_above_limit"`, "1 Basic size"}},
		{"PATCH", "/apps/my-app/formation/web", `{"size":"standard-9x"}`, 422, []string{`"id":"invalid_params"`, "No such size as standard-9x. Use Eco, Basic"}},
		{"PATCH", "/apps/my-app/formation/web", `{"size":"eco"}`, 422, []string{"Cannot use the following dyno types in the same app: Eco and Basic"}},
		{"PATCH", "/apps/my-app/formation/web", `{"quantity":101}`, 422, []string{`"limit":100`}},
		{"PATCH", "/apps/my-app/formation/web", `{"quantity":-1}`, 422, []string{`"id":"invalid_params"`}},
		{"PATCH", "/apps/my-app", `{"maintenance":true}`, 200, []string{`"maintenance":true`, `"name":"my-app"`}},
		{"GET", "/apps/my-app", "", 200, []string{`"maintenance":true`}},
		{"PATCH", "/apps/my-app", `{"maintenance":false}`, 200, []string{`"maintenance":false`}},
		{"PATCH", "/apps/other", `{"maintenance":true}`, 404, []string{`"resource":"app"`}},
		{"PATCH", "/apps/my-app/formation/clock", `{"quantity":1}`, 404, []string{`"resource":"formation"`, "(clock)"}},
		{"PATCH", "/apps/other/formation/web", `{"quantity":1}`, 404, []string{`"resource":"app"`}},
		{"GET", "/apps/other", "", 404, []string{`"id":"not_found"`, `"resource":"app"`}},
		{"GET", "/apps/my-app/formation/clock", "", 404, []string{`"resource":"formation"`}},
		{"GET", "/apps/my-app/domains", "", 404, []string{`"id":"not_found"`}},
		{"DELETE", "/apps/my-app", "", 404, []string{`"id":"not_found"`}},
	} {
		got := call(t.Context(), srv, c.method, c.path, c.body)
		if got.err != nil || got.status != c.status || !got.has(c.want...) {
			t.Errorf("%s %s %s = %d %s (%v), want %d with %q", c.method, c.path, c.body, got.status, got.body, got.err, c.status, c.want)
		}
		if got.header.Get("Request-Id") == "" {
			t.Errorf("%s %s: the answer has no Request-Id", c.method, c.path)
		}
	}
	if n := srv.Quantity("my-app", "web"); n != 5 {
		t.Errorf("web has %d dynos, want 5: a batch that is refused changes nothing", n)
	}
}

func TestACallWithoutTheKeyOrTheVersionIsRefused(t *testing.T) {
	srv := herokutest.NewServer(t)
	srv.AddApp(office())
	for _, c := range []struct {
		header, value string
		status        int
		want          string
	}{
		{"Authorization", "", 401, "There were no credentials"},
		{"Authorization", "Bearer wrong", 401, `"id":"unauthorized"`},
		{"Accept", "application/json", 406, `"id":"not_acceptable"`},
		{"Accept", "application/vnd.heroku+json; version=3.sdk", 200, `"web_url"`},
	} {
		if got := call(t.Context(), srv, "GET", "/apps/my-app", "", c.header, c.value); got.status != c.status || !got.has(c.want) {
			t.Errorf("%s: %s = %d %s, want %d %s", c.header, c.value, got.status, got.body, c.status, c.want)
		}
	}
}

func TestTheRateLimitCountsDown(t *testing.T) {
	srv := herokutest.NewServer(t)
	srv.SetRemaining(2)
	for i, c := range []struct {
		path   string
		status int
		left   string
	}{
		{"/account", 200, "1"},
		{"/account/rate-limits", 200, "1"},
		{"/account", 200, "0"},
		{"/account", 429, "0"},
	} {
		got := call(t.Context(), srv, "GET", c.path, "")
		if got.status != c.status || got.header.Get("RateLimit-Remaining") != c.left {
			t.Errorf("call %d = %d with %s left, want %d with %s", i+1, got.status, got.header.Get("RateLimit-Remaining"), c.status, c.left)
		}
	}
}

func TestReleasesComeInTheRangeAskedFor(t *testing.T) {
	srv := herokutest.NewServer(t)
	srv.AddApp(office())
	for _, c := range []struct {
		header   string
		status   int
		versions []int
		next     string
	}{
		{"", 200, []int{1, 2}, ""},
		{"nonsense", 200, []int{1, 2}, ""},
		{"version ..; max=1, order=desc", 206, []int{2}, "version ]2..; max=1,order=desc"},
		{"version ]2..; max=1,order=desc", 200, []int{1}, ""},
		{"version ..; max=1", 206, []int{1}, "version ]1..; max=1"},
		{"version 2..", 200, []int{2}, ""},
		{"id ..; max=2", 200, []int{1, 2}, ""},
	} {
		got := call(t.Context(), srv, "GET", "/apps/my-app/releases", "", "Range", c.header)
		var list []struct{ Version int }
		must(t, json.Unmarshal([]byte(got.body), &list))
		var versions []int
		for _, r := range list {
			versions = append(versions, r.Version)
		}
		if got.status != c.status || !slices.Equal(versions, c.versions) || got.header.Get("Next-Range") != c.next {
			t.Errorf("Range %q = %d %v %q, want %d %v %q", c.header, got.status, versions, got.header.Get("Next-Range"), c.status, c.versions, c.next)
		}
	}
}

func TestTheServerKnowsItsAppsAndCalls(t *testing.T) {
	srv := herokutest.NewServer(t)
	srv.AddApp(office())
	srv.SetQuantity("my-app", "web", 7)
	srv.SetSize("my-app", "web", "Performance-M")
	if size := srv.Size("my-app", "web"); size != "Performance-M" {
		t.Errorf("Size = %q, want Performance-M", size)
	}
	if n := srv.Quantity("my-app", "web"); n != 7 {
		t.Errorf("Quantity = %d, want 7", n)
	}
	before := time.Now()
	call(t.Context(), srv, "PATCH", "/apps/my-app/formation/web", `{"quantity":3}`, "User-Agent", "test")
	calls := srv.Calls()
	if len(calls) != 1 {
		t.Fatalf("%d calls, want 1", len(calls))
	}
	if c := calls[0]; c.Method != "PATCH" || c.Path != "/apps/my-app/formation/web" || c.Body != `{"quantity":3}` ||
		c.Header.Get("User-Agent") != "test" || c.Time.Before(before) || c.Time.After(time.Now()) {
		t.Errorf("call = %+v", c)
	}
	for name, f := range map[string]func(){
		"an app twice":        func() { srv.AddApp(office()) },
		"an app not there":    func() { srv.Quantity("other", "web") },
		"a process not there": func() { srv.SetQuantity("my-app", "clock", 1) },
	} {
		if !panics(f) {
			t.Errorf("%s does not panic", name)
		}
	}
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}

type recorder struct {
	testing.TB
	errors []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func TestWhatBreaksTheSchemaFailsTheTest(t *testing.T) {
	for _, c := range []struct {
		name               string
		app                herokutest.App
		method, path, body string
		want               string
	}{
		{"a wrong answer", herokutest.App{Name: "My App"}, "GET", "/apps/My%20App", "", "the answer of GET /apps/My App breaks the schema of app"},
		{"a wrong answer in a list", herokutest.App{Name: "my-app", Formation: []herokutest.Process{{Type: "web"}, {Type: "we b"}}}, "GET", "/apps/my-app/formation", "", "/type: does not match pattern"},
		{"a string for a quantity", office(), "PATCH", "/apps/my-app/formation/web", `{"quantity":"2"}`, "/quantity: expected integer, but got string"},
		{"a field that there isn't", office(), "PATCH", "/apps/my-app/formation/web", `{"quantity":2,"color":"red"}`, "'color' not allowed"},
		{"a batch without a type", office(), "PATCH", "/apps/my-app/formation", `{"updates":[{"quantity":2}]}`, "missing properties: 'type'"},
		{"no JSON", office(), "PATCH", "/apps/my-app/formation", `{`, "it is not JSON"},
		{"a quantity in words", office(), "PATCH", "/apps/my-app/formation", `{"updates":[{"type":"web","quantity":"two"}]}`, "expected integer, but got string"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := &recorder{TB: t}
			srv := herokutest.NewServer(rec)
			srv.AddApp(c.app)
			got := call(t.Context(), srv, c.method, c.path, c.body)
			if c.method == "PATCH" && got.status != http.StatusUnprocessableEntity {
				t.Errorf("the status is %d, want 422", got.status)
			}
			srv.Close()
			if len(rec.errors) != 1 || !strings.Contains(rec.errors[0], c.want) || len(srv.Violations()) != 1 {
				t.Errorf("complaints %q, violations %q, want one with %q", rec.errors, srv.Violations(), c.want)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name   string
		fault  herokutest.Fault
		status int    // 0: no whole answer
		want   string // in the body
		web    int    // the dynos afterwards
	}{
		{"no answer", herokutest.Fault{}, 0, "", 2},
		{"a status", herokutest.Fault{Status: 503}, 503, `"id":"service_unavailable"`, 2},
		{"an id and a message", herokutest.Fault{Status: 422, ID: "x", Message: herokutest.PrebootMessage}, 422, `{"id":"x","message":"Cannot change`, 2},
		{"garbage", herokutest.Fault{Body: "<html>"}, 200, "<html>", 2},
		{"garbage with a status", herokutest.Fault{Status: 502, Body: "<html>"}, 502, "<html>", 2},
		{"cut in mid body", herokutest.Fault{Cut: true}, 0, `{"app":`, 5},
		{"applied, then an error", herokutest.Fault{Status: 500, Applied: true}, 500, `"id"`, 5},
		{"applied, then nothing", herokutest.Fault{Applied: true}, 0, "", 5},
		{"for this method and path", herokutest.Fault{Status: 500, Method: "PATCH", Path: "/apps/my-app/formation/web"}, 500, `"id"`, 2},
		{"for another method", herokutest.Fault{Status: 500, Method: "GET"}, 200, `"quantity":5`, 5},
		{"for another path", herokutest.Fault{Status: 500, Path: "/account"}, 200, `"quantity":5`, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := herokutest.NewServer(t)
			srv.AddApp(office())
			srv.Fail(c.fault)
			got := call(t.Context(), srv, "PATCH", "/apps/my-app/formation/web", `{"quantity":5}`)
			if (got.err == nil) != (c.status != 0) || got.err == nil && got.status != c.status || !got.has(c.want) {
				t.Errorf("answer = %d %q (%v), want %d %q", got.status, got.body, got.err, c.status, c.want)
			}
			if n := srv.Quantity("my-app", "web"); n != c.web {
				t.Errorf("web has %d dynos, want %d", n, c.web)
			}
		})
	}
}

func TestAFaultLastsSoManyCallsOrUntilMended(t *testing.T) {
	srv := herokutest.NewServer(t)
	status := func() int { return call(t.Context(), srv, "GET", "/account", "").status }
	mend := srv.Fail(herokutest.Fault{Status: 500})
	second := srv.Fail(herokutest.Fault{Status: 503, Times: 2, Header: http.Header{"retry-after": {"30"}}})
	if got := []int{status(), status(), status()}; !slices.Equal(got, []int{500, 500, 500}) {
		t.Errorf("until mended: %v, want 500 each", got)
	}
	mend()
	mend()
	got := call(t.Context(), srv, "GET", "/account", "")
	if got.status != 503 || got.header.Get("Retry-After") != "30" {
		t.Errorf("the second fault = %d, Retry-After %q, want 503, 30", got.status, got.header.Get("Retry-After"))
	}
	if got := []int{status(), status()}; !slices.Equal(got, []int{503, 200}) {
		t.Errorf("after a call of the second fault: %v, want 503 200", got)
	}
	second()
	if left := call(t.Context(), srv, "GET", "/account", "").header.Get("RateLimit-Remaining"); left != strconv.Itoa(4498) {
		t.Errorf("%s calls left, want 4498: those that failed don't count", left)
	}
}

func TestAHangingCallEndsWithItsClientOrTheServer(t *testing.T) {
	srv := herokutest.NewServer(t)
	srv.Fail(herokutest.Fault{Hang: true})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if got := call(ctx, srv, "PATCH", "/apps/my-app/formation/web", `{"quantity":5}`); !errors.Is(got.err, context.DeadlineExceeded) {
		t.Errorf("the call ended with %v, want its deadline", got.err)
	}
	sent := make(chan struct{})
	ctx = httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { close(sent) }})
	done := make(chan answer)
	go func() { done <- call(ctx, srv, "GET", "/account", "") }()
	<-sent
	srv.Close()
	if got := <-done; got.err == nil {
		t.Errorf("after Close a hanging call got %d %s", got.status, got.body)
	}
}

func TestAppsAreListed(t *testing.T) {
	srv := herokutest.NewServer(t)
	srv.AddApp(herokutest.App{Name: "my-app", WebURL: "http://127.0.0.1:1/"})
	srv.AddApp(herokutest.App{Name: "your-app"})
	for _, path := range []string{"/apps", "/users/~/apps"} {
		got := call(t.Context(), srv, "GET", path, "")
		var list []struct{ Name string }
		err := json.Unmarshal([]byte(got.body), &list)
		if err != nil || got.status != 200 || len(list) != 2 || list[0].Name != "my-app" || list[1].Name != "your-app" {
			t.Errorf("%s answers %d, %s", path, got.status, got.body)
		}
	}
}
