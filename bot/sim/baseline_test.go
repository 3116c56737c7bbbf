package sim_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/baseline"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/notice"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/bot/sim/peers"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// Bots in 200 worlds in which everything happens decide and notify as when the baseline was recorded.
func TestBotsDecideAsBefore(t *testing.T) {
	racetest.Computes(t)
	sameToTheBit(t)
	var lines []string
	for seed := range uint64(200) {
		lines = append(lines, fmt.Sprintf("world %d", seed))
		lines = append(lines, newChaos(t, seed).run(t)...)
	}
	baseline.Compare(t, "testdata/baseline/decisions.gz", lines)
}

// Each policy changes the dynos, and performs, on each trace as when the baseline was recorded.
func TestSimulationsGoAsBefore(t *testing.T) {
	racetest.Long(t)
	sameToTheBit(t)
	var lines []string
	for _, trace := range []string{"aapl_day", "nasa_day", "wc98_flash_day", "wc98_week_day"} {
		o := sim.Options{Demand: day(t, trace), Peak: 12, Seed: 7, Length: 8 * time.Hour}
		for _, by := range append(peers.All(sim.DefaultFleet()), sim.Oracle()) {
			lines = append(lines, trace+" "+fared(run(t, o, by)))
		}
		for _, aim := range []string{"", "lean", "balanced", "safe"} {
			lines = append(lines, drove(t, trace, "own "+aim, o, aim, sim.Bot)...)
		}
		lines = append(lines, drove(t, trace, "router log", o, "balanced", sim.WithRouterLog)...)
	}
	baseline.Compare(t, "testdata/baseline/simulations.gz", lines)
}

func sameToTheBit(t *testing.T) {
	t.Helper()
	if runtime.GOARCH != "amd64" {
		t.Skip("the baseline was recorded on amd64; others fuse multiplications and additions")
	}
}

func drove(t *testing.T, trace, name string, o sim.Options, aim string, driver func(string, bot.Options) sim.Driver) []string {
	t.Helper()
	h := &heard{}
	options := bot.Options{Interval: 30 * time.Second, Policy: counting.Policy, Notices: everyNotice, Notifier: h, Recorders: []record.Recorder{h}}
	if aim != "" {
		options.Policy.Adaptive = model(t, adaptive.Aim(aim))
	}
	result := run(t, o, driver(name, options))
	return append([]string{trace + " " + fared(result)}, h.lines...)
}

func fared(r sim.Result) string {
	return fmt.Sprintf("%s: %d %.6g %.6g %.6g %.6g %d %d %d %.6g", r.Policy, r.Requests, r.SlowMinutesPercent, r.SlowRequestsPercent, r.LostPercent,
		r.DynoHours, r.Ups, r.Downs, r.Flips, r.Elasticity)
}

var everyNotice = notice.Notices{ExceedMax: true, BelowMin: true, ScaleFails: true, EveryScale: true, ScaleDiff: 2, ScaleDiffPeriod: 10 * time.Minute, Reminder: time.Hour}

// Keeps the lines of ticks that changed or notified anything, and of one tick in sixty.
type heard struct {
	lines  []string
	events []notify.Event
	ticks  int
}

// Called after the tick's events.
func (h *heard) Record(_ context.Context, r record.Record) error {
	if h.ticks++; len(h.events) > 0 || r.Decision.To != r.Decision.From || h.ticks%60 == 0 {
		h.lines = append(h.lines, baseline.Tick(r, h.events))
	}
	h.events = nil
	return nil
}

func (h *heard) Notify(_ context.Context, e notify.Event) error {
	h.events = append(h.events, e)
	return nil
}

// A bot, with a platform and people that act at random.
type chaos struct {
	*rand.Rand
	bot     *bot.Bot
	options bot.Options
	events  []notify.Event
	memory  bot.Memory

	platformState

	limits   schedule.Limits
	load     float64
	database bool // the database is slow
	readings [3]probe.Reading
	control  probe.Reading
	now      time.Time
}

type platformState struct {
	n, up              int
	unsettled          bool
	fails, changeFails error
	leftAlone          string
	releaseAt          time.Time
	released           bool
	size, pending      string
	maintenance        bool
}

