package decide_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/probe"
)

// Impossible response times must not put values into the state that JSON cannot represent.
func TestLevelsStayNumbers(t *testing.T) {
	p := defaults
	for _, ms := range []float64{math.MaxFloat64, -math.MaxFloat64, math.Inf(1), math.NaN()} {
		var st decide.State
		for i := range 3 {
			st, _ = p.Decide(st, facts(noon.Add(time.Duration(i)*30*time.Second), []probe.Reading{took(ms)}, bounds(1, 9), 2))
		}
		if _, err := json.Marshal(st); err != nil {
			t.Errorf("after heartbeats of %g ms: %v", ms, err)
		}
	}
}

// The bot stops after three scale-ups that do not help.
func guarded(dynos int) *world { return with(dynos, func(p *decide.Policy) { p.IneffectiveAfter = 3 }) }

func TestMoreDynosThatDoNotHelp(t *testing.T) {
	t.Run("are not added for ever, and are given back", func(t *testing.T) {
		w := guarded(2)
		r := w.beat(times(12, slow)...)
		wantResizes(t, w, 3, 4, 5)
		wantWhy(t, r, "held at 5: 3 heartbeats in a row slower than 1000 ms (the last took 1500 ms); "+
			"desired 6, but scale-ups are ineffective: the heartbeat is not faster with 5 dynos than with 2 (1500 ms); check the database and slow routes")
		w.beat(times(19, slow)...)
		wantResizes(t, w)
		r = w.beat(slow)
		wantResizes(t, w, 2)
		wantWhy(t, r, "scaled 5 → 2: scale-ups are ineffective: the heartbeat is not faster with 5 dynos than with 2 (1500 ms); check the database and slow routes")
		w.beat(times(500, slow)...)
		wantResizes(t, w)
	})
	t.Run("are tried again once the readings have recovered", func(t *testing.T) {
		w := guarded(2)
		w.beat(times(12, slow)...)
		w.beat(times(3, right)...)
		w.beat(times(3, slow)...)
		wantResizes(t, w, 3, 4, 5, 6)
	})
	t.Run("did help after all if it gets worse without them", func(t *testing.T) {
		w := guarded(2)
		w.beat(times(32, slow)...)
		wantResizes(t, w, 3, 4, 5, 2)
		w.beat(times(3, took(2500))...)
		wantResizes(t, w, 3)
	})
	t.Run("are never added past it for errors alone", func(t *testing.T) {
		w := guarded(2)
		w.beat(times(30, failed(probe.ServerError, "status 500"))...)
		wantResizes(t, w, 3, 4, 5)
	})
	t.Run("are told from more load, which readings that grow may come from", func(t *testing.T) {
		w := guarded(1)
		for ms := 1200.0; w.n < 12; ms *= 1.1 {
			w.beat(took(ms))
		}
		if len(w.resizes) != 11 {
			t.Errorf("asked for %v while the readings grew", w.resizes)
		}
	})
	t.Run("and from load beyond what a timeout can tell", func(t *testing.T) {
		w := guarded(1)
		w.beat(times(200, failed(probe.Timeout, "no answer within 10 s"))...)
		if w.n != 20 {
			t.Errorf("asked for %v, want the maximum of 20", w.resizes)
		}
	})
	t.Run("but dynos that help are added on and on", func(t *testing.T) {
		w := guarded(2)
		for i := range 12 {
			w.beat(times(3, took(90000/float64(i+2)))...)
		}
		if w.n != 14 {
			t.Errorf("%d dynos, want 14", w.n)
		}
	})
	t.Run("and a hand's change begins anew", func(t *testing.T) {
		w := guarded(2)
		w.beat(times(12, slow)...)
		w.now, w.n = w.now.Add(time.Hour), 7
		w.beat(times(3, slow)...)
		wantResizes(t, w, 3, 4, 5, 8)
	})
	t.Run("the limits of the hour hold all the same", func(t *testing.T) {
		w := guarded(2)
		w.beat(times(12, slow)...)
		w.limits.Min = 8
		w.beat(slow)
		wantResizes(t, w, 3, 4, 5, 8)
	})
	t.Run("off", func(t *testing.T) {
		w := with(2, func(*decide.Policy) {})
		w.beat(times(30, slow)...)
		wantResizes(t, w, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
	})
}
