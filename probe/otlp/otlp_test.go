package otlp_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	commonpb "go.opentelemetry.io/proto/slim/otlp/common/v1"
	metricspb "go.opentelemetry.io/proto/slim/otlp/metrics/v1"
	resourcepb "go.opentelemetry.io/proto/slim/otlp/resource/v1"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/otlp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "s3cr3t-s3cr3t-s3cr3t"

func newDrain(t testing.TB, o otlp.Options) *otlp.Drain {
	t.Helper()
	o.Tokens = []string{token}
	d, err := otlp.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func prober(t testing.TB, d *otlp.Drain, s otlp.Signal) probe.Prober {
	t.Helper()
	p, err := d.Prober(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func want(t *testing.T, p probe.Prober, value float64, outcome probe.Outcome, why string) {
	t.Helper()
	r := p.Probe(t.Context())
	if r.Outcome != outcome || r.Error != why || math.Abs(r.Value-value) > 1e-3 {
		t.Errorf("got %+v, want %v %s %q", r, value, outcome, why)
	}
}

func answers(t *testing.T, p probe.Prober, value float64) {
	t.Helper()
	want(t, p, value, probe.Answered, "")
}

func post(d *otlp.Drain, kind, encoding string, body []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/v1/metrics", bytes.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", kind)
	if encoding != "" {
		r.Header.Set("Content-Encoding", encoding)
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

func give(t testing.TB, d *otlp.Drain, resource []*commonpb.KeyValue, all ...*metricspb.Metric) {
	t.Helper()
	body, err := proto.Marshal(data(resource, all...))
	if err != nil {
		t.Fatal(err)
	}
	if w := post(d, "application/x-protobuf", "", body); w.Code != http.StatusOK {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
}

func data(resource []*commonpb.KeyValue, all ...*metricspb.Metric) *metricspb.MetricsData {
	return &metricspb.MetricsData{ResourceMetrics: []*metricspb.ResourceMetrics{{
		Resource: &resourcepb.Resource{Attributes: resource}, ScopeMetrics: []*metricspb.ScopeMetrics{{Metrics: all}},
	}}}
}

// "key=value"
func with(all ...string) []*commonpb.KeyValue {
	var out []*commonpb.KeyValue
	for _, one := range all {
		key, value, _ := strings.Cut(one, "=")
		out = append(out, &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: value}}})
	}
	return out
}

func nano(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	return uint64(t.UnixNano())
}

const (
	cumulative = metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE
	delta      = metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA
)

// in seconds, with the bounds 0.1 and 1
func requests(k metricspb.AggregationTemporality, from, at time.Time, status int, counts ...uint64) *metricspb.Metric {
	p := &metricspb.HistogramDataPoint{
		StartTimeUnixNano: nano(from), TimeUnixNano: nano(at), ExplicitBounds: []float64{0.1, 1}, BucketCounts: counts,
		Attributes: with(fmt.Sprintf("http.response.status_code=%d", status)),
	}
	for _, n := range counts {
		p.Count += n
	}
	p.Sum = proto.Float64(float64(p.Count) / 2)
	return &metricspb.Metric{Name: "http.server.request.duration", Unit: "s", Data: &metricspb.Metric_Histogram{Histogram: &metricspb.Histogram{
		AggregationTemporality: k, DataPoints: []*metricspb.HistogramDataPoint{p},
	}}}
}

func number(name, unit string, at time.Time, value float64) *metricspb.Metric {
	return &metricspb.Metric{Name: name, Unit: unit, Data: &metricspb.Metric_Gauge{Gauge: &metricspb.Gauge{DataPoints: []*metricspb.NumberDataPoint{
		{TimeUnixNano: nano(at), Value: &metricspb.NumberDataPoint_AsDouble{AsDouble: value}},
	}}}}
}

func counter(k metricspb.AggregationTemporality, name, unit string, from, at time.Time, value int64) *metricspb.Metric {
	return &metricspb.Metric{Name: name, Unit: unit, Data: &metricspb.Metric_Sum{Sum: &metricspb.Sum{
		IsMonotonic: true, AggregationTemporality: k, DataPoints: []*metricspb.NumberDataPoint{
			{StartTimeUnixNano: nano(from), TimeUnixNano: nano(at), Value: &metricspb.NumberDataPoint_AsInt{AsInt: value}},
		},
	}}}
}

var web1, web2 = with("service.name=shop", "heroku.dyno.name=web-1"), with("service.name=shop", "heroku.dyno.name=web-2")

func TestRequestsOfSeveralDynosThatCountFromTheirStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDrain(t, otlp.Options{})
		rate, errs, busy := prober(t, d, otlp.RequestsPerSecond), prober(t, d, otlp.ErrorsPerSecond), prober(t, d, otlp.Busy)
		p50, p95, p99 := prober(t, d, otlp.ServiceP50), prober(t, d, otlp.ServiceP95), prober(t, d, otlp.ServiceP99)
		want(t, rate, 0, probe.Unreachable, "no point of http.server.request.duration has come yet: `heroku telemetry` shows whether the app has this drain")
		start := time.Now().Add(-24 * time.Hour)
		n := uint64(1_000_000)
		tell := func() {
			give(t, d, web1, requests(cumulative, start, time.Now(), 200, n, n, n))
			give(t, d, web2, requests(cumulative, start, time.Now(), 200, n, n, n))
			give(t, d, web2, requests(cumulative, start, time.Now(), 503, n, 0, 0))
		}
		tell()
		want(t, rate, 0, probe.Unreachable, "http.server.request.duration covers only 0s so far: 10s are needed")
		for range 9 {
			time.Sleep(10 * time.Second)
			n += 100
			tell()
			tell() // again, as after a lost answer
		}
		answers(t, rate, 70) // 100 of each of 7 buckets in 10 s
		answers(t, errs, 10)
		answers(t, busy, 35)
		answers(t, p50, 1000*(0.1+0.9*0.25)) // 3 of 7 are up to 0.1 s; 3.5 of 7 are a quarter into the next
		answers(t, p95, 1000)                // above the last bound nothing is known
		answers(t, p99, 1000)
		time.Sleep(121 * time.Second)
		want(t, rate, 0, probe.Unreachable, "no point of http.server.request.duration in the last 2m0s: the newest is 2m1s old")
	})
}

