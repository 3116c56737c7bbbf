package bot

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// A Direction is a direction of scaling, or both.
type Direction string

const (
	Up   Direction = "up"
	Down Direction = "down"
	Both Direction = "both"
)

const (
	// longest is the maximum length of a pause or an override.
	longest = 366 * 24 * time.Hour
	// shortestHold is the minimum length of an override that names none.
	shortestHold = time.Minute
)

// Control returns the pauses and the override. It may be called while the bot runs.
func (b *Bot) Control() decide.Control {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.control
}

// SetControl replaces the pauses and the override by what change makes of them, from the next tick. It may be called
// while the bot runs.
func (b *Bot) SetControl(change func(decide.Control) decide.Control) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.control
	b.control = change(before)
	b.given.up = b.given.up || b.control.Up != before.Up
	b.given.down = b.given.down || b.control.Down != before.Down
	b.given.override = b.given.override || b.control.Override != before.Override
	b.memory.State.Control = b.control
	b.keep()
}

// Pause pauses scaling in a direction for length, at most 8784 h; 0 lasts until Resume. by names who asks. An error is
// a sentence for people, without a full stop.
//
// Pause, Resume, Override and EndOverride take effect at the next tick. They may be called while the bot runs.
func (b *Bot) Pause(d Direction, length time.Duration, by string) error {
	if err := errors.Join(d.check(), checkLength(length)); err != nil {
		return err
	}
	p, text := decide.Pause{On: true, By: by}, "until somebody resumes"
	if length > 0 {
		p.Until, text = moment().Add(length), "for "+length.String()
	}
	b.setPauses(d, p)
	b.o.Log.Info("somebody paused scaling", "who", by, "direction", string(d), "length", text)
	return nil
}

// Resume ends the pauses in a direction.
func (b *Bot) Resume(d Direction, by string) error {
	if err := d.check(); err != nil {
		return err
	}
	b.setPauses(d, decide.Pause{})
	b.o.Log.Info("somebody resumed scaling", "who", by, "direction", string(d))
	return nil
}

// Override keeps a number of dynos, within the limits and above 0, for length, at most 8784 h; 0 is
// [Options.OverrideLength].
func (b *Bot) Override(dynos int, length time.Duration, by string) error {
	now, o := moment(), b.Options()
	if err := errors.Join(checkLength(length), checkOverride(dynos, b.Limits(now))); err != nil {
		return err
	}
	if length == 0 {
		length = max(shortestHold, cmp.Or(o.OverrideLength, o.Policy.ManualHold))
	}
	b.setOverride(decide.Override{Dynos: dynos, Until: now.Add(length), By: by})
	b.o.Log.Info("somebody set an override", "who", by, "dynos", dynos, "length", length.String())
	return nil
}

// EndOverride ends the override.
func (b *Bot) EndOverride(by string) error {
	b.setOverride(decide.Override{})
	b.o.Log.Info("somebody ended the override", "who", by)
	return nil
}

// The monotonic clock is removed, since it stops while a machine sleeps.
func moment() time.Time { return time.Now().Round(0) }

func (d Direction) check() error {
	if d != Up && d != Down && d != Both {
		return fmt.Errorf("invalid direction %q: must be up, down or both", string(d))
	}
	return nil
}

func checkLength(length time.Duration) error {
	if length < 0 || length > longest {
		return fmt.Errorf("invalid duration %v: must be from 0 to 8784h", length)
	}
	return nil
}

func checkOverride(n int, limits schedule.Limits) error {
	switch {
	case n == 0:
		return errors.New("0 would switch the app off: do that on the platform, and the bot leaves the app " +
			"alone until the number changes there")
	case n != limits.Clamp(n):
		return fmt.Errorf("%d is outside the limits now in force, %d to %d", n, limits.Min, limits.Max)
	}
	return nil
}

func (b *Bot) setPauses(d Direction, p decide.Pause) {
	b.SetControl(func(c decide.Control) decide.Control {
		if d != Down {
			c.Up, b.given.up = p, true
		}
		if d != Up {
			c.Down, b.given.down = p, true
		}
		return c
	})
}

func (b *Bot) setOverride(o decide.Override) {
	b.SetControl(func(c decide.Control) decide.Control {
		c.Override, b.given.override = o, true
		return c
	})
}
