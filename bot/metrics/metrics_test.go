package metrics_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/metrics"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/rapidtest"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// All ticks of the tests are at noon.
var noon = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)

func options() metrics.Options {
	return metrics.Options{App: "dancing-forest", ProcessType: "web", Version: "3.1", Interval: 30 * time.Second, Started: noon, Targets: []string{"slack"}}
}

func answered() probe.Reading {
	return probe.Reading{
		Signal: "heartbeat", Time: noon.Add(time.Millisecond), Value: 900, Unit: "ms", Outcome: probe.Answered, Status: 200,
		Phases: probe.Phases{
			DNS: 10 * time.Millisecond, Connect: 20 * time.Millisecond, TLS: 70 * time.Millisecond, Processing: 800 * time.Millisecond,
			Transfer: 5 * time.Millisecond,
		},
	}
}

// A record with every field: a tick of 1.2 s that added a dyno.
func scaled() record.Record {
	quota := 4321
	return record.Record{
		Time: noon, App: "dancing-forest", ProcessType: "web", Readings: []probe.Reading{answered()},
		Limits: schedule.Limits{Min: 1, Max: 5}, Dynos: 2, Settled: true, Action: record.Scaled, Quota: &quota, DurationMS: 1200,
		Decision: decide.Decision{
			From: 2, To: 3, Desired: 4, Rule: decide.RuleSlow,
			HeartbeatVerdict: decide.HeartbeatVerdict{Verdict: decide.Slow, Run: 3, Needed: 3, Of: 3, MaxResponseMS: 800, MinResponseMS: 200},
			Clamps:           []decide.Clamp{{By: decide.ClampSchedule, From: 4, To: 3}},
			Bill:             &decide.Bill{Spend: decide.Spend{Dollars: 12.5}, Budget: 100, Price: 25, Forecast: 40},
			FoundChanges:     decide.FoundChanges{ManualChange: &decide.ManualChange{From: 1, To: 2}},
		},
	}
}

func noData() record.Record {
	return record.Record{
		Time: noon.Add(30 * time.Second), Limits: schedule.Limits{Min: 1, Max: 5}, Dynos: -1, Action: record.Failed,
		Error:    "read formation: 503 Service Unavailable",
		Readings: []probe.Reading{{Signal: "heartbeat", Value: 3, Unit: "ms", Outcome: probe.Unreachable, Error: "connection refused"}},
		Decision: decide.Decision{
			From: -1, To: -1, Desired: -1, Rule: decide.RuleUnknown,
			HeartbeatVerdict: decide.HeartbeatVerdict{Verdict: decide.NoData, Run: 2, Needed: 3, Of: 3},
		},
	}
}

func text(t testing.TB, all ...*metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	metrics.Handler(all...).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("/metrics answers %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func keep(t testing.TB, to record.Recorder, records ...record.Record) {
	t.Helper()
	for _, r := range records {
		if err := to.Record(t.Context(), r); err != nil {
			t.Fatalf("Record: %v", err)
		}
	}
}

// pairs are labels in addition to the app's. The value of a histogram is the number of observations.
func value(t testing.TB, m *metrics.Metrics, name string, pairs ...string) (v float64, ok bool) {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text(t, m)))
	if err != nil {
		t.Fatalf("/metrics cannot be parsed: %v", err)
	}
	want := map[string]string{"app": "dancing-forest", "process_type": "web"}
	for i := 0; i < len(pairs); i += 2 {
		want[pairs[i]] = pairs[i+1]
	}
	for _, one := range families["autoscalebot_"+name].GetMetric() {
		got := map[string]string{}
		for _, l := range one.GetLabel() {
			got[l.GetName()] = l.GetValue()
		}
		if fmt.Sprint(got) == fmt.Sprint(want) {
			return number(one), true
		}
	}
	return 0, false
}

func number(m *dto.Metric) float64 {
	switch {
	case m.Counter != nil:
		return m.Counter.GetValue()
	case m.Histogram != nil:
		return float64(m.Histogram.GetSampleCount())
	}
	return m.GetGauge().GetValue()
}

