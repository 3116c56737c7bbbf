package bot

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// mostLimits is the maximum number of overrides of the limits that are in force or planned.
const mostLimits = 20

// A Calendar returns the limits at a time, and their next change. ok is false if none comes soon.
type Calendar interface {
	At(now time.Time) schedule.Limits
	Next(now time.Time) (when time.Time, l schedule.Limits, ok bool)
}

// OverrideLimits replaces the limits of the schedule by l from a moment, zero for now, until another one, at most 8784
// h from now. by names who asks. An override in force gives way to one that begins now.
//
// An error is a sentence for people, without a full stop: if the limits are invalid or above the largest number in
// MAX_DYNOS, if the time is over, or if another override is planned for a part of it.
//
// OverrideLimits and EndLimits take effect at the next tick. They may be called while the bot runs.
func (b *Bot) OverrideLimits(l schedule.Limits, from, until time.Time, by string) error {
	now := moment()
	o := decide.LimitsOverride{Limits: l, From: from, Until: until, By: by}
	if from.IsZero() {
		o.From = now
	}
	if err := errors.Join(b.checkLimits(l, now), checkPeriod(o, now)); err != nil {
		return err
	}
	var err error
	b.SetControl(func(c decide.Control) decide.Control {
		var limits []decide.LimitsOverride
		if limits, err = withLimits(c.Limits, o, now); err == nil {
			c.Limits, b.given.limits = limits, true
		}
		return c
	})
	if err == nil {
		b.o.Log.Info("somebody set an override of the limits", "who", by, "min", l.Min, "max", l.Max, "from", o.From,
			"until", o.Until)
	}
	return err
}

// EndLimits ends the override of the limits that begins at a moment, or all of them if from is zero.
func (b *Bot) EndLimits(from time.Time, by string) error {
	found := false
	b.SetControl(func(c decide.Control) decide.Control {
		c.Limits = slices.DeleteFunc(slices.Clone(c.Limits), func(o decide.LimitsOverride) bool {
			ends := from.IsZero() || o.From.Equal(from)
			found = found || ends
			return ends
		})
		b.given.limits = true
		return c
	})
	if !found && !from.IsZero() {
		return errors.New("no override of the limits begins at " + record.Clock(from))
	}
	b.o.Log.Info("somebody ended the override of the limits", "who", by)
	return nil
}

// Limits returns the limits in force at now: those of the schedule, or of an override of them, at most the largest
// number in MAX_DYNOS. It may be called while the bot runs.
func (b *Bot) Limits(now time.Time) schedule.Limits {
	return b.limits(b.Control(), b.schedule().At(now), now)
}

func (b *Bot) limits(c decide.Control, planned schedule.Limits, now time.Time) schedule.Limits {
	o, ok := c.LimitsAt(now)
	if !ok {
		return planned
	}
	most := b.most(now) // the setting may have changed since
	return schedule.Limits{Min: min(o.Min, most), Max: min(o.Max, most)}
}

// InForce returns the limits of c with the overrides of them.
func (b *Bot) InForce(c Calendar) Calendar { return inForce{b, c} }

type inForce struct {
	bot     *Bot
	planned Calendar
}

func (f inForce) At(now time.Time) schedule.Limits {
	return f.bot.limits(f.bot.Control(), f.planned.At(now), now)
}

func (f inForce) Next(now time.Time) (when time.Time, l schedule.Limits, ok bool) {
	c, current := f.bot.Control(), f.At(now)
	for at := now; ; {
		next, found := f.turn(c, at)
		if !found {
			return time.Time{}, schedule.Limits{}, false
		}
		if l = f.bot.limits(c, f.planned.At(next), next); l != current {
			return next, l, true
		}
		at = next
	}
}

// The first moment after now at which the schedule changes, or an override begins or ends.
func (f inForce) turn(c decide.Control, now time.Time) (first time.Time, ok bool) {
	first, _, ok = f.planned.Next(now)
	for _, o := range c.Limits {
		for _, t := range []time.Time{o.From, o.Until} {
			if t.After(now) && (!ok || t.Before(first)) {
				first, ok = t, true
			}
		}
	}
	return first, ok
}

// The largest number in MAX_DYNOS, which bounds what the app can cost.
func (b *Bot) most(now time.Time) int {
	if s, ok := b.schedule().(interface{ Most() int }); ok {
		return s.Most()
	}
	return b.schedule().At(now).Max
}

func (b *Bot) checkLimits(l schedule.Limits, now time.Time) error {
	most, planned := b.most(now), b.schedule().At(now)
	switch {
	case l.Min > l.Max:
		return fmt.Errorf("the minimum %d is above the maximum %d", l.Min, l.Max)
	case l.Min < 0, l.Min == 0 && planned.Min > 0:
		return fmt.Errorf("invalid minimum %d: must be at least 1", l.Min)
	case l.Max > most:
		return fmt.Errorf("%d is above %d, the largest number in MAX_DYNOS, which bounds what the app can cost. "+
			"To allow more, raise MAX_DYNOS", l.Max, most)
	}
	return nil
}

func checkPeriod(o decide.LimitsOverride, now time.Time) error {
	switch {
	case !o.Until.After(now):
		return errors.New("the override of the limits would end in the past")
	case !o.From.Before(o.Until):
		return errors.New("the override of the limits would end before it begins")
	case o.Until.Sub(now) > longest:
		return errors.New("the override of the limits would end too late: must be within 8784h")
	}
	return nil
}

func withLimits(all []decide.LimitsOverride, o decide.LimitsOverride, now time.Time) ([]decide.LimitsOverride, error) {
	all = slices.DeleteFunc(slices.Clone(all), func(other decide.LimitsOverride) bool {
		return !other.Until.After(now) || !o.From.After(now) && other.Active(now)
	})
	for _, other := range all {
		if o.Overlaps(other) {
			return nil, fmt.Errorf("limits of %d to %d are already set from %s until %s. End them first", other.Min,
				other.Max, record.Clock(other.From), record.Clock(other.Until))
		}
	}
	if len(all) >= mostLimits {
		return nil, fmt.Errorf("%d overrides of the limits are set already, the most that the bot keeps", len(all))
	}
	all = append(all, o)
	slices.SortFunc(all, func(a, b decide.LimitsOverride) int { return a.From.Compare(b.From) })
	return all, nil
}
