package bot_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/probe"
)

func exchange(w *world, change func(*bot.Options)) <-chan struct{} {
	o := w.Options()
	change(&o)
	return w.Exchange(o)
}

// Two of three slow heartbeats before an exchange and one after it are three.
func TestAnExchangeKeepsWhatTheBotRemembers(t *testing.T) {
	w := newWorld(1)
	w.beat(slow, slow)
	if err := w.Pause(bot.Down, time.Hour, "somebody"); err != nil {
		t.Fatal(err)
	}
	done := exchange(w, func(o *bot.Options) {
		o.Schedule = &always{Min: 1, Max: 10}
		o.Policy.MinResponseMS, o.Policy.CooldownUp = 100, time.Hour
	})
	wantResizes(t, w)
	select {
	case <-done:
		t.Error("the options are in force before the next tick")
	default:
	}
	r := w.beat(slow)
	<-done
	wantResizes(t, w, 2)
	if r.Limits.Max != 10 || !r.Control.Down.On {
		t.Errorf("the record has the limits %v and the control %+v", r.Limits, r.Control)
	}
	w.beat(slow, slow, slow)
	wantResizes(t, w) // the new cooldown
	if err := w.Override(9, 0, "somebody"); err != nil {
		t.Errorf("an override within the new limits: %v", err)
	}
}

// Run does not wait for the end of a long interval, and continues one new interval after its last tick.
func TestANewIntervalBeginsAtTheLastTick(t *testing.T) {
	for _, c := range []struct {
		at, every time.Duration
		want      []int
	}{
		{95 * time.Second, 10 * time.Second, []int{0, 30, 60, 90, 100, 110, 120}},
		{95 * time.Second, 2 * time.Second, []int{0, 30, 60, 90, 96, 98, 100, 102, 104, 106, 108, 110, 112, 114, 116, 118, 120, 122, 124}},
		{95 * time.Second, 32 * time.Second, []int{0, 30, 60, 90, 122}},
		{95 * time.Second, 30 * time.Second, []int{0, 30, 60, 90, 120}},
	} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			var beats []int
			w := newWorld(1, func(o *bot.Options) {
				o.Probers = []probe.Prober{prober(func(context.Context) probe.Reading {
					beats = append(beats, int(time.Since(start).Seconds()))
					return right
				})}
			})
			ctx, cancel := context.WithTimeout(t.Context(), 125*time.Second)
			defer cancel()
			time.AfterFunc(c.at, func() { exchange(w, func(o *bot.Options) { o.Interval = c.every }) })
			if err := w.Run(ctx); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(beats, c.want) {
				t.Errorf("%v every %v: heartbeats at %v, want %v", c.at, c.every, beats, c.want)
			}
		})
	}
}

// An exchange before the first tick does not delay it.
func TestAnExchangeBeforeTheFirstTick(t *testing.T) {
	beats := 0
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1, func(o *bot.Options) {
			o.Probers = []probe.Prober{prober(func(context.Context) probe.Reading { beats++; return right })}
		})
		exchange(w, func(o *bot.Options) { o.Interval = time.Minute })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_ = w.Run(ctx)
	})
	if beats != 1 {
		t.Errorf("%d heartbeats in the first second", beats)
	}
}

// A change that the former platform has not answered yet is answered before the new one is asked.
func TestAnExchangeKeepsTheCallUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before, after := &sluggish{n: 1, change: 24 * time.Second}, &sluggish{n: 2}
		w := newWorld(1, func(o *bot.Options) { o.Scaler, o.Interval = before, 10*time.Second })
		w.heart.next = slow
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); _ = w.Run(ctx) }()
		time.Sleep(29 * time.Second)
		synctest.Wait()
		if !slices.Equal(before.asked, []int{2}) {
			t.Errorf("the former platform was asked for %v", before.asked)
		}
		done := exchange(w, func(o *bot.Options) { o.Scaler = after })
		<-done
		changed := time.Now().Add(15 * time.Second)
		time.Sleep(2 * time.Minute)
		cancel()
		<-ended
		synctest.Wait() // the platforms' calls are goroutines of their own
		if after.first.Before(changed) {
			t.Errorf("the new platform was called at %v, during the change until %v", after.first, changed)
		}
		if len(before.asked) != 1 || len(after.asked) == 0 {
			t.Errorf("the platforms were asked for %v and %v", before.asked, after.asked)
		}
	})
}

// A dry run can end, and begin.
func TestADryRunIsExchanged(t *testing.T) {
	w := newWorld(1, func(o *bot.Options) { o.DryRun = true })
	w.beat(slow, slow, slow)
	wantResizes(t, w)
	exchange(w, func(o *bot.Options) { o.DryRun, o.Scaler = false, w.platform })
	w.beat(slow, slow, slow)
	wantResizes(t, w, 2)
	exchange(w, func(o *bot.Options) { o.DryRun = true })
	w.beat(slow, slow, slow)
	wantResizes(t, w)
}

// The later of two exchanges counts. Open incidents stay open.
func TestTheLaterExchangeCounts(t *testing.T) {
	w := newWorld(3)
	w.beat(slow, slow, slow)
	wantTold(t, w, "needs_exceed_max opened")
	first := exchange(w, func(o *bot.Options) { o.Schedule = &always{Min: 1, Max: 20} })
	exchange(w, func(o *bot.Options) { o.Notices.Reminder = 10 * time.Minute })
	<-first
	w.beat(slow, slow, slow)
	wantResizes(t, w)
	wantTold(t, w)
}

// Events for a target that is gone are dropped. A target that is new does not get former events after a restart.
func TestTargetsAreExchanged(t *testing.T) {
	var kept bot.Memory
	w := newWorld(1, func(o *bot.Options) {
		o.Targets = []string{"mail", "chat", "chat"}
		o.Remember = func(m bot.Memory) error { kept = m; return nil }
	})
	w.beat(slow, slow, slow)
	e := w.inbox.events[0]
	w.Delivered("mail", e)
	w.Delivered("chat", e)
	exchange(w, func(o *bot.Options) { o.Targets = []string{"chat", "hook", "mail"} })
	w.beat(right)
	if u := kept.Undelivered; len(u) != 1 || !slices.Equal(u[0].Done, []string{"hook", "mail"}) {
		t.Errorf("undelivered are %+v", u)
	}
	exchange(w, func(o *bot.Options) { o.Targets = []string{"hook"} })
	w.beat(right)
	if u := kept.Undelivered; len(u) != 0 {
		t.Errorf("undelivered are %+v", u)
	}
}

// Other notices are sent from the next tick. An incident that is open is not opened again.
func TestNoticesAreExchanged(t *testing.T) {
	w := newWorld(3)
	w.beat(slow, slow, slow)
	wantTold(t, w, "needs_exceed_max opened")
	exchange(w, func(o *bot.Options) { o.Notices.EveryPing, o.Notices.Reminder = true, 10*time.Minute })
	w.beat(slow)
	wantTold(t, w, "ping")
}
