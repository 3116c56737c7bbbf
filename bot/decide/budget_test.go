package decide_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

// The first heartbeat is at noon on a day of January 2024. A dyno costs $31 a month, which is $1 a day.
func worldOn(day, dynos int, change func(*decide.Policy)) *world {
	w := with(dynos, func(p *decide.Policy) {
		p.Price = 31
		change(p)
	})
	w.now = time.Date(2024, 1, day, 12, 0, 0, 0, time.UTC).Add(-30 * time.Second)
	return w
}

func wantDollars(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 0.01 {
		t.Errorf("%s is $%.3f, want $%.3f", what, got, want)
	}
}

func TestSpendIsCounted(t *testing.T) {
	w := worldOn(10, 2, func(p *decide.Policy) { p.Budget = 1000 })
	w.beat(right)
	w.now = w.now.Add(24 * time.Hour)
	b := w.beat(right).Decision.Bill
	wantDollars(t, "a day of two dynos", b.Dollars, 2)
	wantDollars(t, "the forecast", b.Forecast, 2+2*20.5) // until the end of the 31st
	w.n = 4
	w.now = w.now.Add(12 * time.Hour) // with two dynos, as far as the bot knows
	wantDollars(t, "half a day more", w.beat(right).Decision.Bill.Dollars, 3)
	w.now = time.Date(2024, 2, 2, 0, 0, 0, 0, time.UTC)
	b = w.beat(right).Decision.Bill
	wantDollars(t, "a day of February, of 29, with four dynos", b.Dollars, 4*31.0/29)
	if got, want := b.From, time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("counted from %v, want %v", got, want)
	}
}

func TestNoUpBeyondTheBudget(t *testing.T) {
	w := worldOn(10, 2, func(p *decide.Policy) { p.Budget = 10 })
	w.beat(right)
	w.now = w.now.Add(5 * 24 * time.Hour)
	r := w.beat(times(3, slow)...)
	wantResizes(t, w)
	wantWhy(t, r, "held at 2: 3 heartbeats in a row slower than 1000 ms (the last took 1500 ms); desired 3, but the month's budget is used up: "+
		"$10.00 of $10 spent since 10 January, $43.00 by the end of the month at the current rate")
	w.beat(times(5, fast)...)
	wantResizes(t, w, 1)
	w.now = time.Date(2024, 2, 1, 1, 0, 0, 0, time.UTC)
	w.beat(times(9, slow)...)
	if len(w.resizes) == 0 {
		t.Error("the new month has no budget")
	}
}

func TestLimitsComeBeforeTheBudget(t *testing.T) {
	w := worldOn(10, 2, func(p *decide.Policy) { p.Budget = 0.01 })
	w.beat(right)
	w.now = w.now.Add(24 * time.Hour)
	w.n = 25
	w.beat(right)
	wantResizes(t, w, 20)
}

func TestBeyondTheForecastAnUpTakesTwiceTheEvidence(t *testing.T) {
	w := worldOn(1, 2, func(p *decide.Policy) { p.Budget = 70 }) // two dynos all month are $62, three $93
	r := w.beat(times(5, slow)...)
	wantResizes(t, w)
	for _, want := range []string{"desired 3", "$91.50 and the budget is $70", "1 more reading"} {
		if !strings.Contains(r.Why(), want) {
			t.Errorf("%q does not say %q", r.Why(), want)
		}
	}
	w.beat(slow)
	wantResizes(t, w, 3)
}