// Points of a minute each, which the dynos send at different times, add up to what there is all the time.
func TestSlowExports(t *testing.T) {
	for _, k := range []metricspb.AggregationTemporality{cumulative, delta} {
		synctest.Test(t, func(t *testing.T) {
			d := newDrain(t, otlp.Options{})
			rate := prober(t, d, otlp.RequestsPerSecond)
			start := time.Now()
			for second := range 600 {
				for i, dyno := range [][]*commonpb.KeyValue{web1, web2} {
					if second > 0 && (second+25*i)%60 == 0 {
						from, n := start, uint64(5*second)
						if k == delta {
							from = time.Now().Add(-time.Duration(min(second, 60)) * time.Second)
							n = uint64(5 * min(second, 60))
						}
						give(t, d, dyno, requests(k, from, time.Now(), 200, n, 0, 0))
					}
				}
				if second > 200 {
					answers(t, rate, 10)
				}
				time.Sleep(time.Second)
			}
		})
	}
}

func TestRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDrain(t, otlp.Options{})
		rate := prober(t, d, otlp.RequestsPerSecond)
		start := time.Now()
		time.Sleep(30 * time.Second)
		give(t, d, web1, requests(cumulative, start, time.Now(), 200, 300, 0, 0)) // which began in the window, and counts at once
		answers(t, rate, 10)
		start = time.Now()
		time.Sleep(30 * time.Second)
		give(t, d, web1, requests(cumulative, start, time.Now(), 200, 600, 0, 0)) // another start, though the number did not fall
		answers(t, rate, 15)
		time.Sleep(30 * time.Second)
		give(t, d, web1, requests(cumulative, start, time.Now(), 200, 3, 0, 0)) // back, and nobody knows since when
		answers(t, rate, 10)
		time.Sleep(30 * time.Second)
		give(t, d, web1, requests(cumulative, start, time.Now(), 200, 603, 0, 0))
		answers(t, rate, 10)
		give(t, d, web1, requests(cumulative, start, time.Now().Add(-10*time.Second), 200, 203, 0, 0)) // late, and in the one before
		time.Sleep(10 * time.Second)
		give(t, d, web1, requests(cumulative, start, time.Now(), 200, 703, 0, 0))
		answers(t, rate, 70/6.0) // of the last minute the first 20 s are not known, and 600 and 100 came since
	})
}

