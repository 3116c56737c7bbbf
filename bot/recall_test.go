package bot_test

import (
	"encoding/json"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
)

// The bot could not read its memory at the start. In that memory scaling up and down was paused, an override of 3 was
// in force, and a manual change was kept.
func begunAnew(t *testing.T) (w *world, former bot.Memory, kept *disk) {
	before, d := keeping(t, 2, func(o *bot.Options) { o.Policy.ManualHold, o.Policy.Budget, o.Policy.Price = time.Hour, 100, 25 })
	before.beat(times(5, slow)...)
	before.now = before.now.Add(10 * time.Minute)
	before.platform.n = 2
	before.beat(right)
	before.SetControl(func(decide.Control) decide.Control {
		return decide.Control{
			Up: decide.Pause{On: true, By: "ann"}, Down: decide.Pause{On: true, By: "ann"},
			Override: decide.Override{Dynos: 3, Until: time.Now().AddDate(1, 0, 0), By: "bob"},
		}
	})
	before.beat(right)
	kept = &disk{}
	w = newWorld(2)
	w.now = before.now.Add(time.Minute)
	w.restart(t, kept, func(o *bot.Options) { o.Policy.ManualHold, o.Policy.Budget, o.Policy.Price = time.Hour, 100, 25 })
	return w, d.load(t), kept
}

// Pauses and the override from before the start are in force again once they can be read, except those that were
// changed since.
func TestWhatWasAskedForIsRecalled(t *testing.T) {
	for _, c := range []struct {
		name            string
		since           func(*world) error
		up, down, order bool
	}{
		{"nothing since", func(*world) error { return nil }, true, true, true},
		{"resumed", func(w *world) error { return w.Resume(bot.Both, "cat") }, false, false, true},
		{"resumed upwards", func(w *world) error { return w.Resume(bot.Up, "cat") }, false, true, true},
		{"paused anew", func(w *world) error { return w.Pause(bot.Down, time.Hour, "cat") }, true, true, true},
		{"the order ended", func(w *world) error { return w.EndOverride("cat") }, true, true, false},
		{"another order", func(w *world) error { return w.Override(1, time.Hour, "cat") }, true, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, former, kept := begunAnew(t)
			w.beat(right)
			if err := c.since(w); err != nil {
				t.Fatal(err)
			}
			since := w.Control()
			w.Recall(former)
			for _, got := range []decide.Control{w.Control(), kept.load(t).State.Control} {
				if got.Up.On != c.up || got.Down.On != c.down || got.Override.Dynos > 0 != c.order {
					t.Errorf("after the recall people ask for %+v", got)
				}
				if since.Down.By == "cat" && got.Down.By != "cat" || since.Override.By == "cat" && got.Override.By != "cat" {
					t.Errorf("what was asked for since, %+v, gave way to %+v", since, got)
				}
			}
			w.inbox.take()
			w.beat(right)
			told := w.inbox.take()
			if slices.Contains(told, "paused reminded") != (c.up || c.down) || slices.Contains(told, "override reminded") != c.order {
				t.Errorf("told %v", told)
			}
			w.beat(right)
			if again := w.inbox.take(); slices.Contains(again, "paused reminded") || slices.Contains(again, "override reminded") {
				t.Errorf("told again %v", again)
			}
		})
	}
}

