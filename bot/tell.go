package bot

import (
	"context"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
)

// Delivered takes in that one of Options.Targets is done with an event, so that it is not told again after a restart.
// It may be called from several goroutines at once.
func (b *Bot) Delivered(target string, e notify.Event) {
	if !slices.Contains(b.o.Targets, target) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if next, ok := b.memory.Undelivered.Delivered(target, len(b.o.Targets), e.ID); ok {
		b.memory.Undelivered = next
		b.keep()
	}
}

// undelivered notes events that people are about to be told of. b.mu is held.
func (b *Bot) undelivered(now time.Time, events ...notify.Event) {
	if b.memory.Undelivered = b.memory.Undelivered.With(now, events...); len(b.o.Targets) == 0 {
		b.memory.Undelivered = nil
	}
}

// Incident takes in that an incident which others than the ticks look for goes on, or does not, as seen at now, and
// tells of it what is to be told, which event makes. It outlasts a restart as those of the ticks do. It may be called
// while the bot runs.
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

// Ongoing says whether an incident that [Bot.Incident] was told of goes on, be it since before a restart.
func (b *Bot) Ongoing(k notify.Kind) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, on := b.memory.Beside[k]
	return on
}

// Tell notifies people of an event that others than the ticks found. Like the events of the ticks it outlasts a restart
// until everybody has received it. It may be called while the bot runs.
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