func newChaos(t *testing.T, seed uint64) *chaos {
	t.Helper()
	w := &chaos{Rand: rand.New(rand.NewPCG(seed, 1)), now: time.Date(2026, 1, 30, 23, 0, 0, 0, time.UTC)}
	w.released, w.size = true, "standard-1x"
	w.n, w.load = 1+w.IntN(4), w.Float64()*3
	w.up, w.database = w.n, w.IntN(5) == 0
	w.limits = schedule.Limits{Min: w.IntN(3), Max: 3 + w.IntN(6)}
	seconds := func(of ...int) time.Duration { return time.Duration(of[w.IntN(len(of))]) * time.Second }
	quorum := func() decide.Quorum { n := 1 + w.IntN(4); return decide.Quorum{N: n, M: n + w.IntN(3)} }
	p := decide.Policy{
		HeartbeatRule: decide.HeartbeatRule{
			MaxResponseMS: 1000, MinResponseMS: 200, Fails: quorum(), Passes: quorum(),
			FailOn: []probe.Outcome{probe.Timeout, probe.ServerError},
		},
		Safeguards: decide.Safeguards{
			CooldownUp: seconds(0, 45, 300), CooldownDown: seconds(0, 60, 600), Stabilization: seconds(0, 0, 300),
			ManualHold: seconds(0, 600), IneffectiveAfter: w.IntN(4),
		},
		ZeroIsOurs: w.IntN(4) == 0,
	}
	p.PauseUp, p.PauseDown = w.IntN(20) == 0, w.IntN(20) == 0
	p.Up, p.Down, p.DecideEvery = decide.Step{Dynos: 1 + w.IntN(2)}, decide.Step{Dynos: 1}, seconds(0, 0, 60)
	if w.IntN(3) == 0 {
		p.Budget, p.Price = []float64{0.2, 30, 75}[w.IntN(3)], 25
	}
	if w.IntN(4) == 0 {
		p.Up = decide.Step{Percent: 50}
	}
	if w.IntN(3) == 0 {
		p.Rules = append(p.Rules,
			decide.SignalRule{Signal: "jobs", PerDyno: true, Max: 100, Min: 10, Fails: quorum(), Passes: quorum()},
			decide.SignalRule{Signal: "jobs", Max: 600, Min: math.NaN(), Window: 2 * time.Minute, Percentile: 90, Wait: seconds(0, 30)})
	}
	if w.IntN(4) == 0 {
		p.Sizes = []string{"standard-1x", "standard-2x", "performance-m"}
		p.Rules = append(p.Rules, decide.SignalRule{Signal: "memory", Max: 90, Min: 30, Fails: decide.InARow(3), Passes: decide.InARow(5), Size: true})
		p.Ladder = []decide.Ladder{"", decide.Horizontal, decide.Vertical}[w.IntN(3)]
	}
	if w.IntN(6) == 0 {
		p.Breaches = []decide.BreachRule{
			{Metric: "jobs", Operator: ">", Threshold: 300, Step: decide.Step{Dynos: 1}, Breach: time.Minute, Cooldown: 2 * time.Minute},
			{Metric: "jobs", Operator: "<", Threshold: 50, Step: decide.Step{Percent: 50}, Down: true, Breach: 2 * time.Minute, Cooldown: 5 * time.Minute},
		}
	}
	if w.IntN(3) == 0 {
		p.Adaptive = model(t, []adaptive.Aim{adaptive.Lean, adaptive.Balanced, adaptive.Safe}[w.IntN(3)])
	}
	dry := w.IntN(10) == 0
	p.BootTime, p.DeployGrace = seconds(0, 60), seconds(-1, 0, 120)
	w.options = bot.Options{
		App: "app", ProcessType: "web", Interval: 30 * time.Second, Scaler: w, Schedule: w, Policy: p, Prompt: true, DryRun: dry,
		Probers: []probe.Prober{answer(func() probe.Reading { return w.readings[0] }), answer(func() probe.Reading { return w.readings[1] }), answer(func() probe.Reading { return w.readings[2] })},
		Control: answer(func() probe.Reading { return w.control }),
		Notices: everyNotice, Notifier: w,
		Remember: func(m bot.Memory) error { w.memory = m; return nil },
	}
	w.bot = bot.New(w.options)
	return w
}

func (w *chaos) run(t *testing.T) (lines []string) {
	t.Helper()
	for range 60 {
		w.now = w.now.Add(time.Duration([]int{5, 30, 30, 30, 30, 30, 61, 400}[w.IntN(8)]) * time.Second)
		w.happen(t)
		r := w.bot.Tick(t.Context(), w.now)
		lines = append(lines, baseline.Tick(r, w.events))
		w.events = nil
	}
	return lines
}

