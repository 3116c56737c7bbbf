package json_test

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/json"
	"github.com/autoscalebot/autoscalebot/probe/probertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patient = 10 * time.Second // no test is to reach it

func serve(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

func take(t testing.TB, o json.Options) probe.Reading {
	t.Helper()
	o.Timeout = cmp.Or(o.Timeout, patient)
	p, err := json.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p.Probe(t.Context())
}

func TestSignal(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, req *http.Request) {
		user, password, _ := req.BasicAuth()
		if user != "bot" || password != "s3cr3t-pass" || req.URL.Query().Get("key") != "s3cr3t-query" || req.Header.Get("X-Key") != "s3cr3t-header" {
			w.WriteHeader(http.StatusUnauthorized)
			_ = req.Write(w) // all it knows
			return
		}
		_, _ = io.WriteString(w, `{"queues": [{"name": "mail", "size": 7}, {"name": "pdf", "size": 2}]}`)
	})
	with := func(password string) func(string, time.Duration) (probe.Prober, error) {
		return func(addr string, timeout time.Duration) (probe.Prober, error) {
			return json.New(json.Options{
				Name: "backlog", URL: "http://bot:" + password + "@" + addr + "/stats?key=s3cr3t-query", Header: http.Header{"X-Key": {"s3cr3t-header"}},
				Path: `queues.#(name=="mail").size`, Unit: "jobs", Timeout: timeout,
			})
		}
	}
	probertest.Run(t, probertest.Fixture{
		Addr: s.Listener.Addr().String(), New: with("s3cr3t-pass"), Refused: with("s3cr3t-wrong"),
		Want:    probe.Reading{Signal: "backlog", Value: 7, Unit: "jobs", Status: 200},
		Secrets: []string{"s3cr3t", "Ym90OnMzY3IzdC1wYXNz"},
	})
}

func TestPathsFindNumbers(t *testing.T) {
	const answer = `{"web": 3, "deep": {"er": -0.5}, "text": "12.5", "list": [1, 2, 6], "word": "many", "null": null, "yes": true,
		"nan": "NaN", "queues": {"mail": {"size": 4}, "a.b": {"size": 5}}, "huge": [1e308, 1e308], "mixed": [1, "x"], "beyond": 1e999,
		"rows": [{"name": "a", "n": 4}, {"name": "b*", "n": 5}]}`
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) })
	for _, tt := range []struct {
		path    string
		combine json.Combine
		want    float64
		error   string
	}{
		{path: "web", want: 3},
		{path: "deep.er", want: -0.5},
		{path: "text", want: 12.5},
		{path: "list.1", want: 2},
		{path: "list.#", want: 3},
		{path: "list", combine: json.Sum, want: 9},
		{path: "list", combine: json.Mean, want: 3},
		{path: "list", combine: json.Max, want: 6},
		{path: "rows.#.n", combine: json.Sum, want: 9},
		{path: `rows.#(name=="b*").n`, want: 5},
		{path: `rows.#(name%"b*")#.n`, combine: json.Sum, want: 5},
		{path: "queues.@values.#.size", combine: json.Sum, want: 9},
		{path: "[web,queues.mail.size]", combine: json.Sum, want: 7},
		{path: `queues.a\.b.size`, want: 5},
		{path: "list.#(>1)#", combine: json.Sum, want: 8},
		{path: "web", combine: json.Mean, want: 3},
		{path: "list", error: `the answer has no number at "list", but a list: select one element, or set combine`},
		{path: "gone", error: `the answer has nothing at "gone"`},
		{path: "list.9", error: `the answer has nothing at "list.9"`},
		{path: "list.#.size", combine: json.Sum, error: `the answer has an empty list at "list.#.size"`},
		{path: "deep", error: `the answer has no number at "deep", but an object: select one member`},
		{path: "@this", combine: json.Sum, error: `the answer has no number at "@this", but an object: select one member`},
		{path: "word", error: `the answer has no number at "word", but a string that is not a number`},
		{path: "nan", error: `the answer has no number at "nan", but a string that is not a number`},
		{path: "null", error: `the answer has no number at "null", but null`},
		{path: "yes", error: `the answer has no number at "yes", but true or false`},
		{path: "beyond", error: `the answer has no number at "beyond", but a number out of range`},
		{path: "mixed", combine: json.Sum, error: `the answer has no number at "mixed", but a string that is not a number`},
		{path: "huge", combine: json.Sum, error: `the sum of the values at "huge" is out of range`},
	} {
		r := take(t, json.Options{URL: s.URL, Path: tt.path, Combine: tt.combine})
		if wantOutcome(tt.error, probe.BadAnswer) != r.Outcome || r.Value != tt.want || r.Error != tt.error || r.Signal != "json" {
			t.Errorf("%s %s: got %+v, want %v and the error %q", tt.combine, tt.path, r, tt.want, tt.error)
		}
	}
}

