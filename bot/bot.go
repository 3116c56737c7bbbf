package bot

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

const (
	// callTimeout bounds all calls of one tick to the platform, above the deadlines of the platform's own.
	callTimeout = 25 * time.Second
	// lastWords is how long a change of the dynos that is under way may go on after the bot was told to stop. Heroku kills
	// a dyno 30 s after SIGTERM; the bot promises to end within 10 s, and flushes its notices in what is left of them.
	lastWords = 4 * time.Second
)

// A Schedule tells the limits at a moment, and the rows that they come from, "" for a number that is the same at all times.
type Schedule interface {
	At(now time.Time) schedule.Limits
	Rows(now time.Time) (minRow, maxRow string)
}

// Options say what a Bot works with. Schedule, Scaler and one prober are needed; the rest may be zero.
type Options struct {
	// App and ProcessType name what is scaled, in records and notices.
	App         string
	ProcessType string
	// Interval is from tick to tick, more than 0.
	Interval time.Duration
	// Jitter is the largest delay of a tick, as a share of the interval from 0 to 1. It keeps many bots from beating
	// together.
	Jitter float64
	// Probers take the readings, side by side. Each has a deadline of its own.
	Probers []probe.Prober
	// HeartbeatsPerMinute is the most heartbeats that a minute may see where an adaptive policy wants several at a tick, of a prober that
	// is a [Burster]. A tick takes one at least; 0 takes no more.
	HeartbeatsPerMinute int
	// Control is asked when no heartbeat reaches the app: if it reaches nothing either, the bot is offline, and freezes. It is not asked
	// because of other signals. Nil means that an app that cannot be reached is taken to be at fault.
	Control probe.Prober
	// Schedule tells the limits.
	Schedule Schedule
	// Scaler is the platform.
	Scaler Scaler
	// Prompt: the platform answers at once, as one that is simulated does. Otherwise a tick that has waited for it until shortly before the
	// next heartbeat waits no longer, and takes up the answer at a later one.
	Prompt bool
	// DryRun: the bot reads and decides, and has no way to change anything.
	DryRun bool
	// Policy decides.
	Policy Policy
	// BootTime is how long slow answers do not count after an up at the least; where the platform tells when the dynos are
	// up, they do not count before that either, for 5 minutes at the most.
	BootTime time.Duration
	// DeployGrace is how old the newest release must be before dynos are removed, where the platform tells of releases. While one is under
	// way none are. Below 0 the bot does not ask for releases at all.
	DeployGrace time.Duration
	// OverrideLength is how long an order holds that names no length, a minute at the least; 0 is the policy's ManualHold.
	OverrideLength time.Duration
	// Notices say which events are told.
	Notices Notices
	// Notifier is told the events. It must not block: a [notify.Fanout] does not. Nil tells nobody.
	Notifier notify.Notifier
	// Targets are the names of those whom the notifier tells and who are done with an event only when Told is called for them: until then it is
	// in the Memory. Nil keeps no events.
	Targets []string
	// Recorders keep the records, one after the other.
	Recorders []Recorder
	// Memory is what the bot goes on from; Remember keeps it, and is called whenever it changed. It must return soon, and may
	// be nil. An error is logged.
	Memory   Memory
	Remember func(Memory) error
	// Log is told of what went wrong beside the records; nil is silent.
	Log *slog.Logger
}

// A Bot takes one heartbeat after the other. It is used by one goroutine at a time, but for Control, SetControl and State.
type Bot struct {
	o      Options
	size   func(context.Context) (n int, settled bool, err error)
	resize func(context.Context, int) error // nil in a dry run

	// What the platform can tell; nil where it cannot.
	quota     QuotaReporter
	ups       UpReporter
	releases  Releaser
	prices    Pricer
	leftAlone LeftAloneReporter

	maintenance MaintenanceReporter

	// The dyno size, nil where no rule judges it or the platform knows none; in a dry run it can't be set.
	dynoSize    func(context.Context) (name string, err error)
	setDynoSize func(ctx context.Context, name string) error
	sizePending func() string

	calls   map[string]*pendingCall // that outlast the tick that made them, by name
	refused error                   // how a change of an earlier tick failed, told at this one

	priced time.Time // when the platform told what a dyno costs

	state    State
	reporter reporter

	mu      sync.Mutex // guards the rest, which others change while the bot runs
	control Control
	memory  Memory // as it was kept last
	given   given
	former  *Memory // what was recalled since the last tick, nil for nothing
}