func (w *chaos) happen(t *testing.T) {
	t.Helper()
	seldom := func(one int) bool { return w.IntN(one) == 0 }
	w.load = max(0, w.load*math.Exp(w.NormFloat64()*0.4)+w.NormFloat64()*0.2)
	w.fails, w.changeFails, w.unsettled = nil, nil, seldom(15)
	switch w.IntN(40) {
	case 0:
		w.fails = errors.New("503")
	case 1, 2:
		w.changeFails = errors.New("422")
	case 3:
		w.changeFails = deploying{}
	case 4:
		w.n = w.IntN(8)
	case 5:
		w.n = w.IntN(2)
	case 6:
		w.leftAlone = "the app is stopped"
	case 7:
		w.releaseAt, w.released = w.now, seldom(2)
	case 8:
		w.size = []string{"standard-1x", "standard-2x", "performance-m", "private-s"}[w.IntN(4)]
	case 9:
		w.pending = []string{"", "they are exchanged"}[w.IntN(2)]
	case 10:
		w.maintenance = !w.maintenance
	case 11:
		w.limits = schedule.Limits{Min: w.IntN(3), Max: 2 + w.IntN(7)}
	case 12:
		until := time.Time{}
		if seldom(2) {
			until = w.now.Add(5 * time.Minute)
		}
		w.bot.SetControl(func(c decide.Control) decide.Control {
			c.Up = decide.Pause{On: seldom(2), Until: until}
			c.Down = decide.Pause{On: seldom(2), Until: until}
			return c
		})
	case 13:
		w.bot.SetControl(func(c decide.Control) decide.Control {
			c.Override = decide.Override{Dynos: 1 + w.IntN(6), Until: w.now.Add(4 * time.Minute), By: "somebody"}
			return c
		})
	case 14: // the bot restarts from its memory
		text, err := json.Marshal(w.memory)
		if err != nil {
			t.Fatal(err)
		}
		w.options.Memory = bot.Memory{}
		if err := json.Unmarshal(text, &w.options.Memory); err != nil {
			t.Fatal(err)
		}
		w.bot = bot.New(w.options)
	}
	if w.n == 0 && seldom(3) {
		w.n = 1
	}
	if seldom(4) {
		w.leftAlone, w.maintenance = "", false
	}
	if w.up != w.n && seldom(3) {
		w.up = w.n
	}
	w.released = w.released || seldom(5)
	w.read()
}

func (w *chaos) read() {
	busy := w.load / max(0.5, float64(min(w.n, max(1, w.up))))
	if w.database {
		busy = w.load / 2 // at any number of dynos
	}
	ms := 60 * math.Exp(3*busy) * math.Exp(w.NormFloat64()*0.3)
	w.readings[0] = probe.Reading{Signal: probe.HeartbeatSignal, Value: ms, Unit: "ms", Outcome: probe.Answered, Status: 200}
	w.readings[1] = probe.Reading{Signal: "jobs", Value: math.Round(200 * w.load), Unit: "jobs", Outcome: probe.Answered}
	w.readings[2] = probe.Reading{Signal: "memory", Value: 100 * busy / 2, Unit: "%", Outcome: probe.Answered}
	w.control = probe.Reading{Signal: "control", Outcome: probe.Answered}
	if ms > 20_000 {
		w.readings[0].Value, w.readings[0].Outcome = 30_000, probe.Timeout
	}
	switch w.IntN(30) {
	case 0:
		w.readings[0].Outcome, w.readings[0].Error = probe.Unreachable, "refused"
		if w.IntN(2) == 0 {
			w.control.Outcome, w.control.Error = probe.Unreachable, "refused"
		}
	case 1:
		w.readings[0].Outcome, w.readings[0].Status = probe.ServerError, 503
	case 2:
		w.readings[1].Outcome, w.readings[1].Error = probe.Unreachable, "refused"
	case 3:
		w.readings[0].Outcome, w.readings[0].Error = probe.BadAnswer, "404"
	}
}

type answer func() probe.Reading

func (a answer) Probe(context.Context) probe.Reading { return a() }

// The platform's refusal while a release is in progress.
type deploying struct{}

func (deploying) Error() string   { return "a release is under way" }
func (deploying) Deploying() bool { return true }

func (w *chaos) Notify(_ context.Context, e notify.Event) error {
	w.events = append(w.events, e)
	return nil
}

func (w *chaos) At(time.Time) schedule.Limits           { return w.limits }
func (w *chaos) Rows(time.Time) (minRow, maxRow string) { return "", "" }

func (w *chaos) Size(context.Context) (int, bool, error) { return w.n, !w.unsettled, w.fails }

func (w *chaos) Resize(_ context.Context, n int) error {
	if w.changeFails == nil || w.IntN(4) == 0 { // it may have succeeded nevertheless
		w.n = n
	}
	return w.changeFails
}

func (w *chaos) Quota() (int, bool)              { return 4000, true }
func (w *chaos) Up(context.Context) (int, error) { return min(w.up, w.n), nil }
func (w *chaos) Release(context.Context) (time.Time, bool, error) {
	return w.releaseAt, w.released, nil
}
func (w *chaos) LeftAlone() string                         { return w.leftAlone }
func (w *chaos) DynoSize(context.Context) (string, error)  { return w.size, nil }
func (w *chaos) SizePending() string                       { return w.pending }
func (w *chaos) Maintenance(context.Context) (bool, error) { return w.maintenance, nil }
func (w *chaos) Price(context.Context) (float64, error)    { return 25, nil }

func (w *chaos) SetDynoSize(_ context.Context, name string) error {
	if w.changeFails == nil {
		w.size = name
	}
	return w.changeFails
}

func (w *chaos) SizePrice(name string) (float64, bool) {
	price, ok := map[string]float64{"standard-1x": 25, "standard-2x": 50, "performance-m": 250}[name]
	return price, ok
}