// Of two members of one name nobody knows which holds.
func TestNamesThatRepeat(t *testing.T) {
	for answer, ok := range map[string]bool{
		`{"n": 1, "n": 9}`:                                     false,
		`{"n": 1, "\u006e": 9}`:                                false,
		`{"n": 1, "m": [{"a": {"b": 1, "c": [], "b": 2}}]}`:    false,
		`{"n": 1, "m": {"n": 2}, "l": [{"n": 1}, {"n": "n"}]}`: true,
		`{"m": "n", "n": 1, "l": ["n", "n"], "o": {}}`:         true,
		"\ufeff" + `{"n": 1}`:                                  true,
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) })
		r := take(t, json.Options{URL: s.URL, Path: "n"})
		if ok != (r.Outcome == probe.Answered && r.Value == 1) || !ok && r.Outcome != probe.BadAnswer {
			t.Errorf("%s: got %+v", answer, r)
		}
	}
}

func wantOutcome(text string, failed probe.Outcome) probe.Outcome {
	if text == "" {
		return probe.Answered
	}
	return failed
}

func TestTheAppDecides(t *testing.T) {
	for answer, want := range map[string]probe.Reading{
		`{"web": "up"}`:     {Value: 1, Unit: probe.UnitSteps},
		`{"web": "down"}`:   {Value: -1, Unit: probe.UnitSteps},
		`{"web": "stay"}`:   {Value: 0, Unit: probe.UnitSteps},
		`{"web": 4}`:        {Value: 4, Unit: probe.UnitDynos},
		`{"web": 0}`:        {Value: 0, Unit: probe.UnitDynos},
		`{"web": "4"}`:      {Value: 4, Unit: probe.UnitDynos},
		`{"web": 2.5}`:      {Error: `the answer asks for 2.5 dynos at "web": must be a whole number from 0 to 2147483647`},
		`{"web": -1}`:       {Error: `the answer asks for -1 dynos at "web": must be a whole number from 0 to 2147483647`},
		`{"web": 1e300}`:    {Error: `the answer asks for 1e+300 dynos at "web": must be a whole number from 0 to 2147483647`},
		`{"web": "UP"}`:     {Error: `the value at "web" must be "up", "down", "stay" or a number of dynos`},
		`{"web": ["up"]}`:   {Error: `the value at "web" must be "up", "down", "stay" or a number of dynos`},
		`{"web": {"a": 1}}`: {Error: `the value at "web" must be "up", "down", "stay" or a number of dynos`},
		`{"worker": "up"}`:  {Error: `the answer has nothing at "web"`},
		`up`:                {Error: "the answer is not JSON"},
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) })
		r := take(t, json.Options{URL: s.URL, Path: "web", Desired: true})
		if wantOutcome(want.Error, probe.BadAnswer) != r.Outcome || r.Value != want.Value || r.Unit != want.Unit || r.Error != want.Error {
			t.Errorf("%s: got %+v, want %+v", answer, r, want)
		}
	}
}

func TestStatusDecides(t *testing.T) {
	for status, want := range map[int]struct {
		outcome probe.Outcome
		error   string
	}{
		200: {probe.Answered, ""},
		203: {probe.Answered, ""},
		302: {probe.BadAnswer, "status 302 Found: redirects are not followed, use the final URL"},
		404: {probe.ClientError, "status 404 Not Found"},
		429: {probe.ClientError, "status 429 Too Many Requests"},
		500: {probe.ServerError, "status 500 Internal Server Error"},
		599: {probe.ServerError, "status 599"},
		999: {probe.BadAnswer, "unexpected status 999"},
	} {
		var asked int
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			asked++
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "5")
		})
		r := take(t, json.Options{URL: s.URL, Path: "@this"})
		if r.Outcome != want.outcome || r.Error != want.error || r.Status != status || asked != 1 {
			t.Errorf("%d: got %+v after %d requests, want %+v", status, r, asked, want)
		}
	}
}

