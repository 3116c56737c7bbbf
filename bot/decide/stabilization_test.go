package decide_test

import (
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

func TestStabilization(t *testing.T) {
	stable := func(p *decide.Policy) { p.Stabilization = 5 * time.Minute }
	t.Run("a down waits until fewer were enough all along", func(t *testing.T) {
		w := with(3, stable)
		w.beat(times(20, right)...)
		w.beat(times(4, fast)...) // 3 are desired for the last time
		r := w.beat(fast)         // 2 are desired for the first time
		wantResizes(t, w)
		wantWhy(t, r, "held at 3: 5 heartbeats in a row faster than 200 ms (the last took 50 ms); desired 2, but the stabilization window has 5 min left")
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
		wantWhy(t, r, "held at 3: 10 heartbeats in a row faster than 200 ms (the last took 50 ms); desired 2, but the stabilization window has 30 s left")
	})
	t.Run("an up does not wait", func(t *testing.T) {
		w := with(3, stable)
		w.beat(times(3, slow)...)
		wantResizes(t, w, 4)
	})
}

func TestBlindNeitherShortensNorBreaksAStabilization(t *testing.T) {
	w := with(3, func(p *decide.Policy) { p.Stabilization = 2 * time.Minute })
	w.beat(times(10, right)...)
	w.beat(times(7, fast)...)
	w.beat(noData) // which desires the present number
	w.beat(times(3, fast)...)
	wantResizes(t, w)
	w.beat(fast)
	wantResizes(t, w, 2)
}
