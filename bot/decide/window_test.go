package decide_test

import (
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

func TestNOfM(t *testing.T) {
	w := with(2, func(p *decide.Policy) { p.Fails = decide.Quorum{N: 3, M: 5} })
	wantWhy(t, w.beat(slow, right, slow), "held at 2: 2 of the last 5 heartbeats slower than 1000 ms (the last took 1500 ms), 3 needed")
	r := w.beat(right, slow)
	wantResizes(t, w, 3)
	wantWhy(t, r, "scaled 2 → 3: 3 of the last 5 heartbeats slower than 1000 ms (the last took 1500 ms)")
	w.beat(right, right, slow, slow) // the change made the count start over
	wantResizes(t, w)
	w.beat(right, right, right, slow, slow) // the older ones have left the window
	wantResizes(t, w)
	w.beat(slow)
	wantResizes(t, w, 4)
}
