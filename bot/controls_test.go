package bot_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
)

func TestWhoAskedIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := with(3, func(p *decide.Policy) { p.ManualHold = 10 * time.Minute })
		w.now = time.Now()
		for _, err := range []error{w.Pause(bot.Down, 2*time.Hour, "ada"), w.Override(5, 0, "grace")} {
			if err != nil {
				t.Fatal(err)
			}
		}
		r := w.beat(right)
		wantWhy(t, r, "scaled 3 → 5: grace set an override of 5 dynos until 2000-01-01 00:10 UTC")
		want := []string{"scaling down is paused by ada until 2000-01-01 02:00 UTC", "grace set an override of 5 dynos until 2000-01-01 00:10 UTC"}
		for _, e := range w.inbox.events {
			want = slices.DeleteFunc(want, func(s string) bool { return s == e.Reason })
		}
		if len(want) > 0 {
			t.Errorf("not told: %q", want)
		}
	})
}

func TestAnOrderWithoutALengthLastsAsTheOptionsSay(t *testing.T) {
	for _, c := range []struct{ hold, order, want time.Duration }{
		{10 * time.Minute, 0, 10 * time.Minute},
		{0, 0, time.Minute},
		{0, 10 * time.Minute, 10 * time.Minute},
		{time.Hour, 5 * time.Minute, 5 * time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(3, func(o *bot.Options) { o.Policy.ManualHold, o.OverrideLength = c.hold, c.order })
			w.now = time.Now()
			if err := w.Override(2, 0, "grace"); err != nil {
				t.Fatal(err)
			}
			r := w.beat(right)
			if until := "until " + time.Now().Add(c.want).UTC().Format("2006-01-02 15:04"); !strings.Contains(r.Why(), until) {
				t.Errorf("%+v: %s, want %s", c, r.Why(), until)
			}
		})
	}
}

func TestTheBotRefusesWhatMakesNoSense(t *testing.T) {
	w := newWorld(2)
	for want, err := range map[string]error{
		`invalid direction "sideways": must be up, down or both`:                                                               w.Pause("sideways", 0, "ada"),
		`invalid direction "": must be up, down or both`:                                                                       w.Resume("", "ada"),
		"invalid duration -1s: must be from 0 to 8784h":                                                                        w.Pause(bot.Up, -time.Second, "ada"),
		"invalid duration 8785h0m0s: must be from 0 to 8784h":                                                                  w.Override(2, 8785*time.Hour, "ada"),
		"4 is outside the limits now in force, 1 to 3":                                                                         w.Override(4, time.Hour, "ada"),
		"0 would switch the app off: do that on the platform, and the bot leaves the app alone until the number changes there": w.Override(0, 0, "ada"),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if !w.Control().IsZero() {
		t.Errorf("something that was refused changed %+v", w.Control())
	}
}

func TestPause(t *testing.T) {
	t.Run("in one direction, for a time, told when it begins and ends", func(t *testing.T) {
		w := with(3, func(*decide.Policy) {})
		w.SetControl(func(c decide.Control) decide.Control {
			c.Up = decide.Pause{On: true, Until: noon.Add(150 * time.Second)}
			return c
		})
		r := w.beat(times(4, slow)...)
		wantResizes(t, w)
		wantWhy(t, r, "held at 3: 4 heartbeats in a row slower than 1000 ms (the last took 1500 ms); desired 4, but scaling up is paused for another 60 s")
		if e := w.inbox.events[0]; e.Reason != "scaling up is paused until 2024-01-15 12:02 UTC" {
			t.Errorf("told %q", e.Reason)
		}
		w.beat(slow, slow)
		wantResizes(t, w, 4)
		wantTold(t, w, "paused opened", "scaled", "paused resolved")
	})
	t.Run("the other direction goes on", func(t *testing.T) {
		w := with(3, func(*decide.Policy) {})
		w.SetControl(func(c decide.Control) decide.Control { c.Down.On = true; return c })
		r := w.beat(times(6, fast)...)
		wantResizes(t, w)
		wantWhy(t, r, "held at 3: 6 heartbeats in a row faster than 200 ms (the last took 50 ms); desired 2, but scaling down is paused")
		w.beat(times(3, slow)...)
		wantResizes(t, w, 4)
	})
	t.Run("until somebody resumes", func(t *testing.T) {
		w := with(3, func(*decide.Policy) {})
		w.SetControl(func(decide.Control) decide.Control {
			return decide.Control{Up: decide.Pause{On: true}, Down: decide.Pause{On: true}}
		})
		w.beat(times(500, slow)...)
		wantResizes(t, w)
		w.SetControl(func(decide.Control) decide.Control { return decide.Control{} })
		w.beat(slow)
		wantResizes(t, w, 4)
	})
	t.Run("by the settings", func(t *testing.T) {
		w := with(3, func(p *decide.Policy) { p.PauseUp, p.PauseDown = true, true })
		w.beat(append(times(9, slow), times(9, fast)...)...)
		wantResizes(t, w)
	})
	t.Run("the limits of the hour hold all the same", func(t *testing.T) {
		w := with(25, func(p *decide.Policy) { p.PauseDown = true })
		w.beat(right)
		wantResizes(t, w, 20)
	})
}

func TestOrder(t *testing.T) {
	order := func(w *world, n int) {
		w.SetControl(func(c decide.Control) decide.Control {
			c.Override = decide.Override{Dynos: n, Until: noon.Add(5 * time.Minute)}
			return c
		})
	}
	t.Run("is kept against the readings, and ends", func(t *testing.T) {
		w := with(3, func(p *decide.Policy) { p.CooldownUp, p.CooldownDown = time.Hour, 0 })
		order(w, 6)
		r := w.beat(fast)
		wantResizes(t, w, 6)
		wantWhy(t, r, "scaled 3 → 6: somebody set an override of 6 dynos until 2024-01-15 12:05 UTC")
		w.beat(times(9, fast)...)
		wantResizes(t, w)
		w.beat(fast)
		wantResizes(t, w, 5)
		wantTold(t, w, "scaled", "override opened", "scaled", "override resolved")
	})
	t.Run("inside the limits", func(t *testing.T) {
		w := with(3, func(*decide.Policy) {})
		order(w, 60)
		r := w.beat(right)
		wantResizes(t, w, 20)
		wantWhy(t, r, "scaled 3 → 20: somebody set an override of 60 dynos until 2024-01-15 12:05 UTC; desired 60, but the maximum is 20")
	})
	t.Run("also from 0", func(t *testing.T) {
		w := with(0, func(*decide.Policy) {})
		order(w, 2)
		w.beat(right)
		wantResizes(t, w, 2)
	})
}