// The rest counts as after a normal restart: a manual hold, cooldowns, the cost of the month.
func TestWhatTheBotRememberedIsRecalled(t *testing.T) {
	w, former, kept := begunAnew(t)
	w.beat(times(20, right)...)
	own := kept.load(t).State
	w.Recall(former)
	w.Recall(former) // a second time changes nothing
	for range 2 {
		m := kept.load(t)
		s := m.State
		if !s.HoldUntil.Equal(former.State.HoldUntil) || s.HoldUntil.IsZero() || s.LastUp.Before(former.State.LastUp) || !s.Begun.Equal(former.State.Begun) {
			t.Errorf("held until %v, up at %v, begun %v; want %v, %v, %v",
				s.HoldUntil, s.LastUp, s.Begun, former.State.HoldUntil, former.State.LastUp, former.State.Begun)
		}
		if sum := former.State.Spend.Dollars + own.Spend.Dollars; s.Spend.Dollars < sum || s.Spend.Dollars > sum*1.3 ||
			!s.Spend.From.Equal(former.State.Spend.From) {
			t.Errorf("spent %+v, want the $%.4f of both and of the time between them", s.Spend, sum)
		}
		w.beat(right)
	}
}

// An earlier incident continues, and one that was opened twice ends twice.
func TestIncidentsAreRecalled(t *testing.T) {
	w, former, _ := begunAnew(t)
	open := notify.Incident{Since: noon, Notified: noon}
	former.Notified.Incidents = notify.Incidents{notify.NeedsExceedMax: open, notify.SignalUnreachable: open}
	w.platform.n = 3
	w.beat(times(3, slow)...)
	w.inbox.take()
	w.Recall(former)
	w.beat(slow)
	w.Control() // it is paused, so the incident stays open
	w.beat(times(4, right)...)
	ended := map[string]bool{}
	for _, e := range w.inbox.events {
		if e.Phase == notify.Resolved {
			ended[string(e.Kind)+" "+e.Incident] = true
		}
	}
	for _, want := range []string{
		"needs_exceed_max " + notify.IncidentID("dancing-forest", "web", notify.NeedsExceedMax, noon),
		"signal_unreachable " + notify.IncidentID("dancing-forest", "web", notify.SignalUnreachable, noon),
	} {
		if !ended[want] {
			t.Errorf("%s did not end", want)
		}
	}
	if len(ended) != 3 {
		t.Errorf("%d incidents ended, want three: %v", len(ended), ended)
	}
}

// A recall during a tick is not lost, whatever the tick saves.
func TestARecallDuringATickIsKept(t *testing.T) {
	w, former, kept := begunAnew(t)
	var recalled bool
	w.restart(t, kept, func(o *bot.Options) {
		o.Recorders = []record.Recorder{recorder(func(record.Record) {
			if !recalled {
				recalled = true
				w.Recall(former)
			}
		})}
	})
	w.beat(right)
	w.beat(right)
	if got := kept.load(t); !got.State.Control.Up.On || !got.State.HoldUntil.Equal(former.State.HoldUntil) {
		text, _ := json.Marshal(got)
		t.Errorf("kept %s", text)
	}
}

// A recall needs the price of a dyno, which a running tick may be reading.
func TestARecallWhileThePriceIsAskedFor(t *testing.T) {
	w, former, kept := begunAnew(t)
	p := &pricey{platform: &platform{n: 2}, price: 25}
	w.restart(t, kept, func(o *bot.Options) { o.Scaler = p })
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.Recall(former)
	}()
	w.beat(times(3, right)...)
	<-done
}

// The overrides of the limits from before the start are in force again, unless people have changed them since.
func TestLimitsAreRecalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := withLimits(t, 2, "20")
		soon := time.Now().Add(time.Hour)
		if err := before.OverrideLimits(between(4, 8), time.Time{}, soon, "ann"); err != nil {
			t.Fatal(err)
		}
		former := bot.Memory{State: decide.State{Control: before.Control()}}
		w := withLimits(t, 2, "20")
		w.Recall(former)
		if got := w.Limits(time.Now()); got != between(4, 8) {
			t.Errorf("recalled: %v", got)
		}
		w = withLimits(t, 2, "20")
		if err := w.EndLimits(time.Time{}, "cat"); err != nil {
			t.Fatal(err)
		}
		w.Recall(former)
		if got := w.Limits(time.Now()); got != between(1, 20) {
			t.Errorf("ended before the recall: %v", got)
		}
	})
}
