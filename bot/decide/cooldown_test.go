package decide_test

import (
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

func TestCooldownUp(t *testing.T) {
	w := with(2, func(p *decide.Policy) { p.CooldownUp = 3 * time.Minute })
	w.beat(times(3, slow)...)
	wantResizes(t, w, 3)
	r := w.beat(times(5, slow)...)
	wantResizes(t, w)
	wantWhy(t, r, "held at 3: 5 heartbeats in a row slower than 1000 ms (the last took 1500 ms); desired 4, but the cooldown has 30 s left")
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
	wantWhy(t, r, "held at 3: 9 heartbeats in a row faster than 200 ms (the last took 50 ms); desired 2, but the cooldown has 30 s left")
	w.beat(fast)
	wantResizes(t, w, 2)
}

func TestLimitsWaitForNoCooldown(t *testing.T) {
	w := with(2, func(p *decide.Policy) {
		p.CooldownUp, p.CooldownDown, p.Stabilization, p.ManualHold = time.Hour, time.Hour, time.Hour, time.Hour
	})
	w.beat(times(3, slow)...)
	wantResizes(t, w, 3)
	w.n = 25
	w.beat(right)
	wantResizes(t, w, 20)
}

func TestNothingChangedStartsNoCooldown(t *testing.T) {
	w := with(3, func(p *decide.Policy) { p.CooldownUp = time.Hour })
	w.limits = bounds(1, 3)
	w.beat(times(9, slow)...) // at the maximum all the while
	w.limits = bounds(1, 5)
	w.beat(slow)
	wantResizes(t, w, 4)
}
