package bot

import (
	"maps"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/notify"
)

// given says what people have asked of the bot since its start, be it to end something.
type given struct{ up, down, override bool }

// Recall takes in what an earlier run of the bot remembered and could not be read at the start. What people had asked of the bot counts again,
// unless they have asked for something else since; so do what it has learned, its cooldowns, this month's cost and the incidents that were open.
// It is kept merged when Recall returns. It may be called while the bot runs.
func (b *Bot) Recall(former Memory) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.control = b.control.recalled(former.State.Control, b.given)
	b.former = &former
	b.memory = b.memory.recalled(moment(), former, b.price)
	b.memory.State.Control = b.control
	b.memory.Undelivered = append(slices.Clone(former.Undelivered), b.memory.Undelivered...)
	if b.memory.Beside == nil {
		b.memory.Beside = former.Beside
	}
	b.keep()
	b.o.Log.Warn("what the bot remembered before its start can be read now, and counts again",
		"paused", b.control.paused(moment()), "dynos_asked_for", b.control.asked(moment()))
}

// asked is the number of dynos that somebody asked for and that holds at now, 0 for none.
func (c Control) asked(now time.Time) int {
	if !c.Override.Active(now) {
		return 0
	}
	return c.Override.Dynos
}

// recollect makes what was recalled since the last tick the bot's own.
func (b *Bot) recollect(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.former == nil {
		return
	}
	for k, i := range b.reporter.notified.Incidents {
		if was, open := b.former.Notified.Incidents[k]; open && was.Since.Before(i.Since) {
			b.reporter.merged = append(b.reporter.merged, mergedIncident{k, i, was})
		}
	}
	m := Memory{State: b.state, Notified: b.reporter.notified}.recalled(now, *b.former, b.price)
	b.state, b.reporter.notified, b.reporter.recalled = m.State, m.Notified, true
	b.former = nil
}

// A mergedIncident is one that was opened twice: by the bot before its start, and since.
type mergedIncident struct {
	kind         notify.Kind
	newer, older notify.Incident
}

// ofTheRecall tells what became of what was told twice.
func (e *tickReport) ofTheRecall() {
	for _, m := range e.merged {
		ev := event(e.r, m.kind, "it goes on as the incident that began at "+clock(m.older.Since))
		if m.kind == notify.HeartbeatUnreachable {
			ev.Kind = notify.HeartbeatRecovered
		}
		ev.Phase, ev.Since = notify.Resolved, m.newer.Since
		ev.Incident = notify.IncidentID(e.r.App, e.r.ProcessType, m.kind, m.newer.Since)
		e.out = append(e.out, ev)
	}
	e.merged = nil
}

// recalled is c with what former has in place of all that was not asked for since the start.
func (c Control) recalled(former Control, since given) Control {
	if !since.up {
		c.Up = former.Up
	}
	if !since.down {
		c.Down = former.Down
	}
	if !since.override {
		c.Override = former.Override
	}
	return c
}

// recalled is m with what it lacks of former, a memory from before m's bot was started. Doing it again changes nothing.
func (m Memory) recalled(now time.Time, former Memory, price float64) Memory {
	m.State, m.Notified = m.State.recalled(now, former.State, price), m.Notified.recalled(former.Notified)
	return m
}

func (s State) recalled(now time.Time, former State, price float64) State {
	newer := func(t *time.Time, than time.Time) {
		if than.After(*t) {
			*t = than
		}
	}
	newer(&s.HoldUntil, former.HoldUntil)
	newer(&s.LastUp, former.LastUp)
	newer(&s.LastDown, former.LastDown)
	newer(&s.CoolUntil, former.CoolUntil)
	newer(&s.WindowsSpoke, former.WindowsSpoke)
	newer(&s.SizeAt, former.SizeAt)
	newer(&s.LargerAt, former.LargerAt)
	newer(&s.SmallerAt, former.SmallerAt)
	newer(&s.ReleaseSeen, former.ReleaseSeen)
	s.SmallerAfter = max(s.SmallerAfter, former.SmallerAfter)
	// What takes days to learn is better known to the one that has run for longer.
	if s.Begun.Sub(former.Begun) > now.Sub(s.Begun) {
		s.Boots = former.Boots
		if former.Load != nil {
			s.Load = former.Load
		}
		if former.Weeks != nil {
			s.Weeks = former.Weeks
		}
	}
	if !former.Begun.IsZero() && (s.Begun.IsZero() || former.Begun.Before(s.Begun)) {
		s.Begun = former.Begun
	}
	s.Desired = recalledDesired(s.Desired, former.Desired)
	s.Spend = s.Spend.recalled(former.Spend, former.Dynos, price)
	return s
}

// recalledDesired are those of both that can still matter, given that all of former are older.
func recalledDesired(wishes, former adaptive.DesiredQueue) adaptive.DesiredQueue {
	if len(wishes) == 0 {
		return former
	}
	higher := slices.DeleteFunc(slices.Clone(former), func(w adaptive.Desired) bool {
		return w.Dynos <= wishes[0].Dynos || !w.Time.Before(wishes[0].Time)
	})
	return append(higher, wishes...)
}

// recalled adds what was counted before, with n dynos from then on until s was counted, unless s has it all.
func (s Spend) recalled(former Spend, n int, price float64) Spend {
	switch {
	case s.Month.IsZero():
		return former
	case !s.Month.Equal(former.Month) || s.From.Before(former.At):
		return s
	}
	until := former.count(s.From, n, price)
	s.From, s.Dollars = former.From, until.Dollars+s.Dollars
	return s
}

func (t Notified) recalled(former Notified) Notified {
	if len(former.Incidents) > 0 {
		incidents := maps.Clone(former.Incidents)
		for k, i := range t.Incidents {
			if was, open := incidents[k]; open && was.Since.Before(i.Since) {
				i.Since = was.Since
			}
			incidents[k] = i
		}
		t.Incidents = incidents
	}
	if len(former.Sizes) > 0 && (len(t.Sizes) == 0 || former.Sizes[len(former.Sizes)-1].Since.Before(t.Sizes[0].Since)) {
		t.Sizes = append(slices.Clone(former.Sizes), t.Sizes...)
	}
	if t.Refused.IsZero() {
		t.Refused = former.Refused
	}
	return t
}
