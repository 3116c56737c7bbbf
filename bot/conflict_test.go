package bot_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
)

func (i *inbox) suspicions() (out []notify.Event) {
	for _, e := range i.events {
		if strings.Contains(e.Reason, "another autoscaler running?") {
			out = append(out, e)
		}
	}
	i.events = nil
	return out
}

// Two bots with different limits undo each other's change at every heartbeat, so neither sees an unknown number.
func TestTwoBotsThatUndoEachOthersWorkSuspectEachOther(t *testing.T) {
	a := newWorld(2, func(o *bot.Options) { o.Schedule = &always{Min: 3, Max: 5} })
	b := newWorld(2, func(o *bot.Options) { o.Schedule, o.Scaler = &always{Min: 1, Max: 2}, a.platform })
	for range 90 * time.Minute / (30 * time.Second) {
		a.beat(right)
		b.beat(right)
	}
	for name, w := range map[string]*world{"the one": a, "the other": b} {
		got := w.inbox.suspicions()
		if len(got) != 2 || got[1].Time.Sub(got[0].Time) != time.Hour || got[0].Kind != notify.ManualChange {
			t.Fatalf("%s suspected %d times in 90 minutes, want twice, an hour apart: %+v", name, len(got), got)
		}
		if want := "something else keeps changing the number of dynos (4 times in the last hour): is another autoscaler running?"; got[0].Reason != want {
			t.Errorf("%s says %q, want %q", name, got[0].Reason, want)
		}
		if !strings.Contains(got[1].Reason, "(20 times or more in the last hour)") {
			t.Errorf("%s says later %q", name, got[1].Reason)
		}
		if left := map[string]int{"the one": 3, "the other": 2}[name]; got[0].From != left || got[0].To != 5-left {
			t.Errorf("%s left %d dynos, and tells of %d → %d", name, left, got[0].From, got[0].To)
		}
	}
}

// Two bots with the same settings never undo each other's change at once. Each sees only that the number changes
// without it.
func TestTwoBotsWithTheSameSettingsSuspectEachOther(t *testing.T) {
	wide := func(o *bot.Options) { o.Schedule = &always{Min: 1, Max: 9} }
	a := newWorld(1, wide)
	b := newWorld(1, wide, func(o *bot.Options) { o.Scaler = a.platform })
	for i := range 120 {
		load := slow
		if i/15%2 == 1 {
			load = fast
		}
		a.beat(load)
		b.beat(load)
	}
	if n, m := len(a.inbox.suspicions()), len(b.inbox.suspicions()); n == 0 || m == 0 {
		t.Errorf("in an hour the one suspected %d times and the other %d, want each at least once", n, m)
	}
}

func TestHandsAreSuspiciousWhenTheyAreMany(t *testing.T) {
	for _, c := range []struct {
		name  string
		every time.Duration
		hands int
		want  int
	}{
		{"three in an hour, all day", 20 * time.Minute, 70, 0},
		{"three in a minute", 30 * time.Second, 3, 0},
		{"four in two minutes", 30 * time.Second, 4, 1},
		{"four in an hour", 19 * time.Minute, 4, 1},
		{"without end", 10 * time.Minute, 6 * 24, 24},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(2, func(o *bot.Options) { o.Schedule = &always{Min: 1, Max: 9} })
			w.beat(right)
			for i := range c.hands {
				w.platform.n = 3 + i%2
				w.beat(times(int(c.every/(30*time.Second)), right)...)
			}
			changes := 0
			for _, e := range w.inbox.events {
				if e.Kind == notify.ManualChange {
					changes++
				}
			}
			if got := w.inbox.suspicions(); len(got) != c.want || changes != c.hands {
				t.Errorf("%d suspicions, want %d; %d of %d hands were told", len(got), c.want, changes, c.hands)
			}
		})
	}
}

func TestASuspicionIsToldWithTheChangeThatRaisesIt(t *testing.T) {
	w := newWorld(2, func(o *bot.Options) { o.Schedule = &always{Min: 1, Max: 9} })
	w.beat(right)
	for _, n := range []int{3, 4, 5, 8} {
		w.platform.n = n
		w.inbox.events = nil
		w.beat(right)
	}
	if len(w.inbox.events) != 1 {
		t.Fatalf("%d events, want 1", len(w.inbox.events))
	}
	const want = "somebody changed the number of dynos from 5 to 8; the bot continues from there; " +
		"something else keeps changing the number of dynos (4 times in the last hour): is another autoscaler running?"
	if e := w.inbox.events[0]; e.Reason != want || e.From != 5 || e.To != 8 {
		t.Errorf("%d → %d: %s\nwant\n%s", e.From, e.To, e.Reason, want)
	}
}

// The bot's own changes are not those of another, whatever the platform reports and however often the bot restarts.
func TestTheBotDoesNotSuspectItself(t *testing.T) {
	racetest.Computes(t)
	for name, answer := range map[string]func(p *platform, n int) error{
		"takes them":                        func(p *platform, n int) error { return nil },
		"takes them and answers an error":   func(p *platform, n int) error { p.n = n; return errors.New("the answer broke off") },
		"refuses them":                      func(*platform, int) error { return errPlatform },
		"refuses them, for a deploy":        func(*platform, int) error { return refusal{} },
		"can't be read every now and again": nil,
	} {
		t.Run(name, func(t *testing.T) {
			configure := func(o *bot.Options) { o.Schedule = &always{Min: 1, Max: 9} }
			w, d := keeping(t, 1, configure)
			for i := range 480 {
				if answer != nil {
					w.platform.onResize = func(context.Context) error { return answer(w.platform, w.platform.resizes[len(w.platform.resizes)-1]) }
				}
				w.platform.sizeErr = nil
				if answer == nil && i%3 == 1 {
					w.platform.sizeErr = errPlatform
				}
				load := []probe.Reading{slow, fast}[i/30%2]
				w.beat(load)
				if i%7 == 0 {
					w.restart(t, d, configure)
				}
			}
			if len(w.platform.resizes) < 20 {
				t.Errorf("only %d changes", len(w.platform.resizes))
			}
			if got := w.inbox.suspicions(); len(got) != 0 {
				t.Errorf("%d suspicions, the first: %+v", len(got), got[0])
			}
		})
	}
}

func TestASuspicionSurvivesARestartAndIsBounded(t *testing.T) {
	configure := func(o *bot.Options) { o.Schedule = &always{Min: 1, Max: 9} }
	w, d := keeping(t, 2, configure)
	w.beat(right)
	told := 0
	for i := range 100 {
		w.platform.n = 3 + i%2
		w.restart(t, d, configure)
		w.beat(right)
		told += len(w.inbox.suspicions())
	}
	if told != 1 {
		t.Errorf("told %d times in 50 minutes, want once", told)
	}
	if n := len(d.load(t).Notified.Conflict.Changes); n != 20 {
		t.Errorf("%d changes are remembered, want 20", n)
	}
}
