package bot

import (
	"context"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
)

// Delivered confirms that one of [Options.Targets] is done with an event, so that a restart does not send it again. It
// may be called from several goroutines.
func (b *Bot) Delivered(target string, e notify.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.Contains(b.o.Targets, target) {
		return
	}
	if next, ok := b.memory.Undelivered.Delivered(target, len(b.o.Targets), e.ID); ok {
		b.memory.Undelivered = next
		b.keep()
	}
}

// b.mu must be held.
func (b *Bot) undelivered(now time.Time, events ...notify.Event) {
	if b.memory.Undelivered = b.memory.Undelivered.With(now, events...); len(b.o.Targets) == 0 {
		b.memory.Undelivered = nil
	}
}

// Incident reports whether an incident that ticks do not detect is on at now. event makes the event if one is due. The
// incident survives a restart. Incident may be called while the bot runs.
func (b *Bot) Incident(
	ctx context.Context, k notify.Kind, on bool, now time.Time, event func(notify.Phase, time.Time) notify.Event,
) {
	b.mu.Lock()
	phase, since := b.memory.Beside.Update(k, on, now, b.o.Notices.Reminder)
	if phase == "" {
		b.mu.Unlock()
		return
	}
	e := event(phase, since)
	b.undelivered(now, e)
	b.keep()
	b.mu.Unlock()
	b.notify(ctx, e)
}

// Ongoing reports whether the incident is open, even since before a restart.
func (b *Bot) Ongoing(k notify.Kind) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, on := b.memory.Beside[k]
	return on
}

// Incidents returns the open incidents that ticks detect, see [notice.Notified.Open]. It may be called while the bot
// runs.
func (b *Bot) Incidents(newest record.Record) []notify.Event {
	b.mu.Lock()
	n := b.memory.Notified
	b.mu.Unlock()
	return n.Open(newest)
}

// Tell sends an event that ticks do not detect. It survives a restart until every target has it. Tell may be called
// while the bot runs.
func (b *Bot) Tell(ctx context.Context, e notify.Event) {
	b.mu.Lock()
	b.undelivered(e.Time, e)
	b.keep()
	b.mu.Unlock()
	b.notify(ctx, e)
}

func (b *Bot) notify(ctx context.Context, events ...notify.Event) {
	for _, e := range events {
		if err := b.o.Notifier.Notify(context.WithoutCancel(ctx), e); err != nil {
			b.o.Log.Warn("the notifier did not accept a notice", "event", e.Kind, "error", err)
		}
	}
}