func TestAnswersAreOfBoundedLength(t *testing.T) {
	for n, want := range map[int]probe.Outcome{1 << 20: probe.Answered, 1<<20 + 1: probe.BadAnswer} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat(" ", n-1)+"5") })
		if r := take(t, json.Options{URL: s.URL, Path: "@this"}); r.Outcome != want {
			t.Errorf("%d bytes: got %+v, want %s", n, r, want)
		}
	}
}

func TestWhatIsSent(t *testing.T) {
	var got *http.Request
	s := serve(t, func(w http.ResponseWriter, req *http.Request) {
		got = req
		_, _ = io.WriteString(w, "5")
	})
	take(t, json.Options{URL: s.URL + "/a%2Fb?c=d", Path: "@this", Token: "t0k3n", UserAgent: "bot/1", Header: http.Header{"accept": {"text/json"}}})
	for name, want := range map[string]string{"Authorization": "Bearer t0k3n", "User-Agent": "bot/1", "Accept": "text/json", "Cache-Control": "no-cache"} {
		if got.Header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.Header.Get(name), want)
		}
	}
	if got.Method != http.MethodGet || got.URL.String() != "/a%2Fb?c=d" || got.Host != strings.TrimPrefix(s.URL, "http://") {
		t.Errorf("asked for %s %s at %s", got.Method, got.URL, got.Host)
	}
}

func TestTLSIsVerified(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "5") }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // it would log every failed handshake
	s.StartTLS()
	defer s.Close()
	known := x509.NewCertPool()
	known.AddCert(s.Certificate())
	host := strings.TrimPrefix(s.URL, "https://")
	for _, tt := range []struct {
		url   string
		tls   *tls.Config
		error string
	}{
		{s.URL, &tls.Config{RootCAs: known}, ""},
		{s.URL, nil, "the certificate of " + host + " is signed by an unknown authority"},
		{s.URL, &tls.Config{RootCAs: known, ServerName: "other.test"}, "the certificate of " + host + " is for another name"},
	} {
		r := take(t, json.Options{URL: tt.url, Path: "@this", TLS: tt.tls})
		if wantOutcome(tt.error, probe.Unreachable) != r.Outcome || r.Error != tt.error {
			t.Errorf("got %+v, want the error %q", r, tt.error)
		}
	}
	plain := serve(t, func(http.ResponseWriter, *http.Request) {})
	r := take(t, json.Options{URL: "https" + strings.TrimPrefix(plain.URL, "http"), Path: "@this"})
	if !strings.Contains(r.Error, "does not speak TLS: use http:// instead of https://") {
		t.Errorf("got %+v", r)
	}
}

func TestNamesThatCanNotBeLookedUp(t *testing.T) {
	r := take(t, json.Options{URL: "http://no-such-host.invalid/", Path: "@this"})
	if r.Outcome != probe.Unreachable || r.Error != `cannot resolve "no-such-host.invalid"` {
		t.Errorf("got %+v", r)
	}
}

func TestAllMistakesAreToldAtOnce(t *testing.T) {
	_, err := json.New(json.Options{
		URL: "ftp://bot:s3cr3t@example.com", Path: "queues[0].*", Combine: "median", Desired: true, Unit: "jobs", Header: http.Header{"X Y": {"a\n"}, "X-Key": {"s3cr3t\n"}},
	})
	const want = `json signal: the URL must begin with http:// or https://: use a URL such as https://example.com/stats.json
the header has an invalid name of 3 characters: use letters, digits and hyphens
the header X-Key has a line break or another control character in its value
the path "queues[0].*" has a [ after a name: use a path such as queues.mail.size, queues.0.size or queues.#(name=="mail").size
the timeout is 0s: must be more than 0
combine is "median": must be sum, mean, max or not set
combine is for measurements, and the app decides here: remove one of the two
the unit is "jobs", but the app asks for steps or dynos here: remove the unit`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestMistakes(t *testing.T) {
	for _, tt := range []struct {
		o    json.Options
		want string
	}{
		{json.Options{Path: "@this"}, "the URL is empty"},
		{json.Options{URL: "http://bot:s3cr3t @example.com", Path: "@this"}, "the URL is invalid"},
		{json.Options{URL: "http:///stats", Path: "@this"}, "the URL has no host"},
		{json.Options{URL: "http://example.com", Path: " "}, "the path is empty"},
		{json.Options{URL: "http://example.com", Path: "$.web"}, "is a JSONPath"},
		{json.Options{URL: "http://example.com", Path: "queues.*.size"}, "has a * or ?, which finds only the first of several"},
		{json.Options{URL: "http://a:s3cr3t@example.com", Path: "@this", Token: "s3cr3t"}, "more than one of a token, a user in the URL"},
		{json.Options{URL: "http://example.com", Path: "@this", Token: "s3cr3t\r\nX: y"}, "the header Authorization has a line break"},
		{json.Options{URL: "http://example.com", Path: "@this", Timeout: -1}, "the timeout is -1ns"},
	} {
		tt.o.Timeout = cmp.Or(tt.o.Timeout, patient)
		p, err := json.New(tt.o)
		if p != nil || err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("got %v, want %q", err, tt.want)
		}
	}
}

