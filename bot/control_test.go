package bot_test

import (
	"slices"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

func TestPause(t *testing.T) {
	t.Run("in one direction, for a time, told when it begins and ends", func(t *testing.T) {
		w := with(3, func(*decide.Policy) {})
		w.SetControl(func(c decide.Control) decide.Control {
			c.Up = decide.Pause{On: true, Until: noon.Add(150 * time.Second)}
			return c
		})
		r := w.beat(times(4, slow)...)
		wantResizes(t, w)
		wantWhy(t, r, "held at 3: 4 heartbeats in a row slower than 1000 ms (the last one took 1500 ms); wanted 4, but that is paused for 60 s longer")
		if e := w.inbox.events[0]; e.Reason != "scaling up is paused until 2024-01-15 12:02 UTC" {
			t.Errorf("told %q", e.Reason)
		}
		w.beat(slow, slow)
		wantResizes(t, w, 4)
		if got, want := w.inbox.take(), []string{"paused opened", "scaled", "paused resolved"}; !slices.Equal(got, want) {
			t.Errorf("told %v, want %v", got, want)
		}
	})
	t.Run("the other direction goes on", func(t *testing.T) {
		w := with(3, func(*decide.Policy) {})
		w.SetControl(func(c decide.Control) decide.Control { c.Down.On = true; return c })
		r := w.beat(times(6, fast)...)
		wantResizes(t, w)
		wantWhy(t, r, "held at 3: 6 heartbeats in a row faster than 200 ms (the last one took 50 ms); wanted 2, but that is paused")
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
		wantWhy(t, r, "scaled 3 → 6: somebody asked for 6 until 2024-01-15 12:05 UTC")
		w.beat(times(9, fast)...)
		wantResizes(t, w)
		w.beat(fast)
		wantResizes(t, w, 5)
		if got, want := w.inbox.take(), []string{"scaled", "override opened", "scaled", "override resolved"}; !slices.Equal(got, want) {
			t.Errorf("told %v, want %v", got, want)
		}
	})
	t.Run("inside the limits", func(t *testing.T) {
		w := with(3, func(*decide.Policy) {})
		order(w, 60)
		r := w.beat(right)
		wantResizes(t, w, 20)
		wantWhy(t, r, "scaled 3 → 20: somebody asked for 60 until 2024-01-15 12:05 UTC; wanted 60, the maximum of this hour is 20")
	})
	t.Run("also from 0", func(t *testing.T) {
		w := with(0, func(*decide.Policy) {})
		order(w, 2)
		w.beat(right)
		wantResizes(t, w, 2)
	})
}