// What dynos counted before they were first heard of is not known, so that a rate begins when all are.
func TestDynosThatWereThereBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDrain(t, otlp.Options{})
		rate := prober(t, d, otlp.RequestsPerSecond)
		start := time.Now().Add(-time.Hour)
		tell := func(dyno []*commonpb.KeyValue) {
			give(t, d, dyno, requests(cumulative, start, time.Now(), 200, uint64(10*time.Since(start).Seconds()), 0, 0))
		}
		tell(web1)
		time.Sleep(30 * time.Second)
		tell(web2)
		time.Sleep(30 * time.Second)
		tell(web1)
		tell(web2)
		answers(t, rate, 20)
	})
}

func TestDeltasComeLateAndTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDrain(t, otlp.Options{})
		rate, p95 := prober(t, d, otlp.RequestsPerSecond), prober(t, d, otlp.ServiceP95)
		start := time.Now()
		at := func(i int) time.Time { return start.Add(time.Duration(i) * 10 * time.Second) }
		time.Sleep(40 * time.Second)
		for _, i := range []int{4, 2, 3, 2, 1, 4} {
			give(t, d, web1, requests(delta, at(i-1), at(i), 200, 0, 100, 0))
		}
		answers(t, rate, 10)
		answers(t, p95, 1000*(0.1+0.9*0.95))
		give(t, d, web1, requests(delta, at(1000), at(1001), 200, 0, 100, 0)) // a clock that is hours ahead
		give(t, d, web1, requests(delta, at(-1000), at(-999), 200, 0, 100, 0))
		answers(t, rate, 10)
	})
}

func TestTwoServicesAreNotAddedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDrain(t, otlp.Options{})
		rate := prober(t, d, otlp.RequestsPerSecond)
		mine, err := d.Metric("mine", otlp.Query{Name: "http.server.request.duration", Attributes: map[string]string{
			"service.name": "shop", "heroku.dyno.name": "web-*", "http.response.status_code": "200",
		}}, otlp.Rate)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		time.Sleep(20 * time.Second)
		give(t, d, web1, requests(delta, start, time.Now(), 200, 100, 0, 0))
		give(t, d, web1, requests(delta, start, time.Now(), 404, 100, 0, 0))
		give(t, d, with("service.name=router"), requests(delta, start, time.Now(), 200, 100, 0, 0))
		give(t, d, with("service.name=shop", "heroku.dyno.name=worker-1"), requests(delta, start, time.Now(), 200, 100, 0, 0))
		want(t, rate, 0, probe.BadAnswer,
			`requests come from 2 services (["router" "shop"]): select one, as in http.server.request.duration{service.name=router}`)
		answers(t, mine, 5)
	})
}

func TestExponentialHistograms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDrain(t, otlp.Options{})
		p50, p99, rate := prober(t, d, otlp.ServiceP50), prober(t, d, otlp.ServiceP99), prober(t, d, otlp.RequestsPerSecond)
		start := time.Now()
		tell := func(k metricspb.AggregationTemporality, scale, offset int32, counts ...uint64) {
			p := &metricspb.ExponentialHistogramDataPoint{
				StartTimeUnixNano: nano(start), TimeUnixNano: nano(time.Now()), Scale: scale,
				Positive: &metricspb.ExponentialHistogramDataPoint_Buckets{Offset: offset, BucketCounts: counts},
			}
			for _, n := range counts {
				p.Count += n
			}
			give(t, d, web1, &metricspb.Metric{Name: "http.server.request.duration", Unit: "ms", Data: &metricspb.Metric_ExponentialHistogram{
				ExponentialHistogram: &metricspb.ExponentialHistogram{AggregationTemporality: k, DataPoints: []*metricspb.ExponentialHistogramDataPoint{p}},
			}})
		}
		time.Sleep(20 * time.Second)
		tell(cumulative, 0, 6, 100, 0, 100) // 100 of 64 to 128 ms, 100 of 256 to 512
		answers(t, p50, 128)
		answers(t, p99, 256+256*0.98)
		time.Sleep(20 * time.Second)
		tell(cumulative, 0, 6, 100, 0, 300)
		answers(t, p50, 256+256/3.0)
		answers(t, rate, 10)
		time.Sleep(20 * time.Second)
		tell(cumulative, -1, 3, 100, 500) // coarser: the counts continue, the times start again
		answers(t, rate, 10)
	})
}

func TestLoadAndMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDrain(t, otlp.Options{MemoryQuota: 1000})
		load, most := prober(t, d, otlp.LoadMean), prober(t, d, otlp.LoadMax)
		memory, full := prober(t, d, otlp.MemoryMean), prober(t, d, otlp.MemoryMax)
		for i, dyno := range [][]*commonpb.KeyValue{web1, web2} {
			give(t, d, dyno, number("container.cpu.usage", "{cpu}", time.Now(), float64(i)), number("container.memory.usage", "By", time.Now(), 500+float64(250*i)))
			give(t, d, dyno, number("container.cpu.usage", "{cpu}", time.Now().Add(-time.Second), 9)) // late
		}
		answers(t, load, 0.5)
		answers(t, most, 1)
		answers(t, memory, 62.5)
		answers(t, full, 75)
		time.Sleep(90 * time.Second)
		give(t, d, web1, number("container.cpu.usage", "{cpu}", time.Now(), 0.25))
		time.Sleep(60 * time.Second)
		answers(t, most, 0.25) // web 2 is gone
		want(t, full, 0, probe.Unreachable, "no point of container.memory.usage in the last 2m0s: the newest is 2m30s old")
	})
}

func TestUnits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDrain(t, otlp.Options{Memory: otlp.Query{Name: "used"}, Load: otlp.Query{Name: "cpu"}, Requests: otlp.Query{Name: "took"}})
		memory, load := prober(t, d, otlp.MemoryMax), prober(t, d, otlp.LoadMax)
		p95 := prober(t, d, otlp.ServiceP95)
		give(t, d, web1, number("used", "By", time.Now(), 5))
		want(t, memory, 0, probe.BadAnswer, "used is in bytes, but the dyno's memory quota is not set")
		give(t, d, web1, number("used", "kBy", time.Now().Add(1), 5))
		want(t, memory, 0, probe.BadAnswer, `used has the unit "kBy": must be By, 1 or %`)
		give(t, d, web1, number("used", "1", time.Now().Add(2), 0.5))
		answers(t, memory, 50)
		start := time.Now()
		give(t, d, web1, counter(cumulative, "cpu", "s", time.Time{}, time.Now(), 1000))
		want(t, load, 0, probe.Unreachable, "there is only one point so far: a counter needs two")
		time.Sleep(20 * time.Second)
		give(t, d, web1, counter(cumulative, "cpu", "s", time.Time{}, time.Now(), 1030)) // seconds of processors in 20 s
		answers(t, load, 1.5)
		give(t, d, web1, counter(delta, "took", "{request}", start, time.Now(), 40))
		want(t, p95, 0, probe.BadAnswer, `took has the unit "{request}": must be s, ms, us or ns`)
		answers(t, prober(t, d, otlp.RequestsPerSecond), 2)
	})
}

func TestAnyMetric(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDrain(t, otlp.Options{})
		q, err := otlp.ParseQuery(`jobs { queue = mail , heroku.dyno.name="worker-*" }`)
		if err != nil || q.String() != "jobs{heroku.dyno.name=worker-*,queue=mail}" {
			t.Fatalf("got %v, %v", q, err)
		}
		takes := map[otlp.Take]float64{otlp.Mean: 3, otlp.Max: 4, otlp.Sum: 6}
		probers := map[otlp.Take]probe.Prober{}
		for take := range takes {
			if probers[take], err = d.Metric("backlog", q, take); err != nil {
				t.Fatal(err)
			}
		}
		for i, dyno := range []string{"worker-1", "worker-2", "web-1"} {
			resource := with("heroku.dyno.name="+dyno, "queue=pdf")
			for queue, value := range map[string]float64{"mail": float64(2 + 2*i), "pdf": 100} {
				m := number("jobs", "{job}", time.Now(), value)
				m.GetGauge().DataPoints[0].Attributes = with("queue=" + queue) // which goes before the resource's
				give(t, d, resource, m)
			}
		}
		for take, value := range takes {
			answers(t, probers[take], value)
			if r := probers[take].Probe(t.Context()); r.Signal != "backlog" || r.Unit != "job" {
				t.Errorf("got %+v", r)
			}
		}
	})
}

