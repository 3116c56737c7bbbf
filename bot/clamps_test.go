package bot_test

import (
	"slices"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
)

// with makes a world whose policy a test changes, with room up to 20 dynos.
func with(dynos int, change func(*decide.Policy), recorders ...record.Recorder) *world {
	return newWorld(dynos, func(o *bot.Options) {
		o.Schedule, o.Recorders = &always{Min: 1, Max: 20}, recorders
		change(&o.Policy)
	})
}

func wantResizes(t *testing.T, w *world, want ...int) {
	t.Helper()
	if !slices.Equal(w.platform.resizes, want) {
		t.Errorf("asked for %v, want %v", w.platform.resizes, want)
	}
	w.platform.resizes = nil
}

func wantWhy(t *testing.T, r record.Record, want string) {
	t.Helper()
	if got := r.Headline() + ": " + r.Why(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestNOfM(t *testing.T) {
	w := with(2, func(p *decide.Policy) { p.Fails = decide.Quorum{N: 3, M: 5} })
	wantWhy(t, w.beat(slow, right, slow), "held at 2: 2 of the last 5 heartbeats, with 3 needed, slower than 1000 ms (the last one took 1500 ms)")
	r := w.beat(right, slow)
	wantResizes(t, w, 3)
	wantWhy(t, r, "scaled 2 → 3: 3 of the last 5 heartbeats slower than 1000 ms (the last one took 1500 ms)")
	w.beat(right, right, slow, slow) // the change made the count start over
	wantResizes(t, w)
	w.beat(right, right, right, slow, slow) // the older ones have left the window
	wantResizes(t, w)
	w.beat(slow)
	wantResizes(t, w, 4)
}

func TestSteps(t *testing.T) {
	for _, c := range []struct {
		step     decide.Step
		dynos    int
		up, down int
	}{
		{decide.Step{}, 4, 5, 3},
		{decide.Step{Dynos: 3}, 4, 7, 1},
		{decide.Step{Percent: 50}, 4, 6, 2},
		{decide.Step{Percent: 10}, 3, 4, 2}, // always at least one
		{decide.Step{Percent: 60}, 3, 5, 1}, // 1.8, rounded
		{decide.Step{Percent: 200}, 3, 9, 1},
	} {
		w := with(c.dynos, func(p *decide.Policy) { p.Up, p.Down = c.step, c.step })
		w.beat(times(3, slow)...)
		wantResizes(t, w, c.up)
		w = with(c.dynos, func(p *decide.Policy) { p.Up, p.Down = c.step, c.step })
		w.beat(times(5, fast)...)
		wantResizes(t, w, c.down)
	}
}

func TestCooldownUp(t *testing.T) {
	w := with(2, func(p *decide.Policy) { p.CooldownUp = 3 * time.Minute })
	w.beat(times(3, slow)...)
	wantResizes(t, w, 3)
	r := w.beat(times(5, slow)...)
	wantResizes(t, w)
	wantWhy(t, r, "held at 3: 5 heartbeats in a row slower than 1000 ms (the last one took 1500 ms); wanted 4, but the cooldown has 30 s left")
	w.beat(slow)
	wantResizes(t, w, 4)
}

func TestUpInterruptsTheCooldownOfADown(t *testing.T) {
	w := with(3, func(p *decide.Policy) { p.CooldownUp, p.CooldownDown = time.Hour, time.Hour })
	w.beat(times(5, fast)...)
	wantResizes(t, w, 2)
	w.beat(times(9, fast)...)
	wantResizes(t, w)
	w.beat(times(3, slow)...)
	wantResizes(t, w, 3)
}

func TestCooldownDownBeginsWithAnyChange(t *testing.T) {
	w := with(2, func(p *decide.Policy) { p.CooldownDown = 5 * time.Minute })
	w.beat(times(3, slow)...)
	wantResizes(t, w, 3)
	r := w.beat(times(9, fast)...)
	wantResizes(t, w)
	wantWhy(t, r, "held at 3: 9 heartbeats in a row faster than 200 ms (the last one took 50 ms); wanted 2, but the cooldown has 30 s left")
	w.beat(fast)
	wantResizes(t, w, 2)
}

func TestLimitsWaitForNoCooldown(t *testing.T) {
	w := with(2, func(p *decide.Policy) {
		p.CooldownUp, p.CooldownDown, p.Stabilization, p.ManualHold = time.Hour, time.Hour, time.Hour, time.Hour
	})
	w.beat(times(3, slow)...)
	wantResizes(t, w, 3)
	w.platform.n = 25
	w.beat(right)
	wantResizes(t, w, 20)
}

func TestNothingChangedStartsNoCooldown(t *testing.T) {
	w := newWorld(3, func(o *bot.Options) { o.Policy.CooldownUp = time.Hour })
	w.beat(times(9, slow)...) // at the maximum all the while
	*w.limits = always{Min: 1, Max: 5}
	w.beat(slow)
	wantResizes(t, w, 4)
}

func TestStabilization(t *testing.T) {
	stable := func(p *decide.Policy) { p.Stabilization = 5 * time.Minute }
	t.Run("a down waits until fewer were enough all along", func(t *testing.T) {
		w := with(3, stable)
		w.beat(times(20, right)...)
		w.beat(times(4, fast)...) // the last wish for 3
		r := w.beat(fast)         // the first wish for 2
		wantResizes(t, w)
		wantWhy(t, r, "held at 3: 5 heartbeats in a row faster than 200 ms (the last one took 50 ms); wanted 2, but fewer dynos must have been enough for 5 min longer")
		w.beat(times(8, fast)...)
		wantResizes(t, w)
		w.beat(fast)
		wantResizes(t, w, 2)
	})
	t.Run("one answer that is not fast begins it anew", func(t *testing.T) {
		w := with(3, stable)
		w.beat(times(20, right)...)
		w.beat(append(times(12, fast), right)...)
		w.beat(times(13, fast)...)
		wantResizes(t, w)
	})
	t.Run("nothing goes down before a whole window was seen", func(t *testing.T) {
		w := with(3, stable)
		r := w.beat(times(10, fast)...)
		wantResizes(t, w)
		wantWhy(t, r, "held at 3: 10 heartbeats in a row faster than 200 ms (the last one took 50 ms); wanted 2, but fewer dynos must have been enough for 30 s longer")
	})
	t.Run("an up does not wait", func(t *testing.T) {
		w := with(3, stable)
		w.beat(times(3, slow)...)
		wantResizes(t, w, 4)
	})
}

func TestAHandIsLeftAlone(t *testing.T) {
	hold := func(p *decide.Policy) { p.ManualHold = 10 * time.Minute }
	t.Run("in both directions, and told once", func(t *testing.T) {
		w := with(3, hold)
		w.beat(right)
		w.platform.n = 8
		r := w.beat(fast)
		if r.Decision.ManualChange == nil || *r.Decision.ManualChange != (decide.ManualChange{From: 3, To: 8}) {
			t.Errorf("adopted %+v, want 3 → 8", r.Decision.ManualChange)
		}
		r = w.beat(times(9, fast)...)
		wantWhy(t, r, "held at 8: 10 heartbeats in a row faster than 200 ms (the last one took 50 ms); wanted 7, but somebody set 8 by hand, which is left alone for 6 min longer")
		w.beat(times(10, slow)...)
		wantResizes(t, w)
		w.beat(slow)
		wantResizes(t, w, 9)
		if got, want := w.inbox.take(), []string{"manual_change", "scaled"}; !slices.Equal(got, want) {
			t.Errorf("told %v, want %v", got, want)
		}
	})
	t.Run("the readings of another number of dynos do not count", func(t *testing.T) {
		w := with(3, func(*decide.Policy) {})
		w.beat(slow, slow)
		w.platform.n = 4
		w.beat(slow, slow)
		wantResizes(t, w)
		w.beat(slow)
		wantResizes(t, w, 5)
	})
	t.Run("the bot's own change is no hand", func(t *testing.T) {
		w := with(3, hold)
		w.beat(times(3, slow)...)
		w.platform.n = 3 // the platform still tells the number before
		w.beat(right)
		w.platform.n = 4
		if r := w.beat(right); r.Decision.ManualChange != nil {
			t.Errorf("took its own change for %+v", r.Decision.ManualChange)
		}
	})
	t.Run("not even when the next heartbeat is long after", func(t *testing.T) {
		w := with(3, hold)
		w.beat(times(3, slow)...)
		w.now = w.now.Add(time.Hour)
		if r := w.beat(right); r.Decision.ManualChange != nil {
			t.Errorf("took its own change for %+v", r.Decision.ManualChange)
		}
	})
	t.Run("nor is one that came through although it was said to have failed", func(t *testing.T) {
		w := with(3, hold)
		w.platform.resizeErr = errPlatform
		w.beat(times(3, slow)...)
		w.platform.n, w.platform.resizeErr = 4, nil
		if r := w.beat(right); r.Decision.ManualChange != nil {
			t.Errorf("took its own change for %+v", r.Decision.ManualChange)
		}
	})
	t.Run("switched off and on again is told as such", func(t *testing.T) {
		w := with(3, hold)
		w.beat(right)
		w.platform.n = 0
		w.beat(right)
		w.platform.n = 2
		w.beat(right)
		if got, want := w.inbox.take(), []string{"left_alone opened", "left_alone resolved"}; !slices.Equal(got, want) {
			t.Errorf("told %v, want %v", got, want)
		}
	})
}

func TestBlindNeitherShortensNorBreaksAStabilization(t *testing.T) {
	w := with(3, func(p *decide.Policy) { p.Stabilization = 2 * time.Minute })
	w.beat(times(10, right)...)
	w.beat(times(7, fast)...)
	w.beat(noData) // which wishes for what there is
	w.beat(times(3, fast)...)
	wantResizes(t, w)
	w.beat(fast)
	wantResizes(t, w, 2)
}