func TestATickIsTold(t *testing.T) {
	o := options()
	o.History = func() (int, uint64) { return 7, 2 }
	m := metrics.New(o)
	keep(t, m, scaled())
	for _, c := range []struct {
		want   float64
		name   string
		labels []string
	}{
		{1, "build_info", []string{"version", "3.1", "goversion", runtime.Version()}},
		{1, "ticks_total", []string{"action", "scaled"}},
		{0, "ticks_total", []string{"action", "would_scale"}},
		{1, "decisions_total", []string{"rule", "slow_run", "verdict", "slow"}},
		{1, "clamps_total", []string{"reason", "schedule"}},
		{0, "clamps_total", []string{"reason", "budget"}},
		{1, "scalings_total", []string{"direction", "up"}},
		{0, "scalings_total", []string{"direction", "down"}},
		{1, "manual_changes_total", nil},
		{1, "heartbeats_total", []string{"outcome", "answered"}},
		{0, "heartbeats_total", []string{"outcome", "server_error"}},
		{1, "response_time_seconds", nil},
		{1, "heartbeat_phase_seconds", []string{"phase", "processing"}},
		{1, "tick_duration_seconds", nil},
		{0, "tick_lateness_seconds", nil},
		{0, "missed_ticks_total", nil},
		{0.9, "last_response_time_seconds", nil},
		{0.2, "min_response_time_seconds", nil},
		{0.8, "max_response_time_seconds", nil},
		{3, "dynos", nil},
		{4, "desired_dynos", nil},
		{1, "min_dynos", nil},
		{5, "max_dynos", nil},
		{1, "settled", nil},
		{3, "run_heartbeats", []string{"verdict", "slow"}},
		{0, "run_heartbeats", []string{"verdict", "no_data"}},
		{4321, "api_quota_remaining", nil},
		{12.5, "month_cost_dollars", nil},
		{40, "month_forecast_dollars", nil},
		{100, "month_budget_dollars", nil},
		{30, "interval_seconds", nil},
		{0, "dry_run", nil},
		{0, "paused", []string{"direction", "down"}},
		{float64(noon.Unix()), "last_tick_timestamp_seconds", nil},
		{float64(noon.Unix()), "start_time_seconds", nil},
		{7, "history_waiting_records", nil},
		{2, "history_dropped_records_total", nil},
		{0, "notices_total", []string{"target", "slack"}},
		{0, "notice_failures_total", []string{"target", "slack"}},
	} {
		if got, ok := value(t, m, c.name, c.labels...); !ok || got != c.want {
			t.Errorf("%s%v is %v (there: %v), want %v", c.name, c.labels, got, ok, c.want)
		}
	}
	if all := text(t, m); !strings.Contains(all, "\nprocess_resident_memory_bytes ") || !strings.Contains(all, "\ngo_goroutines ") {
		t.Error("the program's own memory and goroutines are not told")
	}
	for _, line := range []string{
		`autoscalebot_heartbeat_phase_seconds_bucket{app="dancing-forest",phase="tls",process_type="web",le="0.05"} 0`,
		`autoscalebot_heartbeat_phase_seconds_bucket{app="dancing-forest",phase="tls",process_type="web",le="0.1"} 1`,
		`autoscalebot_response_time_seconds_sum{app="dancing-forest",process_type="web"} 0.9`,
		`autoscalebot_tick_duration_seconds_sum{app="dancing-forest",process_type="web"} 1.2`,
	} {
		if !strings.Contains(text(t, m), line+"\n") {
			t.Errorf("there is no line %s", line)
		}
	}
}

