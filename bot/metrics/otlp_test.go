package metrics_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	collectormetrics "go.opentelemetry.io/proto/slim/otlp/collector/metrics/v1"
	collectortrace "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/slim/otlp/common/v1"
	metricspb "go.opentelemetry.io/proto/slim/otlp/metrics/v1"
	tracepb "go.opentelemetry.io/proto/slim/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/metrics"
	"github.com/autoscalebot/autoscalebot/bot/porttest"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/probe"
)

// It parses exports with OpenTelemetry's own types for collectors.
type collector struct {
	t  testing.TB
	mu sync.Mutex // guards the rest
	// 0 means 200
	answer     int
	retryAfter string
	body       []byte
	requests   []*http.Request
	at         []time.Time
	traces     []*collectortrace.ExportTraceServiceRequest
	metrics    []*collectormetrics.ExportMetricsServiceRequest
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		c.t.Errorf("read the body: %v", err)
	}
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			c.t.Errorf("no gzip: %v", err)
			return
		}
		if body, err = io.ReadAll(z); err != nil {
			c.t.Errorf("bad gzip: %v", err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests, c.at = append(c.requests, r), append(c.at, time.Now())
	strict := proto.UnmarshalOptions{}
	if strings.HasSuffix(r.URL.Path, "/traces") {
		m := &collectortrace.ExportTraceServiceRequest{}
		err = strict.Unmarshal(body, m)
		c.traces = append(c.traces, m)
	} else {
		m := &collectormetrics.ExportMetricsServiceRequest{}
		err = strict.Unmarshal(body, m)
		c.metrics = append(c.metrics, m)
	}
	if err != nil || len(body) == 0 {
		c.t.Errorf("%s: %d bytes, %v", r.URL.Path, len(body), err)
	}
	if c.retryAfter != "" {
		w.Header().Set("Retry-After", c.retryAfter)
	}
	if c.answer != 0 {
		w.WriteHeader(c.answer)
	}
	_, _ = w.Write(c.body)
}

// Without a network, for bubbles of virtual time.
func (c *collector) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w.Result(), nil
}

func (c *collector) set(answer int, retryAfter string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer, c.retryAfter = answer, retryAfter
}

func (c *collector) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.requests)
}

func (c *collector) spans() []*tracepb.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	newest := c.traces[len(c.traces)-1]
	return newest.GetResourceSpans()[0].GetScopeSpans()[0].GetSpans()
}