// Whatever a server answers, and whatever the path, a probe ends in a reading.
func FuzzAnswersAndPaths(f *testing.F) {
	for _, s := range []string{`5`, `"up"`, `[1, 2]`, `{"a": {"b": [{"c": "5"}]}}`, `null`, `{"a": `, `[[[[[]]]]]`, `1e999`} {
		for _, p := range []string{"@this", "a.b.0.c", "a.b.#.c", `a.b.#(c=="5").c`, `#(>1)#`, "a.@values.#", `a\.b`, "[a,b.c]", "{a,b}", `a.b|@reverse:{"x":1}`, "a.#(b%\"*\")", "!5"} {
			f.Add([]byte(s), p, "sum", false)
			f.Add([]byte(s), p, "", true)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, path, combine string, wish bool) {
		p, err := json.New(json.Options{URL: "http://example.com", Path: path, Combine: json.Combine(combine), Desired: wish, Timeout: patient})
		if err != nil {
			return
		}
		value, unit, err := p.Read(b)
		known := map[bool][]string{true: {probe.UnitSteps, probe.UnitDynos}, false: {""}}[wish]
		if value-value != 0 || err != nil && value != 0 || err == nil && !slices.Contains(known, unit) {
			t.Errorf("got %v %q, %v", value, unit, err)
		}
	})
}

// The list of the first of several pages is not the whole list. A number that stands there by itself is what it says.
func TestOneOfSeveralPages(t *testing.T) {
	const nextPage = `<https://api.example.com/jobs?page=2>; rel="next"`
	for _, c := range []struct {
		link    []string
		path    string
		combine json.Combine
		want    float64
		partial bool
	}{
		{nil, "jobs.#", "", 2, false},
		{[]string{nextPage}, "jobs.#", "", 0, true},
		{[]string{nextPage}, "jobs.#.size", json.Sum, 0, true},
		{[]string{nextPage}, "total", "", 40, false},
		{[]string{`<https://a.test/?page=9>; rel="last"`, `<https://a.test/?page=2>; REL=next`}, "jobs.#", "", 0, true},
		{[]string{`<https://a.test/?page=9>; rel="last", <https://a.test/?page=2>; title="a"; rel="x next"`}, "jobs.#", "", 0, true},
		{[]string{`<https://a.test/?a=;rel=next>; rel="prev"`}, "jobs.#", "", 2, false},
		{[]string{`<https://a.test/>; rel="nextish"`, `</style.css>; rel=preload`}, "jobs.#", "", 2, false},
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Link"] = c.link
			_, _ = io.WriteString(w, `{"total": 40, "jobs": [{"size": 1}, {"size": 2}]}`)
		})
		r := take(t, json.Options{URL: s.URL, Path: c.path, Combine: c.combine})
		if r.Value != c.want || c.partial != (r.Outcome == probe.BadAnswer) || !c.partial && r.Outcome != probe.Answered {
			t.Errorf("%s of a page with %q: got %+v, want %v", c.path, c.link, r, c.want)
		}
	}
}

// A condition makes an answer that says of itself that it is incomplete no reading.
func TestAConditionOnTheAnswer(t *testing.T) {
	for body, want := range map[string]probe.Outcome{
		`{"count": 7, "_shards": {"failed": 0}}`: probe.Answered,
		`{"count": 3, "_shards": {"failed": 2}}`: probe.BadAnswer,
		`{"count": 3}`:                           probe.BadAnswer,
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		if r := take(t, json.Options{URL: s.URL, Path: "[@this].#(_shards.failed==0).count"}); r.Outcome != want {
			t.Errorf("%s: got %+v, want %s", body, r, want)
		}
	}
}

func TestAPartOfAnAnswer(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusPartialContent)
		_, _ = io.WriteString(w, `{"total": 40}`)
	})
	if r := take(t, json.Options{URL: s.URL, Path: "total"}); r.Outcome != probe.BadAnswer || r.Value != 0 {
		t.Errorf("got %+v", r)
	}
}
