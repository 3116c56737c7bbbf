package logcache_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"code.cloudfoundry.org/go-log-cache/v3/rpc/logcache_v1"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/autoscalebot/autoscalebot/bot/cloudfoundry/cloudfoundrytest"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/logcache"
	"github.com/autoscalebot/autoscalebot/probe/probertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patient = 10 * time.Second // no test is to reach it

func open(t *testing.T) *cloudfoundrytest.Server {
	t.Helper()
	srv := cloudfoundrytest.NewServer(t)
	srv.AddApp(cloudfoundrytest.App{Name: "my-app"})
	return srv
}

func access(srv *cloudfoundrytest.Server, token string) func(context.Context, string) (logcache.Access, error) {
	return func(context.Context, string) (logcache.Access, error) {
		return logcache.Access{URL: srv.URL, Source: srv.AppGUID("my-app"), Token: token}, nil
	}
}

func prober(t testing.TB, s logcache.Signal, o logcache.Options) probe.Prober {
	t.Helper()
	o.Timeout = cmp.Or(o.Timeout, patient)
	c, err := logcache.New(o)
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.Prober(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func want(t *testing.T, r probe.Reading, value float64) {
	t.Helper()
	if r.Outcome != probe.Answered || math.Abs(r.Value-value) > 1e-6*max(1, math.Abs(value)) || r.Status != 200 {
		t.Errorf("got %+v, want %v", r, value)
	}
}

func wantBad(t *testing.T, r probe.Reading, text string) {
	t.Helper()
	if r.Outcome != probe.BadAnswer || r.Error != text || r.Value != 0 {
		t.Errorf("got %+v, want %q", r, text)
	}
}

func TestConformance(t *testing.T) {
	srv := open(t)
	token := srv.Token()
	with := func(token string) func(string, time.Duration) (probe.Prober, error) {
		return func(addr string, timeout time.Duration) (probe.Prober, error) {
			c, err := logcache.New(logcache.Options{
				Access: func(context.Context, string) (logcache.Access, error) {
					return logcache.Access{URL: "http://" + addr, Source: srv.AppGUID("my-app"), Token: token}, nil
				},
				Timeout: timeout, Window: 10 * time.Minute,
			})
			if err != nil {
				return nil, err
			}
			return c.Prober(logcache.CPU)
		}
	}
	srv.EmitUsage("my-app", time.Now(), time.Minute, []float64{20, 40}, []float64{50, 50})
	probertest.Run(t, probertest.Fixture{
		Addr: strings.TrimPrefix(srv.URL, "http://"), New: with(token), Refused: with("s3cr3t-wrong"),
		Want:    probe.Reading{Signal: "cpu", Value: 30, Unit: "%", Status: 200},
		Secrets: []string{token, "s3cr3t"},
	})
}

// n requests to each instance, spread over the time before now, that took from 1 ms to n ms with the app
func traffic(now time.Time, over time.Duration, n, instances int) (all []cloudfoundrytest.Envelope) {
	for i := range n {
		at, took := now.Add(-over*time.Duration(i)/time.Duration(n)-time.Millisecond), time.Duration(i+1)*time.Millisecond
		for instance := range instances {
			all = append(all,
				cloudfoundrytest.Envelope{Time: at, Instance: instance, Timer: &cloudfoundrytest.Timer{Took: took, Peer: "Client", Status: 200}},
				cloudfoundrytest.Envelope{Time: at.Add(time.Microsecond), Instance: instance, Timer: &cloudfoundrytest.Timer{Took: took + 30*time.Millisecond, Peer: "Server", Status: 200}})
		}
	}
	return all
}

func TestSignals(t *testing.T) {
	srv := open(t)
	now := time.Now()
	srv.EmitUsage("my-app", now, 100*time.Second, []float64{20, 40, 90}, []float64{50, 25, 75})
	srv.Emit("my-app", traffic(now, 110*time.Second, 200, 3)...) // two pages, as the router tells each twice
	srv.Emit("my-app", cloudfoundrytest.Envelope{Time: now, Gauge: map[string]float64{"jobs": 7}}, cloudfoundrytest.Envelope{Time: now})
	o := logcache.Options{Access: access(srv, srv.Token())}
	for s, value := range map[logcache.Signal]float64{
		logcache.CPU: 50, logcache.CPUUtil: 100, logcache.Memory: 50, logcache.MemoryUsed: 256, logcache.Disk: 128, logcache.DiskUtil: 12.5,
		logcache.Latency95: 100.5, logcache.ResponseTime: 100.5, logcache.RequestsPerSecond: 600. / 120, logcache.Throughput: 200. / 120,
		logcache.Latency: 100.5, logcache.ServiceP50: 100, logcache.ServiceP95: 190, logcache.ServiceP99: 198,
	} {
		t.Run(string(s), func(t *testing.T) {
			r := logcache.ProbeAt(t.Context(), prober(t, s, o), now, 1000)
			want(t, r, value)
			if r.Signal != string(s) {
				t.Errorf("the signal is %q", r.Signal)
			}
		})
	}
	t.Run("a shorter window", func(t *testing.T) {
		o.Window = time.Minute
		r := logcache.ProbeAt(t.Context(), prober(t, logcache.RequestsPerSecond, o), now, 1000)
		if r.Outcome != probe.Answered || math.Abs(r.Value-600./110) > 0.3 {
			t.Errorf("got %+v, want about %v", r, 600./110)
		}
	})
}

func TestTheMiddleOfTheRequestsCounts(t *testing.T) {
	srv := open(t)
	now := time.Now()
	for i := range 200 {
		took := 100 * time.Millisecond
		switch {
		case i < 1:
			took = 20 * time.Second
		case i < 5:
			took = time.Second
		}
		srv.Emit("my-app", cloudfoundrytest.Envelope{Time: now.Add(-time.Duration(i+1) * time.Millisecond), Timer: &cloudfoundrytest.Timer{Took: took, Peer: "Client"}})
	}
	want(t, prober(t, logcache.Latency95, logcache.Options{Access: access(srv, srv.Token())}).Probe(t.Context()), 100)
	for middle, value := range map[float64]float64{0: (195*99.9 + 0) / 1, 95: 100, 100: 217.5} {
		if middle == 0 { // 99 %: one at either end
			value = (4*1000 + 194*100) / 198.
		}
		o := logcache.Options{Access: access(srv, srv.Token()), Middle: middle}
		want(t, prober(t, logcache.Latency, o).Probe(t.Context()), value)
	}
}

func TestWhereTheRoutersOwnTimeIsNotToldApart(t *testing.T) {
	srv := open(t)
	now := time.Now()
	for i := range 12 {
		srv.Emit("my-app", cloudfoundrytest.Envelope{Time: now.Add(-time.Duration(i+1) * time.Second), Timer: &cloudfoundrytest.Timer{Took: 80 * time.Millisecond, Peer: "Server"}})
	}
	o := logcache.Options{Access: access(srv, srv.Token())}
	want(t, prober(t, logcache.Latency, o).Probe(t.Context()), 80)
	want(t, prober(t, logcache.RequestsPerSecond, o).Probe(t.Context()), 0.1)
}

// for two minutes; took says how long each took, by its age at their end
func steady(from time.Time, perSecond int, took func(age time.Duration) time.Duration) (all []cloudfoundrytest.Envelope) {
	n, end := 120*perSecond, from.Add(2*time.Minute)
	for i := range n {
		at := from.Add(time.Duration(i) * 2 * time.Minute / time.Duration(n))
		all = append(all, cloudfoundrytest.Envelope{Time: at, Timer: &cloudfoundrytest.Timer{Took: took(end.Sub(at)), Peer: "Client"}})
	}
	return all
}

// If an answer of Log Cache has only part of a window, the rest is read too, so the newest envelopes do not pass for all. If that takes too
// long, the older ones are sampled evenly.
func TestABusyWindowIsReadToItsEnd(t *testing.T) {
	racetest.Computes(t)
	srv := open(t)
	now := time.Now()
	srv.Emit("my-app", steady(now.Add(-2*time.Minute), 10, func(age time.Duration) time.Duration { // 1,200 requests
		if age <= 30*time.Second {
			return 10 * time.Millisecond
		}
		return 90 * time.Millisecond
	})...)
	o := logcache.Options{Access: access(srv, srv.Token()), Middle: 100}
	for _, c := range []struct {
		perPage, most int
		within        float64
	}{{1000, 2, 1e-6}, {150, 9, 1e-6}, {120, 12, 1e-6}, {50, 24, 0.02}, {20, 24, 0.05}} {
		for s, value := range map[logcache.Signal]float64{
			logcache.Latency: 70, logcache.Latency95: 71.05, logcache.RequestsPerSecond: 10, logcache.ServiceP50: 90,
		} {
			before := len(srv.Calls())
			r := logcache.ProbeAt(t.Context(), prober(t, s, o), now, c.perPage)
			if r.Outcome != probe.Answered || math.Abs(r.Value-value) > max(c.within, 0.005)*value {
				t.Errorf("%s, %d a page: got %+v, want %v", s, c.perPage, r, value)
			}
			if calls := len(srv.Calls()) - before; calls > c.most {
				t.Errorf("%s, %d a page: %d calls, want %d at the most", s, c.perPage, calls, c.most)
			}
		}
	}
}

func TestTooManyGaugesAreNoReading(t *testing.T) {
	srv := open(t)
	now := time.Now()
	srv.EmitUsage("my-app", now.Add(-time.Second), 90*time.Second, []float64{20, 30, 40}, []float64{1, 1, 1}) // 2 × 3 × 6
	p := prober(t, logcache.CPU, logcache.Options{Access: access(srv, srv.Token())})
	want(t, logcache.ProbeAt(t.Context(), p, now, 10), 30)
	if r := logcache.ProbeAt(t.Context(), p, now, 2); r.Outcome != probe.BadAnswer || r.Value != 0 {
		t.Errorf("got %+v, want no reading", r)
	}
}

// Metrics of the app's own do not crowd out those of its containers.
func TestOtherGaugesAreLeftOut(t *testing.T) {
	srv := open(t)
	now := time.Now()
	all := make([]cloudfoundrytest.Envelope, 200)
	for i := range all {
		all[i] = cloudfoundrytest.Envelope{Time: now.Add(-time.Duration(i+1) * 4 * time.Millisecond), Gauge: map[string]float64{"jobs_cpu": 5}}
	}
	srv.Emit("my-app", all...)
	srv.EmitUsage("my-app", now.Add(-time.Second), time.Minute, []float64{20}, []float64{1})
	want(t, logcache.ProbeAt(t.Context(), prober(t, logcache.CPU, logcache.Options{Access: access(srv, srv.Token())}), now, 8), 20)
}

func TestWhatIsOldIsNoReading(t *testing.T) {
	srv := open(t)
	now := time.Now()
	srv.EmitUsage("my-app", now.Add(-80*time.Second), 30*time.Second, []float64{20, 40}, []float64{1, 1})
	o := logcache.Options{Access: access(srv, srv.Token())}
	for _, s := range []logcache.Signal{logcache.CPU, logcache.DiskUtil, logcache.MemoryUsed, logcache.Throughput} {
		if r := prober(t, s, o).Probe(t.Context()); r.Outcome != probe.BadAnswer || r.Value != 0 || r.Error == "" {
			t.Errorf("%s: got %+v, want no reading", s, r)
		}
	}
}

// An idle app has a response time of 0, as App Autoscaler has it, where it is certain that it is idle.
func TestTheResponseTimeOfAnIdleApp(t *testing.T) {
	srv := open(t)
	o := logcache.Options{Access: access(srv, srv.Token())}
	read := func(s logcache.Signal) probe.Reading { return prober(t, s, o).Probe(t.Context()) }
	if r := read(logcache.ResponseTime); r.Outcome != probe.BadAnswer {
		t.Errorf("nothing is known, and it is %+v", r)
	}
	srv.EmitUsage("my-app", time.Now().Add(-80*time.Second), time.Second, []float64{1}, []float64{1})
	if r := read(logcache.ResponseTime); r.Outcome != probe.BadAnswer {
		t.Errorf("nothing new is known, and it is %+v", r)
	}
	srv.EmitUsage("my-app", time.Now(), time.Second, []float64{1}, []float64{1})
	want(t, read(logcache.ResponseTime), 0)
	if r := read(logcache.Latency); r.Outcome != probe.BadAnswer {
		t.Errorf("the latency of no request is %+v", r)
	}
}

// A time is exact to the nanosecond, though moments are so large numbers that floating point holds them to a quarter of a microsecond only.
func TestTheLatencyIsExact(t *testing.T) {
	for shift := range 8 {
		srv := open(t)
		now := time.Now().Truncate(time.Millisecond).Add(-time.Duration(shift*37) * time.Nanosecond)
		srv.Emit("my-app", cloudfoundrytest.Envelope{Time: now, Timer: &cloudfoundrytest.Timer{Took: 50 * time.Millisecond, Peer: "Client", Status: 200}})
		r := prober(t, logcache.Latency, logcache.Options{Access: access(srv, srv.Token())}).Probe(t.Context())
		if r.Value != 50 {
			t.Errorf("50 ms that end %d ns before a millisecond are %v", shift*37, r)
		}
	}
}

// A container's gauges may come in one envelope, or in several of the same time.
func TestGaugesOfOneMoment(t *testing.T) {
	now := time.Now()
	for name, envelopes := range map[string][]cloudfoundrytest.Envelope{
		"together": {{Time: now, Gauge: map[string]float64{"cpu": 30, "memory": 100 << 20, "memory_quota": 400 << 20, "disk": 1 << 20, "disk_quota": 1 << 30}}},
		"apart": {
			{Time: now, Gauge: map[string]float64{"memory": 100 << 20}},
			{Time: now, Gauge: map[string]float64{"disk": 1 << 20}},
			{Time: now, Gauge: map[string]float64{"cpu": 30}},
			{Time: now, Gauge: map[string]float64{"disk_quota": 1 << 30}},
			{Time: now, Gauge: map[string]float64{"memory_quota": 400 << 20}},
		},
	} {
		srv := open(t)
		srv.Emit("my-app", envelopes...)
		o := logcache.Options{Access: access(srv, srv.Token())}
		for s, value := range map[logcache.Signal]float64{logcache.CPU: 30, logcache.Memory: 25, logcache.MemoryUsed: 100, logcache.Disk: 1, logcache.DiskUtil: 100. / 1024} {
			t.Run(name+" "+string(s), func(t *testing.T) { want(t, prober(t, s, o).Probe(t.Context()), value) })
		}
		wantBad(t, prober(t, logcache.CPUUtil, o).Probe(t.Context()), "no instance reported cpuutil within 2m0s")
	}
}

func TestAMetricOfTheAppsOwn(t *testing.T) {
	srv := open(t)
	now := time.Now()
	metric := func(instance int, ago time.Duration, value float64) cloudfoundrytest.Envelope {
		return cloudfoundrytest.Envelope{Time: now.Add(-ago), Instance: instance, Gauge: map[string]float64{"jobs.waiting": value}, Unit: "jobs"}
	}
	c, err := logcache.New(logcache.Options{Access: access(srv, srv.Token()), Timeout: patient})
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.Metric("jobs", "jobs.waiting")
	if err != nil {
		t.Fatal(err)
	}
	srv.Emit("my-app", metric(0, 3*time.Minute, 900), cloudfoundrytest.Envelope{Time: now, Gauge: map[string]float64{"jobsXwaiting": 7}})
	if r := p.Probe(t.Context()); r.Outcome != probe.BadAnswer || r.Signal != "jobs" {
		t.Errorf("got %+v, want no reading", r)
	}
	srv.Emit("my-app", metric(0, time.Minute, 10), metric(0, 0, 20), metric(1, 10*time.Second, 45))
	r := p.Probe(t.Context())
	want(t, r, 30)
	if r.Signal != "jobs" || r.Unit != "jobs" {
		t.Errorf("got %+v", r)
	}
	// An instance that its cell no longer reports is gone, whatever it reported before.
	srv.EmitUsage("my-app", now, time.Minute, []float64{20}, []float64{1})
	want(t, p.Probe(t.Context()), 15)
	for _, names := range [][2]string{{"", "x"}, {"x", ""}} {
		if _, err := c.Metric(names[0], names[1]); err == nil {
			t.Errorf("a metric %q is taken", names)
		}
	}
}

func TestInstancesComeAndGo(t *testing.T) {
	srv := open(t)
	now := time.Now()
	o := logcache.Options{Access: access(srv, srv.Token())}
	cpu := func() probe.Reading { return prober(t, logcache.CPU, o).Probe(t.Context()) }
	wantBad(t, cpu(), "no instance reported cpu within 2m0s")
	wantBad(t, prober(t, logcache.Throughput, o).Probe(t.Context()), "no instance of web reports metrics, so the number of instances is unknown")
	wantBad(t, prober(t, logcache.Latency, o).Probe(t.Context()), "there were no requests within 2m0s")
	want(t, prober(t, logcache.RequestsPerSecond, o).Probe(t.Context()), 0)

	srv.EmitUsage("my-app", now.Add(-time.Minute), time.Minute, []float64{20, 40, 60, 80}, []float64{1, 1, 1, 1})
	want(t, cpu(), 50)
	srv.EmitUsage("my-app", now, 30*time.Second, []float64{20, 40}, []float64{1, 1}) // the others were scaled away
	want(t, cpu(), 30)
	want(t, prober(t, logcache.Throughput, o).Probe(t.Context()), 0)
	srv.Emit("my-app", cloudfoundrytest.Envelope{Time: now, Instance: 2, Gauge: map[string]float64{"cpu": 90}}) // a new one has reported once
	want(t, cpu(), (20+40+66)/3.)                                                                               // of four times 60 and once 90
}

func TestOnlyTheProcessTypeCounts(t *testing.T) {
	srv := open(t)
	now := time.Now()
	for i, kind := range []string{"web", "worker"} {
		srv.Emit("my-app", cloudfoundrytest.Envelope{Time: now, Gauge: map[string]float64{"cpu": float64(30 * (i + 1))}, Tags: map[string]string{"process_type": kind}})
	}
	o := logcache.Options{Access: access(srv, srv.Token())}
	want(t, prober(t, logcache.CPU, o).Probe(t.Context()), 30)
	o.ProcessType = "worker"
	want(t, prober(t, logcache.CPU, o).Probe(t.Context()), 60)
}

func TestARefusedTokenIsRenewedOnce(t *testing.T) {
	srv := open(t)
	srv.EmitUsage("my-app", time.Now(), time.Minute, []float64{20}, []float64{1})
	var asked []string
	p := prober(t, logcache.CPU, logcache.Options{Access: func(ctx context.Context, refused string) (logcache.Access, error) {
		asked = append(asked, refused)
		token := "old"
		if refused == "old" {
			token = srv.Token()
		}
		return access(srv, token)(ctx, refused)
	}})
	want(t, p.Probe(t.Context()), 20)
	if fmt.Sprint(asked) != "[ old]" {
		t.Errorf("access was asked for with %q", asked)
	}
	srv.DeleteApp("my-app")
	srv.AddApp(cloudfoundrytest.App{Name: "my-app"})
	p = prober(t, logcache.CPU, logcache.Options{Access: access(srv, "wrong")})
	if r := p.Probe(t.Context()); r.Outcome != probe.ClientError || r.Status != 404 ||
		r.Error != "status 404 Not Found: Log Cache does not have this app, or the user or client may not read its metrics: it must be a space developer or auditor" {
		t.Errorf("got %+v", r)
	}
}

func TestWithoutAccess(t *testing.T) {
	for text, want := range map[string]string{
		"get a token: UAA\nanswered 401": "get a token: UAA answered 401",
		strings.Repeat("ü", 200):         strings.Repeat("ü", 140) + "…",
	} {
		p := prober(t, logcache.CPU, logcache.Options{Access: func(context.Context, string) (logcache.Access, error) { return logcache.Access{}, errors.New(text) }})
		if r := p.Probe(t.Context()); r.Outcome != probe.Unreachable || r.Error != want {
			t.Errorf("got %+v, want %q", r, want)
		}
	}
	p := prober(t, logcache.CPU, logcache.Options{Timeout: time.Millisecond, Access: func(ctx context.Context, _ string) (logcache.Access, error) {
		<-ctx.Done()
		return logcache.Access{}, ctx.Err()
	}})
	if r := p.Probe(t.Context()); r.Outcome != probe.Timeout || r.Error != "no access to the metrics in time" {
		t.Errorf("got %+v", r)
	}
}

func TestAnswersOfOthers(t *testing.T) {
	for body, text := range map[string]string{
		`{}`:     "the answer is not Log Cache's: check that the URL is its API's",
		`<html>`: "the answer is not Log Cache's: check that the URL is its API's",
		`{"envelopes":{"batch":[{"timestamp":"soon"}]}}`:                                                            "the answer is not Log Cache's: check that the URL is its API's",
		`{"envelopes":{"batch":[{"timestamp":"%d","gauge":{"metrics":{"cpu":{"value":"NaN"}}}}]}}`:                  "no instance reported cpu within 2m0s",
		`{"envelopes":{"batch":[{"timestamp":"1","gauge":{"metrics":{"cpu":{"value":1}}}}]}}`:                       "no instance reported cpu within 2m0s",
		`{"envelopes":{"batch":[null,{"timestamp":null},{"timestamp":"%d","gauge":{}},{"timestamp":%d,"log":{}}]}}`: "no instance reported cpu within 2m0s",
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.ReplaceAll(body, "%d", fmt.Sprint(time.Now().Add(-time.Second).UnixNano())))
		}))
		p := prober(t, logcache.CPU, logcache.Options{Access: func(context.Context, string) (logcache.Access, error) {
			return logcache.Access{URL: s.URL, Source: "x", Token: "t"}, nil
		}})
		wantBad(t, p.Probe(t.Context()), text)
		s.Close()
	}
}

