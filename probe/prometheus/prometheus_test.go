package prometheus_test

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/api"
	apiv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/probertest"
	"github.com/autoscalebot/autoscalebot/probe/prometheus"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patient = 10 * time.Second // no test is to reach it

func take(t testing.TB, o prometheus.Options) probe.Reading {
	t.Helper()
	o.Timeout = cmp.Or(o.Timeout, patient)
	o.Query = cmp.Or(o.Query, "jobs")
	p, err := prometheus.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p.Probe(t.Context())
}

func TestPrometheus(t *testing.T) {
	addr, empty := startServer(t)
	o := prometheus.Options{URL: "http://bot:" + password + "@" + addr, Unit: "jobs", Query: `jobs{queue="mail"}`}
	wait(t, o, probe.Answered)
	t.Run("conforms", func(t *testing.T) { conforms(t, addr) })
	t.Run("queries", func(t *testing.T) { queries(t, addr, o) })
	empty()
	if r := wait(t, o, probe.BadAnswer); !strings.HasPrefix(r.Error, "the query finds no series") {
		t.Errorf("what the app does not tell any more: got %+v", r)
	}
}

// The server has to scrape first.
func wait(t *testing.T, o prometheus.Options, outcome probe.Outcome) probe.Reading {
	t.Helper()
	for deadline := time.Now().Add(patient); ; time.Sleep(10 * time.Millisecond) {
		r := take(t, o)
		if r.Outcome == outcome {
			return r
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %v: got %+v, want %s", patient, r, outcome)
		}
	}
}

func conforms(t *testing.T, addr string) {
	with := func(password string) func(string, time.Duration) (probe.Prober, error) {
		return func(addr string, timeout time.Duration) (probe.Prober, error) {
			return prometheus.New(prometheus.Options{
				URL: "http://bot:" + password + "@" + addr + "/?key=s3cr3t-query", Header: http.Header{"X-Scope-OrgID": {"s3cr3t-header"}},
				Query: `jobs{queue="mail"}`, Unit: "jobs", Timeout: timeout,
			})
		}
	}
	probertest.Run(t, probertest.Fixture{
		Addr: addr, New: with(password), Refused: with("s3cr3t-wrong"),
		Want:    probe.Reading{Signal: "prometheus", Value: 7, Unit: "jobs", Status: 200},
		Secrets: []string{"s3cr3t", "Ym90OnMzY3IzdC"},
	})
}

func queries(t *testing.T, addr string, o prometheus.Options) {
	official, err := api.NewClient(api.Config{
		Address: "http://bot:" + password + "@" + addr, RoundTripper: &http.Transport{DisableKeepAlives: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		query   string
		combine prometheus.Combine
		want    float64
		error   string
		outcome probe.Outcome // BadAnswer unless set, where there is an error
	}{
		{query: `jobs{queue="pdf"}`, want: 2},
		{query: "sum(jobs)", want: 9},
		{query: "scalar(sum(jobs)) / 2", want: 4.5},
		{query: "-1e-300", want: -1e-300},
		{query: `sum(nothing) or vector(0)`, want: 0},
		{query: "aged", want: 5},
		{query: "aged and time() - timestamp(aged) < 60", error: "the query finds no series: nothing was scraped lately, or a name is wrong (if this means 0, append: or vector(0))"},
		{query: "sum(jobs) and time() - min(timestamp(jobs)) < 60", want: 9},
		{query: "jobs", combine: prometheus.Sum, want: 9},
		{query: "jobs", combine: prometheus.Mean, want: 4.5},
		{query: "jobs", combine: prometheus.Max, want: 7},
		{query: "sum(jobs)", combine: prometheus.Mean, want: 9},
		{query: "jobs", error: "the query gives 2 series: use sum( ) or max( ), or set combine"},
		{query: "nothing", error: "the query finds no series: nothing was scraped lately, or a name is wrong (if this means 0, append: or vector(0))"},
		{query: "nothing", combine: prometheus.Sum, error: "the query finds no series: nothing was scraped lately, or a name is wrong (if this means 0, append: or vector(0))"},
		{query: "divided", error: "the query gives NaN: perhaps it divides by 0"},
		{query: "jobs or divided", combine: prometheus.Sum, error: "the query gives NaN: perhaps it divides by 0"},
		{query: "sum(jobs) / 0", error: "the query gives +Inf: perhaps it divides by 0"},
		{query: "jobs[5m]", error: "the query gives a range of values: remove the [ ] at its end, or use a function such as avg_over_time"},
		{query: `"text"`, error: `the query gives a "string": must be a scalar or a vector`},
		{query: "sum(", error: `status 400 Bad Request: invalid parameter "query": 1:5: parse error: unclosed left parenthesis`, outcome: probe.ClientError},
		{query: "jobs * on(job) group_left jobs", outcome: probe.ClientError, error: `status 422 Unprocessable Entity: found duplicate series for the match group {job="app"} on the right hand-side of the operation:`},
	} {
		o.Query, o.Combine = tt.query, tt.combine
		r := take(t, o)
		outcome := tt.outcome
		switch {
		case tt.error == "":
			outcome = probe.Answered
		case outcome == "":
			outcome = probe.BadAnswer
		}
		if r.Outcome != outcome || r.Value != tt.want || !strings.HasPrefix(r.Error, tt.error) || (r.Error == "") != (tt.error == "") {
			t.Errorf("%s: got %+v, want %v and the error %q", tt.query, r, tt.want, tt.error)
		}
		v, _, _, err := apiv1.NewAPI(official).Query(t.Context(), tt.query, time.Now())
		if tt.query == `"text"` {
			continue // which the official client can't read either, for another reason
		}
		if got, alone := only(v); alone && tt.combine == "" && (got != r.Value && !math.IsNaN(got) && !math.IsInf(got, 0)) || (err != nil) != (r.Outcome == probe.ClientError) {
			t.Errorf("%s: got %+v, the official client %v, %v", tt.query, r, v, err)
		}
	}
}

func only(v model.Value) (float64, bool) {
	switch v := v.(type) {
	case *model.Scalar:
		return float64(v.Value), true
	case model.Vector:
		if len(v) == 1 {
			return float64(v[0].Value), true
		}
	}
	return 0, false
}

func TestWhatIsAsked(t *testing.T) {
	var got *http.Request
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) { got = req }))
	defer s.Close()
	take(t, prometheus.Options{
		URL: s.URL + "/prom/?tenant=a", Query: "sum(a & b)", Token: "t0k3n", Timeout: 1500 * time.Millisecond,
		Header: http.Header{"X-Scope-OrgID": {"shop"}}, UserAgent: "bot/1",
	})
	want := url.Values{"tenant": {"a"}, "query": {"sum(a & b)"}, "partial_response": {"false"}, "timeout": {"1.500"}}
	if got.URL.Path != "/prom/api/v1/query" || fmt.Sprint(got.URL.Query()) != fmt.Sprint(want) {
		t.Errorf("asked for %s", got.URL)
	}
	if got.Header.Get("Authorization") != "Bearer t0k3n" || got.Header.Get("X-Scope-OrgID") != "shop" || got.UserAgent() != "bot/1" {
		t.Errorf("sent %v", got.Header)
	}
}

