package sim

import (
	"context"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// A Driver decides the number of dynos.
type Driver struct {
	Name string
	// Interval is the time between ticks, a second or more.
	Interval time.Duration
	// Begin is called once and returns the function for each tick. If a tick takes longer than the interval because of
	// its heartbeats, ticks are skipped, as in [bot.Bot.Run].
	Begin func(w *World) func(ctx context.Context, now time.Time)
}

// Bot drives by a bot with these options. The world is its Scaler. Without Probers the bot sends heartbeats. Without a
// Schedule the limits are the simulation's.
func Bot(name string, o bot.Options) Driver {
	return BotIn(name, o.Interval, func(w *World) *bot.Bot {
		o := o // a driver drives many simulations
		if len(o.Probers) == 0 {
			o.Probers = []probe.Prober{w.Heartbeat()}
		}
		return w.bot(o)
	})
}

func (w *World) bot(o bot.Options) *bot.Bot {
	o.Scaler, o.Prompt = w, true
	if o.Schedule == nil {
		// The limits are valid: check has run.
		o.Schedule, _ = schedule.New(schedule.Fixed(w.limits.Min), schedule.Fixed(w.limits.Max), nil)
	}
	return bot.New(o)
}

// BotIn drives by the bot that make returns. The world must be its Scaler, and its Probers must be the world's.
func BotIn(name string, interval time.Duration, make func(w *World) *bot.Bot) Driver {
	return Driver{name, interval, func(w *World) func(context.Context, time.Time) {
		b := make(w)
		return func(ctx context.Context, now time.Time) { b.Tick(ctx, now) }
	}}
}

// Want asks for n dynos within the limits of the simulation.
func (w *World) Want(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n = w.limits.Clamp(n); n != len(w.fleet.dynos) {
		w.resize(n)
	}
}

// Fixed keeps n dynos all the time.
func Fixed(n int) Driver {
	return Driver{"fixed", time.Minute, func(w *World) func(context.Context, time.Time) {
		return func(context.Context, time.Time) { w.Want(n) }
	}}
}