func TestWhatIsNotKnownIsLeftOut(t *testing.T) {
	m := metrics.New(options())
	unknown := []string{"dynos", "desired_dynos", "settled", "last_response_time_seconds", "api_quota_remaining", "month_budget_dollars"}
	for _, name := range append(unknown, "last_tick_timestamp_seconds", "min_dynos") {
		if got, ok := value(t, m, name); ok {
			t.Errorf("before the first tick, %s is %v", name, got)
		}
	}
	keep(t, m, scaled(), noData())
	for _, name := range unknown {
		if got, ok := value(t, m, name); ok {
			t.Errorf("while nobody answers, %s is %v", name, got)
		}
	}
	for name, want := range map[string]float64{"min_dynos": 1, "response_time_seconds": 1} {
		if got, _ := value(t, m, name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if got, _ := value(t, m, "run_heartbeats", "verdict", "no_data"); got != 2 {
		t.Errorf("%v heartbeats without data, want 2", got)
	}
	if got, _ := value(t, m, "heartbeats_total", "outcome", "unreachable"); got != 1 {
		t.Errorf("%v unreachable heartbeats, want 1", got)
	}
}

func TestAnInterruptedTickDecidesNothing(t *testing.T) {
	m := metrics.New(options())
	keep(t, m, record.Record{Time: noon, Dynos: -1, Action: record.Interrupted})
	if got, _ := value(t, m, "ticks_total", "action", "interrupted"); got != 1 {
		t.Errorf("%v interrupted ticks, want 1", got)
	}
	if all := text(t, m); strings.Contains(all, "autoscalebot_decisions_total") {
		t.Errorf("it decided something:\n%s", all)
	}
}

// Texts from outside never become labels, so they cannot fill the memory of a scraper.
func TestTextsFromOutsideAreNoLabels(t *testing.T) {
	racetest.Computes(t)
	rapidtest.Check(t, func(rt *rapid.T) {
		m := metrics.New(options())
		keep(t, m, noData())
		lines := strings.Count(text(t, m), "\nautoscalebot_")
		r := noData()
		r.Error, r.MinRow = rapid.String().Draw(rt, "error"), rapid.String().Draw(rt, "row")
		r.App, r.Readings[0].Error, r.Readings[0].Signal = rapid.String().Draw(rt, "app"), r.Error, r.Error
		r.Control.Up = decide.Pause{On: true, By: rapid.String().Draw(rt, "by")}
		keep(t, m, r)
		if now := strings.Count(text(t, m), "\nautoscalebot_"); now != lines {
			rt.Fatalf("%d lines, then %d", lines, now)
		}
	})
}

func TestANameThatIsNoTextIsTold(t *testing.T) {
	o := options()
	o.App = "forest\xff"
	if all := text(t, metrics.New(o)); !strings.Contains(all, "app=\"forest\uFFFD\"") {
		t.Error("the name is not told")
	}
}

// Its probes take these times, one after the other.
type slow []time.Duration

func (s *slow) Probe(context.Context) probe.Reading {
	if len(*s) > 0 {
		time.Sleep((*s)[0])
		*s = (*s)[1:]
	}
	return probe.Reading{Signal: "heartbeat", Time: time.Now(), Value: 500, Unit: "ms", Outcome: probe.Answered}
}

type platform struct{}

func (platform) Size(context.Context) (int, bool, error) { return 2, true, nil }
func (platform) Resize(context.Context, int) error       { return nil }

type always schedule.Limits

func (a always) At(time.Time) schedule.Limits      { return schedule.Limits(a) }
func (always) Rows(time.Time) (minRow, max string) { return "", "" }

func run(t *testing.T, m *metrics.Metrics, d time.Duration, probes ...time.Duration) {
	t.Helper()
	s := slow(probes)
	b := bot.New(bot.Options{
		Interval: 30 * time.Second, Probers: []probe.Prober{&s}, Schedule: always{Min: 1, Max: 5}, Scaler: platform{},
		Policy: decide.Policy{HeartbeatRule: decide.HeartbeatRule{
			MaxResponseMS: 800, MinResponseMS: 200, Fails: decide.InARow(3), Passes: decide.InARow(3),
		}},
		Recorders: []record.Recorder{m},
	})
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := b.Run(ctx); err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestLateAndMissedTicksAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options()
		o.Started = time.Time{}
		m := metrics.New(o)
		run(t, m, 5*time.Minute-time.Second, 0, 20*time.Second, 100*time.Second)
		if got, _ := value(t, m, "missed_ticks_total"); got != 3 {
			t.Errorf("%v missed ticks, want 3", got)
		}
		if got, _ := value(t, m, "tick_lateness_seconds"); got != 6 {
			t.Errorf("%v ticks whose lateness is known, want 6 of 7", got)
		}
		if all := text(t, m); !strings.Contains(all, `tick_lateness_seconds_sum{app="dancing-forest",process_type="web"} 0`+"\n") {
			t.Errorf("ticks without jitter were late:\n%s", all)
		}
	})
}

func TestLatenessOutlastsTheClock(t *testing.T) {
	m := metrics.New(options())
	r := scaled()
	for _, after := range []time.Duration{
		0, 32 * time.Second, 60*time.Second - time.Millisecond, -time.Hour, -time.Hour + 33*time.Second,
	} {
		r.Time = noon.Add(after)
		keep(t, m, r)
	}
	// 2 s, on time, and 3 s after the clock was set back.
	if all := text(t, m); !strings.Contains(all, `tick_lateness_seconds_sum{app="dancing-forest",process_type="web"} 5`+"\n") {
		t.Errorf("not 5 s late in all:\n%s", all)
	}
	if got, _ := value(t, m, "missed_ticks_total"); got != 0 {
		t.Errorf("%v missed ticks, want none", got)
	}
}

