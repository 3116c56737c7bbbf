package bot

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/internal/platform"
	"github.com/autoscalebot/autoscalebot/bot/notice"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// A Schedule returns the limits at a time, and the rows that they come from, "" for a number that never changes.
type Schedule interface {
	At(now time.Time) schedule.Limits
	Rows(now time.Time) (minRow, maxRow string)
}

// Options configure a Bot. Schedule, Scaler and one prober are required; everything else may be zero.
type Options struct {
	// App and ProcessType name what is scaled, in records and notices.
	App         string
	ProcessType string
	// Interval is the time between ticks; it must be more than 0.
	Interval time.Duration
	// Jitter is the maximum delay of a tick as a share of Interval, 0 to 1. It spreads the heartbeats of many bots.
	Jitter float64
	// Probers take the readings concurrently. Each has its own deadline.
	Probers []probe.Prober
	// HeartbeatsPerMinute is the maximum number of heartbeats a minute when an adaptive policy takes several at a tick,
	// from a [Burster]. A tick takes at least one; 0 takes one.
	HeartbeatsPerMinute int
	// Control is probed if no heartbeat reaches the app. If it reaches nothing either, the bot is offline and changes
	// nothing. Other signals do not matter. With nil, an app that cannot be reached is always the app's fault.
	Control probe.Prober
	// Schedule returns the limits.
	Schedule Schedule
	// Scaler is the platform.
	Scaler Scaler
	// Prompt: the platform answers at once, as a simulated one does. Otherwise a tick waits for the platform only until
	// shortly before the next heartbeat, and a later tick uses the answer.
	Prompt bool
	// DryRun: the bot reads and decides, but cannot change anything.
	DryRun bool
	// Policy decides.
	Policy decide.Policy
	// OverrideLength is the length of an override without one, at least a minute; 0 is the policy's ManualHold.
	OverrideLength time.Duration
	// Notices select the events to send.
	Notices notice.Notices
	// Notifier sends the events. It must not block; a [notify.Fanout] does not. Nil sends none.
	Notifier notify.Notifier
	// Targets are the notifier's targets that confirm events with [Bot.Delivered]. Unconfirmed events stay in the
	// Memory. Nil keeps none.
	Targets []string
	// Recorders store the records, one after the other.
	Recorders []record.Recorder
	// Memory is the state to continue from. Remember saves it after each change. It must return quickly, and may be
	// nil. Errors are logged.
	Memory   Memory
	Remember func(Memory) error
	// Log gets errors that are not in the records; nil logs nothing.
	Log *slog.Logger
}

// A Bot scales one process type. Use it from one goroutine at a time, unless a method says that it may be called while
// the bot runs.
type Bot struct {
	o        Options
	platform *platform.Platform
	state    decide.State
	reporter *notice.Reporter

	mu      sync.Mutex // guards the rest, which others change while the bot runs
	control decide.Control
	memory  Memory // as last saved
	given   given
	former  *Memory   // recalled since the last tick; nil if nothing was
	next    *exchange // not in force yet; nil without one

	exchanged chan struct{} // wakes Run for next
}

// New returns a bot with these options.
func New(o Options) *Bot {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	p := platformOf(&o)
	return &Bot{
		o: o, platform: p, state: o.Memory.State.Restarted(p.DynoSize != nil),
		reporter: notice.NewReporter(o.Notices, o.Memory.Notified),
		control:  o.Memory.State.Control, memory: o.Memory,
		exchanged: make(chan struct{}, 1),
	}
}

// Unit returns the platform's word for a dyno, as [UnitOf] does.
func (b *Bot) Unit() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.platform.Unit
}

// RecordTo adds recorders. Call it before the first tick.
func (b *Bot) RecordTo(more ...record.Recorder) {
	b.o.Recorders = append(slices.Clip(b.o.Recorders), more...)
}

// Run ticks at once and then at every interval, delayed by the jitter, until ctx ends. Ticks never overlap, and a
// missed tick is not repeated. It returns nil.
func (b *Bot) Run(ctx context.Context) error {
	start, interval := time.Now(), b.o.Interval
	var last time.Time
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			b.platform.Drain()
			return nil
		case <-b.exchanged:
			if b.exchange(); b.o.Interval == interval || last.IsZero() {
				continue
			}
		case <-timer.C:
			last = time.Now()
			b.Tick(ctx, last)
		}
		if b.o.Interval != interval {
			start, interval = last, b.o.Interval
		}
		now := time.Now()
		timer.Reset(start.Add(b.after(now.Sub(start))).Sub(now))
	}
}

func (b *Bot) after(passed time.Duration) time.Duration {
	// A tick that its jitter delayed must not be followed by one in the same interval.
	beat := (passed/b.o.Interval + 1) * b.o.Interval
	return beat + time.Duration(rand.Float64()*b.o.Jitter*float64(b.o.Interval))
}

// Tick runs one heartbeat at now and returns its record. Failures are in the record.
func (b *Bot) Tick(ctx context.Context, now time.Time) record.Record {
	began := time.Now()
	b.exchange()
	b.recollect(now)
	readings, burst := b.read(ctx)
	f, unknown := b.gather(ctx, began, now, readings)
	r := b.record(f, burst, unknown)
	b.decide(ctx, &r, f, began)
	b.act(ctx, &r, f, began)
	r.DurationMS = float64(time.Since(began)) / float64(time.Millisecond)
	b.account(ctx, r)
	return r
}

// unknown is the error of reading the number of dynos; nil if it is known or the bot is offline.
func (b *Bot) record(f decide.Facts, burst string, unknown error) record.Record {
	r := record.Record{
		Time: f.Now, App: b.o.App, ProcessType: b.o.ProcessType, Readings: f.Readings, Burst: burst, Limits: f.Limits,
		Control: f.Control, Unit: b.platform.Unit,
		Dynos: f.Dynos, Settled: f.Settled, Price: f.Price, Action: record.Held,
	}
	if len(f.Control.Limits) == 0 {
		r.MinRow, r.MaxRow = b.o.Schedule.Rows(f.Now)
	}
	if !f.Offline {
		r.Quota = b.platform.CallsLeft()
	}
	switch {
	case unknown == nil:
	case errors.Is(unknown, errInterrupted):
		r.Action = record.Interrupted
	case platform.IsLate(unknown):
		r.Error = unknown.Error()
	default:
		r.Action, r.Error = record.Failed, unknown.Error()
	}
	return r
}

func (b *Bot) decide(ctx context.Context, r *record.Record, f decide.Facts, began time.Time) {
	if r.Action == record.Interrupted {
		return
	}
	state, d := b.o.Policy.Decide(b.state, f)
	if b.platform.Releases != nil && b.o.Policy.AsksForRelease(d) {
		t, end := b.platform.Tick(ctx, began)
		defer end()
		release, err := t.Release()
		if err != nil {
			r.Error = err.Error()
		}
		f.Release = release
		state, d = b.o.Policy.Decide(b.state, f)
	}
	b.state, r.Decision = state, d
}

func (b *Bot) account(ctx context.Context, r record.Record) {
	var events []notify.Event
	if b.o.Notifier != nil {
		events = b.reporter.Events(r)
	}
	b.remember(r.Time, events...)
	b.notify(ctx, events...)
	for _, rec := range b.o.Recorders {
		if err := rec.Record(ctx, r); err != nil {
			b.o.Log.Warn("a record was not saved", "error", err)
		}
	}
}