func TestAllMistakesAreToldAtOnce(t *testing.T) {
	_, err := logcache.New(logcache.Options{Window: time.Second, Middle: 101})
	const text = `log cache signal: access to the metrics is not set
the window is 1s: must be 15s to 15m
the middle is 101 % of the requests: must be above 0 and up to 100
the timeout is 0s: must be more than 0`
	if err == nil || err.Error() != text {
		t.Errorf("got\n%v\nwant\n%s", err, text)
	}
	c, err := logcache.New(logcache.Options{Access: func(context.Context, string) (logcache.Access, error) { return logcache.Access{}, nil }, Timeout: patient})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Prober("http_latency"); err == nil || err.Error() != `"http_latency" is not a signal of Log Cache: must be one of cpu, cpuutil, memory, memoryused, disk, diskutil, throughput, latency, latency_95, responsetime, requests_per_second, service_p50, service_p95, service_p99` {
		t.Errorf("another signal: %v", err)
	}
}

// Whatever comes, nothing panics, and what the official client's decoder reads is read alike.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"envelopes":{"batch":[]}}`, `{"envelopes":null}`, `[`, ``, `{"envelopes":{"batch":[null]}}`,
		`{"envelopes":{"batch":[{"timestamp":"1700000000000000000","source_id":"a","instance_id":"0","deprecated_tags":{},"tags":{"process_type":"web"},"gauge":{"metrics":{"cpu":{"unit":"percentage","value":1.5},"memory":{"unit":"bytes","value":"NaN"}}}}]}}`,
		`{"envelopes":{"batch":[{"timestamp":1,"instance_id":"3","tags":{"peer_type":"Client"},"timer":{"name":"http","start":"1","stop":"9223372036854775807"}},{"timestamp":"-1","log":{"payload":"aGVsbG8=","type":"OUT"}}]}}`,
		`{"envelopes":{"batch":[{"counter":{"name":"x","delta":"1","total":"18446744073709551615"}},{"event":{"title":"a","body":"b"}}]}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := logcache.Decode(body)
		var r logcache_v1.ReadResponse
		if protojson.Unmarshal(body, &r) != nil || r.Envelopes == nil {
			return
		}
		if err != nil {
			// protojson takes numbers in more forms, such as 1e3 and 1.0 for an integer; Log Cache writes none of them.
			if strings.ContainsAny(string(body), "eE.+\\") || strings.Contains(string(body), "_") || strings.ContainsAny(string(body), " \t\r\n") {
				return
			}
			t.Fatalf("%q can be read, but: %v", body, err)
		}
		for i, e := range r.Envelopes.Batch {
			if i < len(got) && e.GetTimer() != nil && got[i].Timer != nil && int64(got[i].Timer.Stop) != e.GetTimer().Stop {
				t.Errorf("%q: the timer %d stops at %d, want %d", body, i, got[i].Timer.Stop, e.GetTimer().Stop)
			}
		}
	})
}