func TestPosts(t *testing.T) {
	var log bytes.Buffer
	d := newDrain(t, otlp.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	memory, err := d.Metric("m", otlp.Query{Name: "m"}, otlp.Max)
	if err != nil {
		t.Fatal(err)
	}
	const pb, js = "application/x-protobuf", "application/json; charset=utf-8"
	at := time.Now()
	body := func(kind string, value float64) []byte {
		at = at.Add(1)
		m := data(web1, number("m", "1", at, value))
		b, err := proto.Marshal(m)
		if kind == js {
			b, err = protojson.Marshal(m)
			b = bytes.Replace(b, []byte("{"), []byte(`{"newer": [1], `), 1) // what is not known yet is not looked at
		}
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for i, c := range []struct{ kind, encoding string }{{pb, ""}, {js, ""}, {pb, "gzip"}, {js, "gzip"}, {js, "identity"}} {
		b := body(c.kind, float64(i))
		if c.encoding == "gzip" {
			b = pack(b)
		}
		w := post(d, c.kind, c.encoding, b)
		kind, answer := "application/x-protobuf", ""
		if c.kind == js {
			kind, answer = "application/json", "{}"
		}
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != kind || w.Body.String() != answer {
			t.Errorf("%v: got %d %s %v", c, w.Code, w.Body, w.Header())
		}
		answers(t, memory, float64(i))
	}
	for _, c := range []struct {
		kind, encoding string
		body           []byte
		status         int
		why            string
	}{
		{"text/plain", "", nil, 415, "the content type must be application/x-protobuf or application/json"},
		{"", "", nil, 415, "the content type must be application/x-protobuf or application/json"},
		{pb, "zstd", nil, 415, "the content must be compressed with gzip, or not at all"},
		{pb, "gzip", []byte("no"), 400, "the body is not compressed with gzip"},
		{pb, "gzip", pack([]byte("a"))[:12], 400, "the body is not compressed with gzip"},
		{pb, "", []byte("no"), 400, "the body is not valid OTLP"},
		{js, "", []byte("[]"), 400, "the body is not valid OTLP"},
		{pb, "", make([]byte, 4<<20+1), 413, "the body has more than 4194304 bytes"},
		{pb, "gzip", pack(make([]byte, 4<<20+1)), 413, "the body has more than 4194304 bytes"},
	} {
		if w := post(d, c.kind, c.encoding, c.body); w.Code != c.status || strings.TrimSpace(w.Body.String()) != c.why {
			t.Errorf("%s %s: got %d %s", c.kind, c.encoding, w.Code, w.Body)
		}
	}
	for method, status := range map[string]int{http.MethodPost: 401, http.MethodGet: 405} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(method, "/v1/metrics", nil)
		r.SetBasicAuth(token, "s3cr3t-wrong")
		if d.ServeHTTP(w, r); w.Code != status || w.Header().Get("Allow")+w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s: got %d %v", method, w.Code, w.Header())
		}
	}
	if strings.Count(log.String(), "\n") != 1 || strings.Contains(log.String(), "s3cr3t") {
		t.Errorf("logged: %s", log.String())
	}
}