// New makes a bot from o.
func New(o Options) *Bot {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	b := &Bot{
		o: o, size: o.Scaler.Size, state: o.Memory.State, reporter: reporter{want: o.Notices, notified: o.Memory.Notified},
		control: o.Memory.State.Control, memory: o.Memory,
	}
	if o.DryRun {
		b.o.Scaler = nil // so that nothing here can write
	} else {
		b.resize = o.Scaler.Resize
	}
	b.quota, _ = o.Scaler.(QuotaReporter)
	b.ups, _ = o.Scaler.(UpReporter)
	b.releases, _ = o.Scaler.(Releaser)
	b.leftAlone, _ = o.Scaler.(LeftAloneReporter)
	b.maintenance, _ = o.Scaler.(MaintenanceReporter)
	if o.Policy.Price == 0 {
		b.prices, _ = o.Scaler.(Pricer)
	}
	b.findSizer(o)
	return b
}

// findSizer looks for what the rules for the dyno size, and its order, need.
func (b *Bot) findSizer(o Options) {
	sizer, ok := o.Scaler.(Sizer)
	asked := o.Policy.Ladder != "" || slices.ContainsFunc(o.Policy.Rules, func(r SignalRule) bool { return r.Size })
	if !ok || len(o.Policy.Sizes) == 0 || !asked {
		b.state.Size, b.state.SizePending, b.state.SizeAsked = "", "", SizeAsked{} // which may have been known before a restart
		return
	}
	b.dynoSize = sizer.DynoSize
	b.state.SizePending = ""
	if waits, ok := o.Scaler.(SizePender); ok {
		b.sizePending = waits.SizePending
	}
	if !o.DryRun {
		b.setDynoSize = sizer.SetDynoSize
	}
	if prices, ok := o.Scaler.(SizePricer); ok && b.prices != nil {
		b.o.Policy.SizePrices = make([]float64, len(o.Policy.Sizes))
		for i, size := range o.Policy.Sizes {
			b.o.Policy.SizePrices[i], _ = prices.SizePrice(size)
		}
	}
}

// RecordTo adds recorders to those of the options, for what is made with the bot itself. It must be called before the first tick.
func (b *Bot) RecordTo(more ...Recorder) {
	b.o.Recorders = append(slices.Clip(b.o.Recorders), more...)
}

// Run ticks until ctx ends, the first time at once: every interval from the start, late by the jitter. Ticks never overlap,
// and one that is missed because another took too long is not made up for. It returns nil.
func (b *Bot) Run(ctx context.Context) error {
	start := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			b.abandon()
			return nil
		case <-timer.C:
		}
		b.Tick(ctx, time.Now())
		now := time.Now()
		timer.Reset(start.Add(b.next(now.Sub(start))).Sub(now))
	}
}

// next returns when the next tick is due, given that so much time has passed, both since the start.
func (b *Bot) next(passed time.Duration) time.Duration {
	// A tick that was late by its jitter must not be followed by one of the same beat.
	beat := (passed/b.o.Interval + 1) * b.o.Interval
	return beat + time.Duration(rand.Float64()*b.o.Jitter*float64(b.o.Interval))
}

// Tick takes one heartbeat at now and returns its record: it reads, decides, scales, and hands out what is to be told and
// kept. A failure is in the record and ends nothing.
func (b *Bot) Tick(ctx context.Context, now time.Time) Record {
	began := time.Now()
	b.recollect(now)
	r := b.decide(ctx, now, began)
	b.act(ctx, &r, began)
	r.DurationMS = float64(time.Since(began)) / float64(time.Millisecond)
	switch d := r.Decision; r.Action {
	case Scaled, WouldScale:
		b.state.scaled(now, d.From, d.To, d.by())
	case Resized, WouldResize:
		b.state.resized(now)
	}
	b.report(ctx, r)
	for _, rec := range b.o.Recorders {
		if err := rec.Record(ctx, r); err != nil {
			b.o.Log.Warn("a record was not kept", "error", err)
		}
	}
	return r
}