// env has the form NAME=value.
func start(t testing.TB, m *metrics.Metrics, log io.Writer, transport http.RoundTripper, env ...string) *metrics.OTLP {
	t.Helper()
	e, err := metrics.NewOTLP(metrics.OTLPOptions{Metrics: []*metrics.Metrics{m}, Env: environ(env...), Log: slog.New(slog.NewTextHandler(log, nil)), Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func environ(pairs ...string) func(string) string {
	env := map[string]string{}
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		env[name] = value
	}
	return func(name string) string { return env[name] }
}

func attributes(kv []*commonpb.KeyValue) map[string]any {
	out := map[string]any{}
	for _, a := range kv {
		switch v := a.GetValue().GetValue().(type) {
		case *commonpb.AnyValue_StringValue:
			out[a.GetKey()] = v.StringValue
		case *commonpb.AnyValue_IntValue:
			out[a.GetKey()] = v.IntValue
		case *commonpb.AnyValue_DoubleValue:
			out[a.GetKey()] = v.DoubleValue
		}
	}
	return out
}

func TestACollectorUnderstandsWhatIsSent(t *testing.T) {
	for name, compression := range map[string]string{"plain": "none", "gzip": "gzip"} {
		t.Run(name, func(t *testing.T) {
			c := &collector{t: t}
			server := httptest.NewServer(c)
			defer server.Close()
			m := metrics.New(options())
			var log bytes.Buffer
			e := start(t, m, &log, nil, "OTEL_EXPORTER_OTLP_ENDPOINT="+server.URL+"/in/", "OTEL_EXPORTER_OTLP_COMPRESSION="+compression,
				"OTEL_EXPORTER_OTLP_HEADERS=api-key=a%20secret, x-other=b", "OTEL_SERVICE_NAME=my bot",
				"OTEL_RESOURCE_ATTRIBUTES=deployment.environment=staging,service.name=not this")
			keep(t, m, scaled())
			keep(t, e, scaled())
			if err := e.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			if len(c.traces) != 1 || len(c.metrics) != 1 || log.Len() > 0 {
				t.Fatalf("%d exports of traces, %d of metrics, and the log says %q", len(c.traces), len(c.metrics), &log)
			}
			paths := map[string]bool{}
			for _, r := range c.requests {
				paths[r.Method+" "+r.URL.Path] = true
				for name, want := range map[string]string{
					"Api-Key": "a secret", "X-Other": "b", "Content-Type": "application/x-protobuf", "User-Agent": "autoscalebot/3.1",
				} {
					if got := r.Header.Get(name); got != want {
						t.Errorf("%s is %q, want %q", name, got, want)
					}
				}
			}
			if len(paths) != 2 || !paths["POST /in/v1/traces"] || !paths["POST /in/v1/metrics"] {
				t.Errorf("requests to %v", paths)
			}
			want := map[string]any{"service.name": "my bot", "service.version": "3.1", "deployment.environment": "staging"}
			if got := attributes(c.traces[0].ResourceSpans[0].Resource.Attributes); !maps.Equal(got, want) {
				t.Errorf("traces of %v, want %v", got, want)
			}
			if got := attributes(c.metrics[0].ResourceMetrics[0].Resource.Attributes); !maps.Equal(got, want) {
				t.Errorf("metrics of %v, want %v", got, want)
			}
		})
	}
}

func exported(t *testing.T, records ...record.Record) []*tracepb.Span {
	t.Helper()
	c := &collector{t: t}
	e := start(t, metrics.New(options()), io.Discard, c, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://collector/traces")
	keep(t, e, records...)
	if err := e.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c.spans()
}

// The start and end of each span in ms since noon, and its parent.
func lines(spans []*tracepb.Span) (out []string) {
	names := map[string]string{}
	for _, s := range spans {
		names[string(s.GetSpanId())] = s.GetName()
	}
	ms := func(ns uint64) float64 { return float64(int64(ns)-noon.UnixNano()) / 1e6 }
	for _, s := range spans {
		out = append(out, fmt.Sprintf("%s<%s %g-%g", s.GetName(), names[string(s.GetParentSpanId())], ms(s.GetStartTimeUnixNano()), ms(s.GetEndTimeUnixNano())))
	}
	return out
}

func TestATickIsATrace(t *testing.T) {
	spans := exported(t, scaled())
	want := []string{
		"tick< 0-1200", "probe<tick 1-906", "dns<probe 1-11", "connect<probe 11-31", "tls<probe 31-101", "processing<probe 101-901",
		"transfer<probe 901-906", "platform<tick 906-1200",
	}
	if got := lines(spans); !slices.Equal(got, want) {
		t.Errorf("spans %q\nwant  %q", got, want)
	}
	ids := map[string]bool{}
	for _, s := range spans {
		ids[string(s.GetSpanId())] = true
		if !bytes.Equal(s.GetTraceId(), spans[0].GetTraceId()) || len(s.GetTraceId()) != 16 || len(s.GetSpanId()) != 8 {
			t.Errorf("%s has the ids %x and %x", s.GetName(), s.GetTraceId(), s.GetSpanId())
		}
		if s.GetStatus().GetCode() != tracepb.Status_STATUS_CODE_UNSET {
			t.Errorf("%s failed: %v", s.GetName(), s.GetStatus())
		}
	}
	if len(ids) != len(spans) {
		t.Error("some spans have the same id")
	}
	tick := map[string]any{
		"autoscalebot.app": "dancing-forest", "autoscalebot.process_type": "web", "autoscalebot.action": "scaled",
		"autoscalebot.dynos": int64(2), "autoscalebot.min_dynos": int64(1), "autoscalebot.max_dynos": int64(5),
	}
	if got := attributes(spans[0].GetAttributes()); !maps.Equal(got, tick) {
		t.Errorf("tick: %v, want %v", got, tick)
	}
	decided := map[string]any{
		"autoscalebot.rule": "slow_run", "autoscalebot.verdict": "slow", "autoscalebot.from": int64(2), "autoscalebot.desired": int64(4),
		"autoscalebot.to": int64(3), "autoscalebot.why": scaled().Why(), "autoscalebot.clamp.schedule": int64(3),
	}
	if e := spans[0].GetEvents(); len(e) != 1 || e[0].GetName() != "decided" || !maps.Equal(attributes(e[0].GetAttributes()), decided) {
		t.Errorf("events %v, want %v", e, decided)
	}
	if got := attributes(spans[1].GetAttributes())["http.response.status_code"]; got != int64(200) {
		t.Errorf("status %v, want 200", got)
	}
}

func TestATraceShowsWhatFailed(t *testing.T) {
	r := noData()
	r.Time, r.DurationMS = noon, 50
	r.Error = "read formation: \xff"
	r.Readings[0].Time = noon
	spans := exported(t, r)
	if got, want := lines(spans), []string{"tick< 0-50", "probe<tick 0-3", "platform<tick 3-50"}; !slices.Equal(got, want) {
		t.Errorf("spans %q, want %q", got, want)
	}
	for i, want := range []string{"read formation: \uFFFD", "connection refused", "read formation: \uFFFD"} {
		if s := spans[i].GetStatus(); s.GetCode() != tracepb.Status_STATUS_CODE_ERROR || s.GetMessage() != want {
			t.Errorf("%s: %v, want an error %q", spans[i].GetName(), s, want)
		}
	}
}

func TestATraceHoldsOnlyWhatIsKnown(t *testing.T) {
	redirected := scaled()
	redirected.Readings[0].Redirects = 1
	offline := noData()
	offline.Time, offline.DurationMS, offline.Readings[0].Time = noon, 5, noon
	offline.Action, offline.Error, offline.Decision.Rule = record.Held, "", decide.RuleOffline
	queue := scaled()
	queue.Readings = []probe.Reading{{Signal: "queue", Time: noon, Value: 7000, Unit: "messages", Outcome: probe.Answered}}
	for name, c := range map[string]struct {
		record record.Record
		want   []string
	}{
		"phases that are sums": {redirected, []string{"tick< 0-1200", "probe<tick 1-906", "platform<tick 906-1200"}},
		"no platform asked":    {offline, []string{"tick< 0-5", "probe<tick 0-3"}},
		"a signal of no time":  {queue, []string{"tick< 0-1200", "probe<tick 0-1200", "platform<tick 1200-1200"}},
		"an interrupted tick": {
			record.Record{Time: noon, Action: record.Interrupted, DurationMS: 1000, Readings: []probe.Reading{answered()}},
			[]string{"tick< 0-1000", "probe<tick 1-906", "dns<probe 1-11", "connect<probe 11-31", "tls<probe 31-101", "processing<probe 101-901", "transfer<probe 901-906"},
		},
	} {
		if got := lines(exported(t, c.record)); !slices.Equal(got, c.want) {
			t.Errorf("%s: spans %q\nwant %q", name, got, c.want)
		}
	}
}

func TestMetricsAreTheSameByOTLP(t *testing.T) {
	c := &collector{t: t}
	m := metrics.New(options())
	keep(t, m, scaled(), noData())
	e := start(t, m, io.Discard, c, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://collector")
	if err := e.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	sent := map[string]*metricspb.Metric{}
	for _, one := range c.metrics[0].GetResourceMetrics()[0].GetScopeMetrics()[0].GetMetrics() {
		sent[one.GetName()] = one
	}
	for line := range strings.Lines(text(t, m)) {
		if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
			name, kind, _ := strings.Cut(strings.TrimSpace(rest), " ")
			if got := kindOf(sent[name]); got != kind && !strings.HasPrefix(name, "promhttp_") {
				t.Errorf("%s is a %s to Prometheus and %q by OTLP", name, kind, got)
			}
		}
	}
	ticks := sent["autoscalebot_ticks_total"].GetSum()
	if ticks.GetAggregationTemporality() != metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE || len(ticks.GetDataPoints()) != 7 {
		t.Errorf("ticks: %v", ticks)
	}
	for _, p := range ticks.GetDataPoints() {
		want := map[string]float64{"scaled": 1, "failed": 1}[attributes(p.GetAttributes())["action"].(string)]
		if p.GetAsDouble() != want || p.GetStartTimeUnixNano() != uint64(noon.UnixNano()) || attributes(p.GetAttributes())["app"] != "dancing-forest" {
			t.Errorf("a point of ticks: %v", p)
		}
	}
	h := sent["autoscalebot_response_time_seconds"]
	p := h.GetHistogram().GetDataPoints()[0]
	if h.GetUnit() != "s" || p.GetCount() != 1 || p.GetSum() != 0.9 || len(p.GetBucketCounts()) != len(p.GetExplicitBounds())+1 {
		t.Errorf("response time: %v", h)
	}
	for i, n := range p.GetBucketCounts() {
		if want := map[bool]uint64{true: 1}[i < len(p.GetExplicitBounds()) && p.GetExplicitBounds()[i] == 1]; n != want {
			t.Errorf("bucket %d of the response time has %d, want %d", i, n, want)
		}
	}
}

func kindOf(m *metricspb.Metric) string {
	switch m.GetData().(type) {
	case *metricspb.Metric_Sum:
		return "counter"
	case *metricspb.Metric_Gauge:
		return "gauge"
	case *metricspb.Metric_Histogram:
		return "histogram"
	case *metricspb.Metric_Summary:
		return "summary"
	}
	return ""
}

func TestACollectorThatIsDownDelaysAndRepeatsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &collector{t: t, answer: http.StatusServiceUnavailable}
		var log bytes.Buffer
		e := start(t, metrics.New(options()), &log, c, "OTEL_EXPORTER_OTLP_ENDPOINT=http://user:secret@collector:4318", "OTEL_METRICS_EXPORTER=none",
			"OTEL_EXPORTER_OTLP_HEADERS=api-key=secret")
		began := time.Now()
		for range 600 { // the newest 512 are kept
			keep(t, e, scaled())
			time.Sleep(time.Second)
		}
		if n := len(c.spans()); n != 512*8 {
			t.Errorf("%d spans wait, want those of 512 ticks", n)
		}
		before := c.spans()
		newest := before[len(before)-1].GetSpanId()
		var waits []time.Duration
		for i, at := range c.at[:6] {
			waits = append(waits, at.Sub(append([]time.Time{began}, c.at...)[i]))
		}
		if want := "[5s 10s 20s 40s 1m0s 1m0s]"; fmt.Sprint(waits) != want {
			t.Errorf("attempts after %v, want %v", waits, want)
		}
		c.set(0, "")
		time.Sleep(time.Minute)
		synctest.Wait()
		n := c.count()
		time.Sleep(time.Minute)
		synctest.Wait()
		if c.count() != n {
			t.Error("what arrived is sent again")
		}
		if !slices.ContainsFunc(c.spans(), func(s *tracepb.Span) bool { return bytes.Equal(s.GetSpanId(), newest) }) {
			t.Error("what is tried again has other ids")
		}
		if err := e.Shutdown(t.Context()); err != nil || c.count() != n {
			t.Errorf("Shutdown with nothing to send: %v, %d requests", err, c.count()-n)
		}
		if strings.Count(log.String(), "\n") != 2 || !strings.Contains(log.String(), "does not accept traces") || !strings.Contains(log.String(), "accepts traces again") ||
			strings.Contains(log.String(), "secret") {
			t.Errorf("the log says %q, want one line when it is down and one when it is up again", &log)
		}
	})
}

