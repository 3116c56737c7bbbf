package bot_test

import (
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

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
		wantWhy(t, r, "held at 8: 10 heartbeats in a row faster than 200 ms (the last took 50 ms); desired 7, but a manual change to 8 is kept for another 6 min")
		w.beat(times(10, slow)...)
		wantResizes(t, w)
		w.beat(slow)
		wantResizes(t, w, 9)
		wantTold(t, w, "manual_change", "scaled")
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
		w.platform.n = 3 // the platform still reports the earlier number
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
		wantTold(t, w, "left_alone opened", "left_alone resolved")
	})
}
