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

// A Schedule tells the limits at a moment, and the rows that they come from, "" for a number that is the same at all
// times.
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
	// HeartbeatsPerMinute is the most heartbeats that a minute may see where an adaptive policy wants several at a
	// tick, of a prober that is a [Burster]. A tick takes one at least; 0 takes no more.
	HeartbeatsPerMinute int
	// Control is asked when no heartbeat reaches the app: if it reaches nothing either, the bot is offline, and
	// freezes. It is not asked because of other signals. Nil means that an app that cannot be reached is taken to be at
	// fault.
	Control probe.Prober
	// Schedule tells the limits.
	Schedule Schedule
	// Scaler is the platform.
	Scaler Scaler
	// Prompt: the platform answers at once, as one that is simulated does. Otherwise a tick that has waited for it
	// until shortly before the next heartbeat waits no longer, and takes up the answer at a later one.
	Prompt bool
	// DryRun: the bot reads and decides, and has no way to change anything.
	DryRun bool
	// Policy decides.
	Policy decide.Policy
	// OverrideLength is how long an order holds that names no length, a minute at the least; 0 is the policy's
	// ManualHold.
	OverrideLength time.Duration
	// Notices say which events are told.
	Notices notice.Notices
	// Notifier is told the events. It must not block: a [notify.Fanout] does not. Nil tells nobody.
	Notifier notify.Notifier
	// Targets are the names of those whom the notifier tells and who are done with an event only when Delivered is
	// called for them: until then it is in the Memory. Nil keeps no events.
	Targets []string
	// Recorders keep the records, one after the other.
	Recorders []record.Recorder
	// Memory is what the bot goes on from; Remember keeps it, and is called whenever it changed. It must return soon,
	// and may be nil. An error is logged.
	Memory   Memory
	Remember func(Memory) error
	// Log is told of what went wrong beside the records; nil is silent.
	Log *slog.Logger
}

// A Bot takes one heartbeat after the other. It is used by one goroutine at a time, but for Control, SetControl and
// State.
type Bot struct {
	o        Options
	platform *platform.Platform
	state    decide.State
	reporter *notice.Reporter

	mu      sync.Mutex // guards the rest, which others change while the bot runs
	control decide.Control
	memory  Memory // as it was kept last
	given   given
	former  *Memory // what was recalled since the last tick, nil for nothing
}

// New makes a bot from o.
func New(o Options) *Bot {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	p := platformOf(&o)
	return &Bot{
		o: o, platform: p, state: o.Memory.State.Restarted(p.DynoSize != nil),
		reporter: notice.NewReporter(o.Notices, o.Memory.Notified),
		control:  o.Memory.State.Control, memory: o.Memory,
	}
}

// Unit returns the platform's word for a dyno, as [UnitOf] does.
func (b *Bot) Unit() string { return b.platform.Unit }

// RecordTo adds recorders to those of the options, for what is made with the bot itself. It must be called before the
// first tick.
func (b *Bot) RecordTo(more ...record.Recorder) {
	b.o.Recorders = append(slices.Clip(b.o.Recorders), more...)
}

// Run ticks until ctx ends, the first time at once: every interval from the start, late by the jitter. Ticks never
// overlap, and one that is missed because another took too long is not made up for. It returns nil.
func (b *Bot) Run(ctx context.Context) error {
	start := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			b.platform.Drain()
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

// Tick takes one heartbeat at now and returns its record: it reads, gathers, decides, acts, and hands out what is to be
// told and kept. A failure is in the record and ends nothing.
func (b *Bot) Tick(ctx context.Context, now time.Time) record.Record {
	began := time.Now()
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

// record begins the record of a tick. unknown is why the number of dynos is not known, nil where it is or the bot is
// offline.
func (b *Bot) record(f decide.Facts, burst string, unknown error) record.Record {
	r := record.Record{
		Time: f.Now, App: b.o.App, ProcessType: b.o.ProcessType, Readings: f.Readings, Burst: burst, Limits: f.Limits,
		Control: f.Control, Unit: b.platform.Unit,
		Dynos: f.Dynos, Settled: f.Settled, Price: f.Price, Action: record.Held,
	}
	r.MinRow, r.MaxRow = b.o.Schedule.Rows(f.Now)
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