// decide reads all there is to read, and decides from it.
func (b *Bot) decide(ctx context.Context, now, began time.Time) Record {
	r := Record{Time: now, App: b.o.App, ProcessType: b.o.ProcessType, Dynos: -1, Action: Held, Price: b.o.Policy.Price}
	r.Readings, r.Burst = b.read(ctx)
	r.Limits = b.o.Schedule.At(now)
	r.MinRow, r.MaxRow = b.o.Schedule.Rows(now)
	r.Control = b.Control()
	b.state.Control = r.Control
	if ctx.Err() != nil {
		r.Action = Interrupted
		return r
	}
	if heartbeat, offline := b.offline(ctx, began, r.Readings); offline {
		return freeze(r, heartbeat)
	}
	wait, cancel := b.deadline(ctx, began)
	defer cancel()
	asking := asking{b, ctx, wait}
	r.Readings = MarkMaintenance(wait, asking.maintenance(), r.Readings)
	n, settled, err := asking.size()
	r.Quota = b.callsLeft()
	switch {
	case ctx.Err() != nil:
		r.Action = Interrupted
	case isLate(err):
		r.Decision = b.o.Policy.judge(&b.state, now, r.Readings, -1)
		r.Decision.Rule, r.Error = RuleUnknown, err.Error()
	case err != nil:
		r.Decision = b.o.Policy.judge(&b.state, now, r.Readings, -1)
		r.Decision.Rule = RuleUnknown
		r.Action, r.Error = Failed, err.Error()
	default:
		r.Dynos, r.Settled = n, settled
		b.boot(asking, now, n)
		madeSize := b.learnSize(asking, now)
		b.learnPrice(asking, now)
		r.Price = b.o.Policy.Price
		b.state, r.Decision = b.o.Policy.Decide(b.state, now, r.Readings, r.Limits, n)
		r.Decision.CompletedSize = madeSize
		b.leaveAlone(&r)
		if !settled {
			r.Decision.clamp(ClampUnsettled, n, 0)
			r.Decision.holdSize(ClampUnsettled, 0)
		}
		b.deployed(asking, &r)
	}
	return r
}

// act asks the platform for what was decided.
func (b *Bot) act(ctx context.Context, r *Record, began time.Time) {
	d := r.Decision
	switch {
	case r.Action == Held && d.To == d.From && d.resizes():
		b.changeSize(ctx, r, began)
		return
	case r.Action != Held || d.To == d.From:
		return
	case b.resize == nil:
		r.Action = WouldScale
		return
	case b.refused != nil: // which is told now, and asked for again at the next tick
		r.Action, r.Error = Failed, b.refused.Error()
		return
	}
	b.state.asked(r.Time, &d)
	b.remember(r.Time)
	switch err := b.change(ctx, began, func(ctx context.Context) error { return b.resize(ctx, d.To) }); {
	case isLate(err):
		r.Decision.clamp(ClampUnsettled, d.From, 0)
		r.Error = err.Error()
		return
	case deploying(err):
		r.Decision.clamp(ClampDeploy, d.From, 0)
		return
	case err != nil:
		r.Action, r.Error = Failed, err.Error()
		return
	}
	r.Action = Scaled
	b.state.Dynos, b.state.Unanswered = d.To, false
	if d.To > d.From && (b.ups != nil || b.o.BootTime > 0) {
		b.state.BootSince = r.Time
	}
	r.Quota = b.callsLeft()
}

// report hands the tick's events to the notifier.
func (b *Bot) report(ctx context.Context, r Record) {
	var events []notify.Event
	if b.o.Notifier != nil {
		events = b.reporter.events(r)
	}
	b.remember(r.Time, events...)
	b.notify(ctx, events...)
}

func (b *Bot) callsLeft() *int {
	if b.quota == nil {
		return nil
	}
	if n, ok := b.quota.Quota(); ok {
		return &n
	}
	return nil
}

// outlast returns a context that ends a grace period after ctx does.
func outlast(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-longer.Done():
		case <-time.After(grace):
			cancel()
		}
	})
	return longer, func() {
		stop()
		cancel()
	}
}
