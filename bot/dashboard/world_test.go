package dashboard_test

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/dashboard"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/notice"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// A real bot on a fake app and platform, with its page.
type world struct {
	*bot.Bot
	page    *dashboard.Dashboard
	options dashboard.Options
	app     *app
	past    *past
	url     string
}

type app struct {
	mu    sync.Mutex
	n     int
	begin time.Time // start of the test, in the afternoon of the app
	now   time.Time
	noise *rand.Rand
	calm  bool           // every heartbeat is ok
	fixed *probe.Reading // replaces every heartbeat
	// Without a value, a signal has no data.
	signals map[string]float64
	fails   error // error of the platform
}

func (a *app) Size(context.Context) (int, bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.n, true, a.fails
}

func (a *app) Resize(_ context.Context, n int) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.n = n
	return nil
}

func (a *app) answer(r probe.Reading) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fixed = &r
}

// The app's load peaks each afternoon. Its days begin with the test, so that the real time has no effect.
func (a *app) Probe(context.Context) probe.Reading {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.fixed != nil {
		r := *a.fixed
		r.Time = a.now
		return r
	}
	hour := 15.5 + a.now.Sub(a.begin).Hours()
	hour -= 24 * math.Floor(hour/24)
	load := 0.7 + 3.4*math.Exp(-math.Pow((hour-14.5)/4, 2)) + 1.1*math.Exp(-math.Pow((hour-20)/1.5, 2)) + 0.3*math.Sin(hour*5)
	used := min(0.985, load/float64(max(1, a.n))*(0.8+0.16*a.noise.Float64()))
	ms := 70 + 95/(1-used) + 30*a.noise.ExpFloat64()
	if a.calm {
		ms = 260 + 120*a.noise.Float64()
	}
	r := probe.Reading{
		Signal: "heartbeat", Time: a.now, Value: ms, Unit: "ms", Outcome: probe.Answered, Status: 200,
		Phases: probe.Phases{DNS: 2 * time.Millisecond, Connect: 6 * time.Millisecond, TLS: 14 * time.Millisecond},
	}
	r.Phases.Processing = time.Duration(ms*1e6) - r.Phases.Total()
	if !a.calm && a.noise.IntN(900) == 0 {
		r.Outcome, r.Value, r.Error = probe.Timeout, 5000, "no answer within 5 s"
	}
	return r
}

type gauge struct {
	app  *app
	name string
}

func (g gauge) Probe(context.Context) probe.Reading {
	g.app.mu.Lock()
	defer g.app.mu.Unlock()
	value, ok := g.app.signals[g.name]
	if !ok {
		return probe.Reading{Signal: g.name, Time: g.app.now, Outcome: probe.Unreachable, Error: "connect to 10.0.0.7:6379: connection refused"}
	}
	return probe.Reading{Signal: g.name, Time: g.app.now, Value: value, Outcome: probe.Answered}
}

type past struct {
	mu       sync.Mutex
	interval time.Duration
	records  []record.Record
	events   []notify.Event
	broken   error
	asked    int
}

func (p *past) Events(_ context.Context, from, to time.Time, _ int) ([]notify.Event, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []notify.Event
	for _, e := range p.events {
		if !e.Time.Before(from) && e.Time.Before(to) {
			out = append(out, e)
		}
	}
	return out, p.broken
}

func (p *past) Record(_ context.Context, r record.Record) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.records = append(p.records, r)
	return nil
}

func (p *past) Points(_ context.Context, from, to time.Time, atMost int) (history.Series, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	if p.broken != nil {
		return history.Series{}, p.broken
	}
	s := history.Series{Step: max(p.interval, (to.Sub(from) / time.Duration(atMost)).Round(p.interval))}
	if s.Step*time.Duration(atMost) < to.Sub(from) {
		s.Step += p.interval
	}
	var values []float64
	for _, r := range p.records {
		if r.Time.Before(from) || !r.Time.Before(to) {
			continue
		}
		begin := r.Time.Truncate(s.Step)
		if n := len(s.Points); n == 0 || !s.Points[n-1].Time.Equal(begin) {
			values = values[:0]
			s.Points = append(s.Points, history.Point{Time: begin, MedianMS: -1, P95MS: -1, MaxMS: -1, Dynos: -1})
		}
		values = p.add(&s.Points[len(s.Points)-1], r, values)
	}
	return s, nil
}

