package bot_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/notice"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2024, 1, 15, 12, 0, 0, 0, time.UTC)

var errPlatform = errors.New("read formation: 503 Service Unavailable")

// platform is a Scaler whose answers a test sets.
type platform struct {
	n         int
	unsettled bool
	sizeErr   error
	resizeErr error
	resizes   []int
	onResize  func(ctx context.Context) error
}

func (p *platform) Size(context.Context) (int, bool, error) { return p.n, !p.unsettled, p.sizeErr }

func (p *platform) Resize(ctx context.Context, n int) error {
	p.resizes = append(p.resizes, n)
	if p.onResize != nil {
		if err := p.onResize(ctx); err != nil {
			return err
		}
	}
	if p.resizeErr == nil {
		p.n = n
	}
	return p.resizeErr
}

func (p *platform) Quota() (int, bool) { return 4321, true }

// heart is a Prober whose answer a test sets.
type heart struct{ next probe.Reading }

func (h *heart) Probe(context.Context) probe.Reading { return h.next }

func took(ms float64) probe.Reading {
	return probe.Reading{Signal: "heartbeat", Value: ms, Unit: "ms", Outcome: probe.Answered, Status: 200}
}

func failed(o probe.Outcome, text string) probe.Reading {
	return probe.Reading{Signal: "heartbeat", Value: 7, Unit: "ms", Outcome: o, Error: text}
}

var (
	slow   = took(1500)
	right  = took(500)
	fast   = took(50)
	queued = probe.Reading{Signal: "heartbeat", Value: 1200, Unit: "ms", Outcome: probe.Answered, Measure: probe.MeasureQueue}
	noData = failed(probe.Unreachable, "connection refused by 127.0.0.1:5000")
)

// inbox is a Notifier that keeps its events.
type inbox struct{ events []notify.Event }

func (i *inbox) Notify(_ context.Context, e notify.Event) error {
	i.events = append(i.events, e)
	return nil
}

// Each new event is "kind" or "kind phase".
func (i *inbox) take() []string {
	var out []string
	for _, e := range i.events {
		s := string(e.Kind)
		if e.Phase != "" {
			s += " " + string(e.Phase)
		}
		out = append(out, s)
	}
	i.events = nil
	return out
}

func (i *inbox) changes() (out [][2]int) {
	for _, e := range i.events {
		out = append(out, [2]int{e.From, e.To})
	}
	return out
}

type always schedule.Limits

func (a *always) At(time.Time) schedule.Limits           { return schedule.Limits(*a) }
func (a *always) Rows(time.Time) (minRow, maxRow string) { return "", "" }

var defaults = decide.Policy{
	HeartbeatRule: decide.HeartbeatRule{
		MaxResponseMS: 1000, MinResponseMS: 200, Fails: decide.InARow(3), Passes: decide.InARow(5),
		FailOn: []probe.Outcome{probe.Timeout, probe.ServerError},
	},
}

func balanced(t testing.TB) *adaptive.Model {
	t.Helper()
	m, err := adaptive.New(adaptive.Balanced, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// world is a bot and everything around it, with a heartbeat every 30 s from noon.
type world struct {
	*bot.Bot
	platform *platform
	heart    *heart
	limits   *always
	inbox    *inbox
	now      time.Time
}

func newWorld(dynos int, change ...func(*bot.Options)) *world {
	w := &world{
		platform: &platform{n: dynos}, heart: &heart{next: right}, limits: &always{Min: 1, Max: 3},
		inbox: &inbox{}, now: noon.Add(-30 * time.Second),
	}
	w.begin(change...)
	return w
}

func (w *world) begin(change ...func(*bot.Options)) {
	o := bot.Options{
		App: "dancing-forest", ProcessType: "web", Interval: 30 * time.Second,
		Probers: []probe.Prober{w.heart}, Schedule: w.limits, Scaler: w.platform, Policy: defaults,
		Notices: notice.Notices{
			ExceedMax: true, BelowMin: true, ScaleFails: true, EveryScale: true, Reminder: time.Hour,
		},
		Notifier: w.inbox,
	}
	for _, c := range change {
		if c != nil {
			c(&o)
		}
	}
	w.Bot = bot.New(o)
}

// One tick for each reading; the result is the last record.
func (w *world) beat(readings ...probe.Reading) record.Record {
	var r record.Record
	for _, reading := range readings {
		w.heart.next = reading
		w.now = w.now.Add(30 * time.Second)
		r = w.Tick(context.Background(), w.now)
	}
	return r
}

func signal(name string, value float64, unit string) probe.Reading {
	return probe.Reading{Signal: name, Value: value, Unit: unit, Outcome: probe.Answered}
}

func jobs(n float64) probe.Reading { return signal("jobs", n, "jobs") }

var (
	jobsUnknown = probe.Reading{Signal: "jobs", Outcome: probe.Timeout, Error: "no answer within 5s"}
	jobsRule    = decide.SignalRule{Signal: "jobs", Max: 100, Min: 10, Fails: decide.InARow(3), Passes: decide.InARow(2)}
)

// The maximum is 20 dynos.
func with(dynos int, change func(*decide.Policy), recorders ...record.Recorder) *world {
	return newWorld(dynos, func(o *bot.Options) {
		o.Schedule, o.Recorders = &always{Min: 1, Max: 20}, recorders
		change(&o.Policy)
	})
}

func wantResizes(t *testing.T, w *world, want ...int) {
	t.Helper()
	if !slices.Equal(w.platform.resizes, want) {
		t.Errorf("asked for %v, want %v", w.platform.resizes, want)
	}
	w.platform.resizes = nil
}

func wantTold(t *testing.T, w *world, want ...string) {
	t.Helper()
	if got := w.inbox.take(); !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
}

func wantWhy(t *testing.T, r record.Record, want string) {
	t.Helper()
	if got := r.Headline() + ": " + r.Why(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func times(n int, r probe.Reading) []probe.Reading { return slices.Repeat([]probe.Reading{r}, n) }