func TestTheServersWordsHoldNoSecret(t *testing.T) {
	for said, want := range map[string]string{
		"bad \x1b[1m\n\xff word":              "status 400 Bad Request: bad  [1m   word",
		"who is s3cr3t-token?":                "status 400 Bad Request",
		"you said X-Key: s3cr3t-header":       "status 400 Bad Request",
		"no such key as s3cr3t-query":         "status 400 Bad Request",
		strings.Repeat("ü", 1000) + "s3cr3t-": "status 400 Bad Request: " + strings.Repeat("ü", 100) + "…",
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, `{"status":"error","errorType":"bad_data","error":"%s"}`, strings.NewReplacer("\n", `\n`, "\x1b", `\u001b`).Replace(said))
		}))
		r := take(t, prometheus.Options{URL: s.URL + "?key=s3cr3t-query", Token: "s3cr3t-token", Header: http.Header{"X-Key": {"s3cr3t-header"}}})
		s.Close()
		if r.Outcome != probe.ClientError || r.Error != want {
			t.Errorf("%.50q: got %+v, want %q", said, r, want)
		}
	}
}

func TestAnswersThatHoldNoNumber(t *testing.T) {
	for body, want := range map[string]string{
		`{}`:                 "the answer is not Prometheus's: check that the URL is its API's",
		`{"quantity":2}`:     "the answer is not Prometheus's: check that the URL is its API's",
		`<html>`:             "the answer is not Prometheus's: check that the URL is its API's",
		`{"status":"error"}`: "the answer is not Prometheus's: check that the URL is its API's",
		`{"status":"error","errorType":"bad_data","error":"parse error"}`: "the answer is an error: parse error",
		`{"status":"success"}`:                                                                                            `the query gives a "": must be a scalar or a vector`,
		`{"status":"success","data":{"resultType":"vector"}}`:                                                             "the answer has an invalid vector",
		`{"status":"success","data":{"resultType":"vector","result":[{}]}}`:                                               "the answer has an invalid vector",
		`{"status":"success","data":{"resultType":"vector","result":[{"value":null}]}}`:                                   "the answer has an invalid vector",
		`{"status":"success","data":{"resultType":"vector","result":[{"value":[1]}]}}`:                                    "the answer has an invalid vector",
		`{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"x"]}]}}`:                                "the answer has an invalid vector",
		`{"status":"success","data":{"resultType":"vector","result":[{"histogram":[1,{"count":"1"}]}]}}`:                  "the query gives a histogram: use a function such as histogram_quantile or histogram_count",
		`{"status":"success","data":{"resultType":"scalar","result":null}}`:                                               "the answer has an invalid scalar",
		`{"status":"success","data":{"resultType":"scalar","result":[1,2]}}`:                                              "the answer has an invalid scalar",
		`{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"1e308"]},{"value":[1,"1e308"]}]}}`:      "the sum of 2 series is out of range",
		`{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"-Inf"]},{"value":[1,"1"]}]},"infos":1}`: "the query gives -Inf: perhaps it divides by 0",
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
		r := take(t, prometheus.Options{URL: s.URL, Combine: prometheus.Sum})
		s.Close()
		if r.Outcome != probe.BadAnswer || r.Error != want || r.Value != 0 {
			t.Errorf("%s: got %+v, want %q", body, r, want)
		}
	}
}