func (p *past) add(pt *history.Point, r record.Record, values []float64) []float64 {
	d := r.Decision
	pt.Heartbeats++
	switch d.Verdict {
	case decide.Slow:
		pt.Slow++
	case decide.Fast:
		pt.Fast++
	case decide.NoData:
		pt.NoData++
	}
	if hb, ok := r.Heartbeat(); ok && hb.Outcome == probe.Answered {
		values = append(values, hb.Value)
		slices.Sort(values)
		pt.MedianMS, pt.P95MS, pt.MaxMS = values[len(values)/2], values[len(values)*95/100], values[len(values)-1]
	} else {
		pt.Unanswered++
	}
	pt.LowMS, pt.HighMS, pt.Min, pt.Max, pt.Dynos = d.MinResponseMS, d.MaxResponseMS, r.Limits.Min, r.Limits.Max, r.After()
	pt.DynoSeconds += float64(max(0, r.After())) * p.interval.Seconds()
	pt.Seconds += p.interval.Seconds()
	return values
}

func (p *past) Records(_ context.Context, q history.Query) ([]record.Record, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.broken != nil {
		return nil, p.broken
	}
	limit := cmp.Or(q.Limit, 100)
	var out []record.Record
	for _, r := range slices.Backward(p.records) {
		switch {
		case len(out) == limit:
			return out, nil
		case !q.From.IsZero() && r.Time.Before(q.From), !q.To.IsZero() && !r.Time.Before(q.To):
		case q.Changed && r.Action == record.Held && r.Decision.ManualChange == nil:
		case q.Verdict != "" && r.Decision.Verdict != q.Verdict, q.Rule != "" && r.Decision.Rule != q.Rule:
		default:
			out = append(out, r)
		}
	}
	return out, nil
}

const (
	password = "correct horse battery"
	token    = "a-token-of-24-characters"
)

// length is the length of its history.
func newWorld(t testing.TB, length time.Duration, change ...func(*dashboard.Options)) *world {
	t.Helper()
	w := unserved(t, length, change...)
	w.url = serve(t, w.page)
	return w
}

// The zone where it is between 15:00 and 16:00, so that the tests see the same at any time.
func afternoon(t testing.TB) *time.Location {
	t.Helper()
	ahead := (15-time.Now().UTC().Hour()+35)%24 - 11 // hours, from -11 to 12
	zone, err := time.LoadLocation(fmt.Sprintf("Etc/GMT%+d", -ahead))
	if err != nil {
		t.Skip("there are no time zones on this machine")
	}
	return zone
}