func TestACollectorIsLeftAloneAsLongAsItAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &collector{t: t, answer: http.StatusTooManyRequests, retryAfter: "100"}
		e := start(t, metrics.New(options()), io.Discard, c, "OTEL_EXPORTER_OTLP_ENDPOINT=http://collector", "OTEL_METRICS_EXPORTER=none")
		keep(t, e, scaled())
		time.Sleep(104 * time.Second)
		synctest.Wait()
		if c.count() != 1 {
			t.Errorf("%d requests within 104 s, want 1", c.count())
		}
		c.set(0, "")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if c.count() != 2 {
			t.Errorf("%d requests within 106 s, want 2", c.count())
		}
		if err := e.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestWhatACollectorRefusesIsNotSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &collector{t: t, answer: http.StatusUnauthorized}
		var log bytes.Buffer
		e := start(t, metrics.New(options()), &log, c, "OTEL_EXPORTER_OTLP_ENDPOINT=http://collector", "OTEL_METRICS_EXPORTER=none")
		keep(t, e, scaled())
		time.Sleep(time.Hour)
		synctest.Wait()
		if c.count() != 1 || !strings.Contains(log.String(), "401 Unauthorized") {
			t.Errorf("%d requests, want 1; the log says %q", c.count(), &log)
		}
		keep(t, e, scaled())
		if err := e.Shutdown(t.Context()); err == nil || err.Error() != "send traces: the collector answered 401 Unauthorized" {
			t.Errorf("Shutdown: %v", err)
		}
	})
}