type teller struct{ err error }

func (n teller) Notify(context.Context, notify.Event) error { return n.err }

type joiner struct {
	teller
	batches *[]int
}

func (joiner) Joins(notify.Event) bool { return true }

func (j joiner) NotifyAll(_ context.Context, b notify.Batch) error {
	*j.batches = append(*j.batches, len(b))
	return nil
}

func TestNoticesAreCountedByTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := metrics.New(options())
		var batches []int
		targets := m.Targets([]notify.Target{
			{Name: "slack", Notifier: joiner{batches: &batches}},
			{Name: "webhook", Notifier: teller{}},
			{Name: "email", Notifier: teller{notify.Permanent(errors.New("no such mailbox"))}},
		})
		f := notify.NewFanout(notify.FanoutOptions{OnError: m.NoticeFailed}, targets...)
		for range 3 {
			if err := f.Notify(t.Context(), notify.Event{Kind: notify.Scaled, Time: noon}); err != nil {
				t.Fatal(err)
			}
		}
		_ = f.Close(t.Context()) // which reports that email got nothing
		if fmt.Sprint(batches) != "[3]" {
			t.Errorf("messages of %v events, want one of 3", batches)
		}
		for target, want := range map[string][2]float64{"slack": {3, 0}, "webhook": {3, 0}, "email": {0, 3}} {
			arrived, _ := value(t, m, "notices_total", "target", target)
			lost, _ := value(t, m, "notice_failures_total", "target", target)
			if [2]float64{arrived, lost} != want {
				t.Errorf("%s got %v and lost %v, want %v", target, arrived, lost, want)
			}
		}
	})
}

func TestEverybodyMayAskWhileTheBotRuns(t *testing.T) {
	m := metrics.New(options())
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 20 {
				keep(t, m, scaled(), noData())
				text(t, m)
				metrics.Healthz(m).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/healthz", nil))
			}
		})
	}
	all.Wait()
	if got, _ := value(t, m, "ticks_total", "action", "scaled"); got != 80 {
		t.Errorf("%v ticks, want 80", got)
	}
}

func TestMetricsTellNoSecret(t *testing.T) {
	m := metrics.New(options())
	r := noData()
	r.Error = "secret-token"
	r.Readings[0].Error = "secret-token"
	keep(t, m, r)
	if bytes.Contains([]byte(text(t, m)), []byte("secret-token")) {
		t.Error("an error's text is in the metrics")
	}
}

func TestSeveralProcessTypesAreToldAtOnce(t *testing.T) {
	web, worker := metrics.New(options()), worker()
	keep(t, web, scaled(), scaled())
	keep(t, worker, scaled())
	told := text(t, web, worker)
	for line, want := range map[string]int{
		`autoscalebot_ticks_total{action="scaled",app="dancing-forest",process_type="web"} 2`:    1,
		`autoscalebot_ticks_total{action="scaled",app="dancing-forest",process_type="worker"} 1`: 1,
		"# TYPE autoscalebot_ticks_total counter":                                                1,
		"# TYPE go_goroutines gauge":                                                             1,
		"\nprocess_cpu_seconds_total ":                                                           1,
	} {
		if got := strings.Count(told, line); got != want {
			t.Errorf("%d times %q, want %d", got, line, want)
		}
	}
}

func BenchmarkRecord(b *testing.B) {
	m, r := metrics.New(options()), scaled()
	for b.Loop() {
		_ = m.Record(b.Context(), r)
	}
}

func BenchmarkScrape(b *testing.B) {
	m := metrics.New(options())
	keep(b, m, scaled())
	for b.Loop() {
		text(b, m)
	}
}

func TestAChangeThatIsFoundMadeIsCounted(t *testing.T) {
	m := metrics.New(options())
	r := scaled()
	r.Action, r.Decision.Completed = record.Held, &decide.Completed{From: 3, To: 1}
	keep(t, m, r)
	for direction, want := range map[string]float64{"up": 0, "down": 1} {
		if got, _ := value(t, m, "scalings_total", "direction", direction); got != want {
			t.Errorf("%v scalings %s, want %v", got, direction, want)
		}
	}
}