// The limits are higher by day. Now is far from every change.
func office(t testing.TB, now time.Time) schedule.Table {
	t.Helper()
	in := func(d time.Duration) string { return now.Add(d).Format("15:04") }
	morning, evening, night := in(-7*time.Hour-30*time.Minute), in(4*time.Hour+30*time.Minute), in(6*time.Hour+30*time.Minute)
	least, err := schedule.Parse(fmt.Sprintf("0:00=1, %s=2, %s=1", morning, evening))
	if err != nil {
		t.Fatal(err)
	}
	most, err := schedule.Parse(fmt.Sprintf("0:00=3, %s=6, %s=3", morning, night))
	if err != nil {
		t.Fatal(err)
	}
	table, err := schedule.New(least, most, now.Location())
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func unserved(t testing.TB, length time.Duration, change ...func(*dashboard.Options)) *world {
	t.Helper()
	w := &world{app: &app{n: 2, begin: time.Now(), noise: rand.New(rand.NewPCG(1, 2))}, past: &past{interval: time.Minute}}
	policy := decide.Policy{
		HeartbeatRule: decide.HeartbeatRule{
			MaxResponseMS: 600, MinResponseMS: 220, Fails: decide.InARow(3), Passes: decide.InARow(10),
			FailOn: []probe.Outcome{probe.Timeout, probe.ServerError},
		}, Price: 50,
		Safeguards: decide.Safeguards{CooldownUp: 3 * time.Minute, CooldownDown: 10 * time.Minute},
	}
	o := dashboard.Options{
		Target: dashboard.Target{App: "dancing-forest", ProcessType: "web"}, Version: "3.0.0", Started: time.Now().Add(-length), Interval: time.Minute,
		Zone: afternoon(t), Policy: policy, History: w.past, Access: dashboard.Access{Password: password, Token: token},
		State: func() decide.State { return w.State() }, Control: func() decide.Control { return w.Control() },
		Settings: []dashboard.Setting{
			{"Heartbeat", "HEARTBEAT_URL", "https://dancing-forest.example.com/heartbeat", "environment", "URL of the heartbeat.", "https://example.com/docs/settings.md#heartbeat"},
			{"Heartbeat", "HEARTBEAT_INTERVAL_IN_SECONDS", "60", "environment", "Time between heartbeats.", ""},
			{"Decision", "MAX_RESPONSE_TIME_IN_MS", "600", "environment", "Slower heartbeats count as slow.", ""},
			{"Decision", "MIN_RESPONSE_TIME_IN_MS", "220", "environment", "Faster heartbeats count as fast.", ""},
			{"Decision", "COOLDOWN_UP_IN_SECONDS", "180", "default", "Minimum time between scale-ups.", ""},
			{"Platform", "HEROKU_API_KEY", "(set, hidden)", "environment", "lets the bot scale", ""},
			{"Platform", "HEROKU_API_URL", "", "default", "", ""},
		},
	}
	for _, c := range change {
		c(&o)
	}
	table := office(t, w.app.begin.In(o.Zone))
	var probers []probe.Prober
	if !o.NoHeartbeat {
		probers = append(probers, w.app)
	}
	for _, r := range o.Policy.Rules {
		probers = append(probers, gauge{w.app, r.Signal})
	}
	w.Bot = bot.New(bot.Options{
		App: o.App, ProcessType: o.ProcessType, Interval: o.Interval, Probers: probers, Schedule: table, Scaler: w.app,
		Policy: o.Policy, DryRun: o.DryRun, Recorders: []record.Recorder{w.past},
		Notices: notice.Notices{ExceedMax: true, BelowMin: true, ScaleFails: true},
	})
	if o.Controls == nil {
		o.Controls = w.Bot
	}
	o.Schedule = w.InForce(table)
	w.options = o
	var err error
	if w.page, err = dashboard.New(o); err != nil {
		t.Fatal(err)
	}
	for ago := length; ago > o.Interval; ago -= o.Interval {
		now := w.app.begin.Add(-ago)
		w.app.now = now.In(o.Zone)
		if ago < 15*time.Minute { // avoids cooldowns and counts
			w.app.calm = true
		}
		w.Tick(t.Context(), now)
	}
	w.beat(t)
	return w
}

func (w *world) beat(t testing.TB) record.Record {
	t.Helper()
	now := time.Now()
	w.app.mu.Lock()
	w.app.now = now.In(w.options.Zone)
	w.app.mu.Unlock()
	r := w.Tick(t.Context(), now)
	if err := w.page.Record(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return r
}

func serve(t testing.TB, h http.Handler) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- dashboard.Serve(ctx, l, h, nil) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Serve returned %v", err)
		}
	})
	return "http://" + l.Addr().String()
}

// The app is slow, so the bot adds a dyno.
func slow(t *testing.T, w *world) { w.slowBeats(t, 3) }

func (w *world) slowBeats(t testing.TB, n int) {
	t.Helper()
	w.app.answer(probe.Reading{
		Signal: "heartbeat", Value: 1840, Unit: "ms", Outcome: probe.Answered, Status: 200,
		Phases: probe.Phases{
			DNS: 41 * time.Millisecond, Connect: 88 * time.Millisecond, TLS: 164 * time.Millisecond, Processing: 1547 * time.Millisecond,
		},
	})
	for range n {
		w.beat(t)
	}
}

// The app is slow and needs more than its maximum, and somebody has paused scale-downs.
func (w *world) busy(t testing.TB) {
	t.Helper()
	if err := w.Pause(bot.Down, 2*time.Hour, "Ada (dashboard)"); err != nil {
		t.Fatal(err)
	}
	w.slowBeats(t, 5)
	err := w.page.Notify(t.Context(), notify.Event{
		ID: "1", Kind: notify.NeedsExceedMax, Phase: notify.Opened, Time: time.Now(), Since: time.Now().Add(-7 * time.Minute),
		App: "dancing-forest", ProcessType: "web", From: 6, To: 6, Min: 2, Max: 6,
		Reason: "desired 7, but the maximum is 6 (8:00=6)",
	})
	if err != nil {
		t.Fatal(err)
	}
}