// An answer that says that it lacks data is a bad answer. PromQL's remarks on a query do not say that.
func TestIncompleteAnswers(t *testing.T) {
	const secret = "s3cr3t-token"
	for said, want := range map[string]string{
		``:                   "",
		`,"isPartial":false`: "",
		`,"isPartial":null`:  "",
		`,"warnings":null`:   "",
		`,"warnings":[]`:     "",
		`,"infos":["PromQL info: metric might not be a counter, name does not end in _total: \"jobs\" (1:6)"]`:                   "",
		`,"warnings":["PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)","PromQL info: native histogram"]`: "",
		`,"warnings":["PromQL warning: a","4 more warning annotations omitted","3 more info annotations omitted"]`:               "",
		`,"isPartial":true`:   "isPartial",
		`,"isPartial":"true"`: "isPartial",
		`,"isPartial":true,"warnings":["PromQL warning: a"]`:                                                          "isPartial",
		`,"warnings":["No StoreAPIs matched for this query"]`:                                                         "No StoreAPIs matched",
		`,"warnings":["PromQL warning: a","receive series from Addr: 10.0.0.1:10901: rpc error: code = Unavailable"]`: "code = Unavailable",
		`,"warnings":["remote_read: remote server http://127.0.0.1:1/read returned HTTP status 500"]`:                 "HTTP status 500",
		`,"warnings":["who is ` + secret + `?"]`:                                                                      "incomplete",
		`,"warnings":"all"`:                                                                                           "invalid warnings",
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}%s}`, said)
		}))
		r := take(t, prometheus.Options{URL: s.URL, Token: secret})
		s.Close()
		outcome, value := probe.Answered, 2.0
		if want != "" {
			outcome, value = probe.BadAnswer, 0
		}
		if r.Outcome != outcome || r.Value != value || !strings.Contains(r.Error, want) || strings.Contains(r.Error, secret) {
			t.Errorf("%s: got %+v, want %s and %q", said, r, outcome, want)
		}
	}
}

// A Prometheus whose remote storage fails answers with what it has itself, and says so by a warning.
func TestARemoteStorageThatFails(t *testing.T) {
	addr, _ := startServer(t, "remote_read: [{url: 'http://127.0.0.1:1/read', read_recent: true}]\n")
	r := wait(t, prometheus.Options{URL: "http://bot:" + password + "@" + addr, Query: "sum(nothing) or vector(0)"}, probe.BadAnswer)
	if !strings.Contains(r.Error, "incomplete") || !strings.Contains(r.Error, "remote_read") {
		t.Errorf("got %+v, want an incomplete answer", r)
	}
}

func TestAllMistakesAreToldAtOnce(t *testing.T) {
	_, err := prometheus.New(prometheus.Options{
		URL: "http://bot:s3cr3t@prom.example.com", Token: "s3cr3t", Query: " ", Combine: "avg", Header: http.Header{"": {"x"}},
	})
	const want = `prometheus signal: the header has an invalid name of 0 characters: use letters, digits and hyphens
more than one of a token, a user in the URL and an Authorization header is set: keep one
the query is empty: use a PromQL expression such as sum(rate(http_requests_total{app="shop"}[1m]))
combine is "avg": must be sum, mean, max or not set
the timeout is 0s: must be more than 0`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	_, err = prometheus.New(prometheus.Options{URL: "localhost:9090", Query: strings.Repeat("x", 6145), Timeout: patient})
	const long = `prometheus signal: the URL must begin with http:// or https://: use a URL such as https://prometheus.example.com
the query has 6145 bytes: the maximum is 6144, use a recording rule`
	if err == nil || err.Error() != long {
		t.Errorf("got\n%v\nwant\n%s", err, long)
	}
}

// Whatever a server answers, it is a finite number or a failure.
func FuzzAnswers(f *testing.F) {
	for _, s := range []string{
		`{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}`,
		`{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1.5,"NaN"]}]}}`,
		`{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"1"]},{"value":[1,"0x1p4"]}]}}`,
		`{"status":"success","data":{"resultType":"vector","result":[{"histogram":[1,{}]}]}}`,
		`{"status":"success","data":{"resultType":"matrix","result":[]}}`, `{"status":"error"}`, `[`, ``,
	} {
		f.Add([]byte(s), "sum")
		f.Add([]byte(s), "")
	}
	f.Fuzz(func(t *testing.T, body []byte, combine string) {
		p, err := prometheus.New(prometheus.Options{URL: "http://example.com", Query: "up", Combine: prometheus.Combine(combine), Timeout: patient})
		if err != nil {
			return
		}
		if v, err := p.Read(body); math.IsNaN(v) || math.IsInf(v, 0) || err != nil && v != 0 {
			t.Errorf("got %v, %v", v, err)
		}
	})
}