func TestWhatACollectorRejectsIsTold(t *testing.T) {
	encoded := func(m proto.Message) []byte {
		b, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	spans := encoded(&collectortrace.ExportTraceServiceResponse{
		PartialSuccess: &collectortrace.ExportTracePartialSuccess{RejectedSpans: 3, ErrorMessage: "too old"},
	})
	points := encoded(&collectormetrics.ExportMetricsServiceResponse{
		PartialSuccess: &collectormetrics.ExportMetricsPartialSuccess{RejectedDataPoints: 4, ErrorMessage: "too old"},
	})
	for _, c := range []struct {
		env    string
		answer []byte
		want   string // in the log
	}{
		{"OTEL_METRICS_EXPORTER=none", spans, "rejected=3"},
		{"OTEL_TRACES_EXPORTER=none", points, "rejected=4"},
		{"OTEL_METRICS_EXPORTER=none", encoded(&collectortrace.ExportTraceServiceResponse{}), ""},
		{"OTEL_METRICS_EXPORTER=none", []byte("<html>thank you</html>"), ""},
	} {
		var log bytes.Buffer
		e := start(t, metrics.New(options()), &log, &collector{t: t, body: c.answer}, "OTEL_EXPORTER_OTLP_ENDPOINT=http://collector", c.env)
		keep(t, e, scaled())
		if err := e.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if !strings.Contains(log.String(), c.want) || c.want == "" && log.Len() > 0 {
			t.Errorf("%s, answer %q: the log says %q, want %q", c.env, c.answer, &log, c.want)
		}
	}
}

func TestMetricsAreSentAsOftenAsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &collector{t: t}
		e := start(t, metrics.New(options()), io.Discard, c, "OTEL_EXPORTER_OTLP_ENDPOINT=http://collector", "OTEL_METRIC_EXPORT_INTERVAL=15000")
		time.Sleep(time.Minute + time.Second)
		synctest.Wait()
		if c.count() != 4 {
			t.Errorf("%d exports in a minute, want 4", c.count())
		}
		if err := e.Shutdown(t.Context()); err != nil || c.count() != 5 {
			t.Errorf("Shutdown: %v after %d exports, want one more", err, c.count())
		}
	})
}

