package bot

import (
	"slices"

	"github.com/autoscalebot/autoscalebot/bot/notice"
)

// Options returns the options in force. Recorders and Memory are those of the start. It may be called while the bot
// runs.
func (b *Bot) Options() Options {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.o
}

func (b *Bot) schedule() Schedule {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.o.Schedule
}

// An exchange is what [Bot.Exchange] asked for.
type exchange struct {
	Options
	done chan struct{}
}

// Exchange replaces options between two ticks, and keeps everything that the bot remembers. If Interval changes, the
// next tick is one new interval after the last. App, ProcessType, Prompt, Notifier, Recorders, Memory, Remember and Log
// stay as they are. done is closed when the options are in force, or another Exchange has replaced them. Exchange
// returns at once, and may be called while the bot runs.
func (b *Bot) Exchange(o Options) (done <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next != nil {
		close(b.next.done)
	}
	b.next = &exchange{o, make(chan struct{})}
	select {
	case b.exchanged <- struct{}{}:
	default:
	}
	return b.next.done
}

// Only the goroutine of the ticks writes b.o and b.platform, so it reads them without the lock.
func (b *Bot) exchange() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		return
	}
	o := b.next.Options
	before := b.platform
	b.platform = platformOf(&o)
	b.platform.Continue(before)
	b.reporter = notice.NewReporter(o.Notices, b.reporter.Notified())
	if !slices.Equal(b.o.Targets, o.Targets) {
		b.memory.Undelivered = b.memory.Undelivered.Retargeted(b.o.Targets, o.Targets)
	}
	b.o.take(o)
	close(b.next.done)
	b.next = nil
}

// Fields that never change may be read without the lock, so they are not written.
func (o *Options) take(next Options) {
	o.Interval, o.Jitter = next.Interval, next.Jitter
	o.Probers, o.Control, o.HeartbeatsPerMinute = next.Probers, next.Control, next.HeartbeatsPerMinute
	o.Schedule, o.Scaler, o.DryRun = next.Schedule, next.Scaler, next.DryRun
	o.Policy, o.OverrideLength = next.Policy, next.OverrideLength
	o.Notices, o.Targets = next.Notices, next.Targets
}
