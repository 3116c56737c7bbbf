package bot

import (
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
)

// given are the parts of the Control that people have changed since the start.
type given struct{ up, down, override, limits bool }

// Recall merges the memory of an earlier run that could not be read at the start: pauses and the overrides unless
// people have changed them since, what was learned, cooldowns, the month's cost, and open incidents. The result is
// saved before Recall returns. It may be called while the bot runs.
func (b *Bot) Recall(former Memory) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.control = recalledControl(b.control, former.State.Control, b.given)
	b.former = &former
	b.memory = b.memory.recalled(moment(), former, b.platform.DynoPrice())
	b.memory.State.Control = b.control
	b.memory.Undelivered = append(slices.Clone(former.Undelivered), b.memory.Undelivered...)
	b.memory.Beside = b.memory.Beside.With(former.Beside)
	b.keep()
	b.o.Log.Warn("the bot's memory from before its start can be read again, and is in use",
		"paused", record.Paused(b.control, moment()), "dynos_asked_for", askedFor(b.control, moment()))
}

func askedFor(c decide.Control, now time.Time) int {
	if !c.Override.Active(now) {
		return 0
	}
	return c.Override.Dynos
}

func (b *Bot) recollect(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.former == nil {
		return
	}
	b.state = b.state.Recalled(now, b.former.State, b.platform.DynoPrice())
	b.reporter.Recall(b.former.Notified)
	b.former = nil
}

func recalledControl(c, former decide.Control, since given) decide.Control {
	if !since.up {
		c.Up = former.Up
	}
	if !since.down {
		c.Down = former.Down
	}
	if !since.override {
		c.Override = former.Override
	}
	if !since.limits {
		c.Limits = former.Limits
	}
	return c
}

// former is a memory from before m's start. Merging twice changes nothing.
func (m Memory) recalled(now time.Time, former Memory, price float64) Memory {
	m.State, m.Notified = m.State.Recalled(now, former.State, price), m.Notified.Recalled(former.Notified)
	return m
}
