package bot

import (
	"context"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
)

const (
	// UndeliveredAge is how old an event may be when it is told after a restart: nobody is helped by older ones.
	UndeliveredAge = 15 * time.Minute
	// undeliveredMost is how many events are kept for that.
	undeliveredMost = 100
)

// An Undelivered is an event that may not have reached everybody yet.
type Undelivered struct {
	Event notify.Event `json:"event"`
	// Done are the names of those who are done with it, as given to [Bot.Told].
	Done []string `json:"done,omitempty"`
}

// Delivered takes in that one of Options.Targets is done with an event, so that it is not told again after a restart. It may be called from several
// goroutines at once.
func (b *Bot) Delivered(target string, e notify.Event) {
	if !slices.Contains(b.o.Targets, target) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.memory.Undelivered, func(u Undelivered) bool { return u.Event.ID == e.ID })
	if i < 0 {
		return
	}
	untold := slices.Clone(b.memory.Undelivered)
	untold[i].Done = append(slices.Clip(untold[i].Done), target)
	if len(untold[i].Done) >= len(b.o.Targets) {
		untold = slices.Delete(untold, i, i+1)
	}
	b.memory.Undelivered = untold
	b.keep()
}

// withUndelivered is what is to be kept of events once more of them are told. What heartbeats alone tell is not worth it.
func (b *Bot) withUndelivered(now time.Time, more ...notify.Event) []Undelivered {
	if len(b.o.Targets) == 0 {
		return nil
	}
	var all []Undelivered
	for _, u := range b.memory.Undelivered {
		if now.Sub(u.Event.Time) < UndeliveredAge {
			all = append(all, u)
		}
	}
	for _, e := range more {
		if e.Kind != notify.Ping {
			all = append(all, Undelivered{Event: e})
		}
	}
	return all[max(0, len(all)-undeliveredMost):]
}

// Incident takes in that an incident which others than the ticks look for goes on, or does not, as seen at now, and tells of it what is to be
// told, which event makes. It outlasts a restart as those of the ticks do. It may be called while the bot runs.
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
	b.memory.Undelivered = b.withUndelivered(now, e)
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

// Tell notifies people of an event that others than the ticks found. Like the events of the ticks it outlasts a restart until everybody has
// received it. It may be called while the bot runs.
func (b *Bot) Tell(ctx context.Context, e notify.Event) {
	b.mu.Lock()
	b.memory.Undelivered = b.withUndelivered(e.Time, e)
	b.keep()
	b.mu.Unlock()
	b.notify(ctx, e)
}

// notify hands events to the notifier.
func (b *Bot) notify(ctx context.Context, events ...notify.Event) {
	for _, e := range events {
		if err := b.o.Notifier.Notify(context.WithoutCancel(ctx), e); err != nil {
			b.o.Log.Warn("a notice was not taken", "event", e.Kind, "error", err)
		}
	}
}
