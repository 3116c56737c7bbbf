package sim

import (
	"context"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// A Driver decides how many dynos there are.
type Driver struct {
	Name string
	// Interval is from tick to tick, a second or more.
	Interval time.Duration
	// Begin is called once, and returns what is called at each tick. A tick that takes longer than the interval,
	// because its heartbeats do, is not made up for, as in [bot.Bot.Run].
	Begin func(w *World) func(ctx context.Context, now time.Time)
}

// Bot drives by a bot with the given options, of which the Scaler is the world's. Where there are no Probers, there is
// one that sends heartbeats; where there is no Schedule, the limits are the simulation's.
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
		// were checked before
		o.Schedule, _ = schedule.New(schedule.Fixed(w.limits.Min), schedule.Fixed(w.limits.Max), nil)
	}
	return bot.New(o)
}

// BotIn drives by the bot that make makes for the world: its Scaler must be the world, and its Probers the world's.
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