type hanging struct{}

func (hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, fmt.Errorf("hanging: %w", r.Context().Err())
}

func TestShutdownEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, metrics.New(options()), io.Discard, hanging{}, "OTEL_EXPORTER_OTLP_ENDPOINT=http://collector", "OTEL_EXPORTER_OTLP_TIMEOUT=60000")
		keep(t, e, scaled())
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		began := time.Now()
		err := e.Shutdown(ctx)
		if took := time.Since(began); took != 2*time.Second || !errors.Is(err, context.Canceled) {
			t.Errorf("Shutdown took %v: %v", took, err)
		}
		if again := e.Shutdown(t.Context()); again == nil || again.Error() != err.Error() {
			t.Errorf("the second Shutdown says %v, the first %v", again, err)
		}
	})
}

func TestAnAttemptEndsWithItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		e := start(t, metrics.New(options()), &log, hanging{}, "OTEL_EXPORTER_OTLP_ENDPOINT=http://collector", "OTEL_METRICS_EXPORTER=none",
			"OTEL_EXPORTER_OTLP_TIMEOUT=300")
		keep(t, e, scaled())
		time.Sleep(5*time.Second + 301*time.Millisecond)
		synctest.Wait()
		if !strings.Contains(log.String(), "deadline exceeded") {
			t.Errorf("the log says %q", &log)
		}
		if err := e.Shutdown(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown: %v", err)
		}
	})
}

// A redirect would send the headers to another server.
func TestARedirectIsNotFollowed(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	e := start(t, metrics.New(options()), io.Discard, nil, "OTEL_EXPORTER_OTLP_ENDPOINT="+server.URL, "OTEL_METRICS_EXPORTER=none")
	keep(t, e, scaled())
	if err := e.Shutdown(t.Context()); err == nil || !strings.Contains(err.Error(), "307 Temporary Redirect") {
		t.Errorf("Shutdown: %v", err)
	}
}

func TestAnAddressIsNotTold(t *testing.T) {
	var log bytes.Buffer
	e := start(t, metrics.New(options()), &log, nil, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://"+porttest.Addr(t)+"/secret?key=secret")
	keep(t, e, scaled())
	err := e.Shutdown(t.Context())
	if err == nil || !strings.Contains(err.Error(), "connection refused") || strings.Contains(err.Error()+log.String(), "secret") {
		t.Errorf("Shutdown: %v; the log says %q", err, &log)
	}
}