func pack(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

func TestSeriesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		d := newDrain(t, otlp.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		sum, err := d.Metric("m", otlp.Query{Name: "m"}, otlp.Sum)
		if err != nil {
			t.Fatal(err)
		}
		const why = "there are more than 2000 series of m: select fewer by their attributes"
		post := func(n int) {
			var all []*metricspb.Metric
			for i := range n {
				m := number("m", "", time.Now(), 1)
				m.GetGauge().DataPoints[0].Attributes = with(fmt.Sprintf("i=%d %v", i, time.Now()))
				all = append(all, m)
			}
			give(t, d, web1, all...)
		}
		post(2000)
		answers(t, sum, 2000)
		time.Sleep(5 * time.Minute)
		post(3000) // a part of them is not the sum
		want(t, sum, 0, probe.BadAnswer, why)
		if !strings.Contains(log.String(), "there are too many series: select fewer by their attributes") {
			t.Errorf("logged: %s", log.String())
		}
		time.Sleep(5 * time.Minute)
		post(1000)
		answers(t, sum, 1000)
	})
}

func TestMistakes(t *testing.T) {
	_, err := otlp.New(otlp.Options{Tokens: []string{"s3cr3t"}, MemoryQuota: -1, Load: otlp.Query{Name: "a b"}})
	const text = "telemetry drain: token 1 has 6 bytes: must have at least 16, `openssl rand -hex 16` generates one\n" +
		"the memory of a dyno is -1 bytes: must be 0 or more\n" +
		`the name "a b" of a metric or an attribute has an invalid character, or is too long`
	if err == nil || err.Error() != text {
		t.Errorf("got %v", err)
	}
	for query, why := range map[string]string{
		"":           "a metric has no name: must be like http.server.request.duration",
		"m{a=b":      `the metric "m{a=b" has a { without a } at its end`,
		"m{a}":       `the metric "m{a}" is invalid: must be name{key=value,key=value}, with each key once`,
		"m{a=1,a=2}": `the metric "m{a=1,a=2}" is invalid: must be name{key=value,key=value}, with each key once`,
	} {
		if _, err := otlp.ParseQuery(query); err == nil || err.Error() != why {
			t.Errorf("%s: got %v", query, err)
		}
	}
	d := newDrain(t, otlp.Options{})
	if _, err := d.Prober("connect_p95"); err == nil || err.Error() != `"connect_p95" is not a signal of the telemetry drain` {
		t.Errorf("got %v", err)
	}
	for i := range 40 {
		_, err = d.Metric("m", otlp.Query{Name: fmt.Sprint("m", i)}, otlp.Max)
	}
	if err == nil || err.Error() != "the telemetry drain has more than 32 metrics" {
		t.Errorf("got %v", err)
	}
}

// Whatever is posted, readings are finite numbers or have a reason.
func FuzzPosts(f *testing.F) {
	now := time.Now()
	for _, m := range []*metricspb.Metric{
		requests(delta, now.Add(-time.Minute), now, 200, 1, 2, 3), requests(cumulative, now.Add(-time.Minute), now, 500, 1, 2, 3),
		number("http.server.request.duration", "s", now, math.Inf(1)), number("http.server.request.duration", "1", now, 1e200),
		counter(delta, "http.server.request.duration", "ms", time.Time{}, now, math.MinInt64),
	} {
		b, err := proto.Marshal(data(web1, m, m))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, false)
		if b, err = protojson.Marshal(data(web1, m)); err != nil {
			f.Fatal(err)
		}
		f.Add(b, true)
	}
	f.Fuzz(func(t *testing.T, body []byte, isJSON bool) {
		d := newDrain(t, otlp.Options{})
		var all []probe.Prober
		for _, take := range []otlp.Take{otlp.Mean, otlp.Max, otlp.Sum, otlp.Rate, otlp.P50, otlp.P99} {
			p, err := d.Metric("x", otlp.Query{Name: "http.server.request.duration"}, take)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, p)
		}
		for _, s := range otlp.Signals() {
			all = append(all, prober(t, d, s))
		}
		kind := "application/x-protobuf"
		if isJSON {
			kind = "application/json"
		}
		if w := post(d, kind, "", body); w.Code != http.StatusOK && w.Code != http.StatusBadRequest {
			t.Errorf("got %d", w.Code)
		}
		for _, p := range all {
			if r := p.Probe(t.Context()); math.IsNaN(r.Value) || math.IsInf(r.Value, 0) || (r.Error == "") != (r.Outcome == probe.Answered) || len(r.Unit) > 30 {
				t.Errorf("got %+v", r)
			}
		}
	})
}
