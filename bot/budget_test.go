package bot_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
)

// worldOn makes a world whose first heartbeat is on a day of January 2024 at noon, with dynos at $31 a month: $1 a day each.
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
	w.platform.n = 4
	w.now = w.now.Add(12 * time.Hour) // which were of two dynos, as far as the bot knows
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
	wantWhy(t, r, "held at 2: 3 heartbeats in a row slower than 1000 ms (the last one took 1500 ms); wanted 3, but the month's budget is used up: "+
		"$10.00 of $10 since 10 January, $43.00 at the end of the month with the present dynos")
	w.beat(times(5, fast)...)
	wantResizes(t, w, 1)
	w.now = time.Date(2024, 2, 1, 1, 0, 0, 0, time.UTC)
	w.beat(times(9, slow)...)
	if len(w.platform.resizes) == 0 {
		t.Error("the new month has no budget")
	}
	want := []string{
		"budget_forecast opened", "budget_forecast reminded", "budget_reached opened", "scaled",
		"budget_forecast reminded", "budget_reached resolved", "scaled",
	}
	if got := w.inbox.take(); !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
}

func TestLimitsComeBeforeTheBudget(t *testing.T) {
	w := worldOn(10, 2, func(p *decide.Policy) { p.Budget = 0.01 })
	w.beat(right)
	w.now = w.now.Add(24 * time.Hour)
	w.platform.n = 25
	w.beat(right)
	wantResizes(t, w, 20)
}

func TestBeyondTheForecastAnUpTakesTwiceTheEvidence(t *testing.T) {
	w := worldOn(1, 2, func(p *decide.Policy) { p.Budget = 70 }) // two dynos all month are $62, three $93
	r := w.beat(times(5, slow)...)
	wantResizes(t, w)
	for _, want := range []string{"wanted 3", "$91.50 of $70", "1 more reading"} {
		if !strings.Contains(r.Why(), want) {
			t.Errorf("%q does not say %q", r.Why(), want)
		}
	}
	w.beat(slow)
	wantResizes(t, w, 3)
}

// pricey is a platform that knows what a dyno costs.
type pricey struct {
	*platform
	price float64
	err   error
	asked int
}

func (p *pricey) Price(context.Context) (float64, error) { p.asked++; return p.price, p.err }

func TestThePlatformTellsThePrice(t *testing.T) {
	p := &pricey{platform: &platform{n: 2}, err: errPlatform}
	w := newWorld(2, func(o *bot.Options) { o.Scaler, o.Policy.Budget = p, 100 })
	if b := w.beat(right).Decision.Bill; b != nil {
		t.Errorf("without a price the bill is %v", b)
	}
	p.price, p.err = 25, nil
	w.beat(times(100, right)...)
	b := w.beat(right).Decision.Bill
	if b == nil || b.Price != 25 || p.asked != 2 {
		t.Errorf("the bill is %v after the platform was asked %d times, want a price of 25 after 2", b, p.asked)
	}
	p.price = 50 // somebody chose a larger size
	if b := w.beat(times(30, right)...).Decision.Bill; b.Price != 50 {
		t.Errorf("an hour later the price is %g, want 50", b.Price)
	}
}

// What a dyno costs is known of a platform that tells it without a budget too, in every record; one that does not tell is not asked at each
// tick.
func TestThePriceIsKnownWithoutABudget(t *testing.T) {
	p := &pricey{platform: &platform{n: 2}, price: 25}
	w := newWorld(2, func(o *bot.Options) { o.Scaler = p })
	if r := w.beat(times(50, right)...); r.Price != 25 || r.Decision.Bill != nil || p.asked != 1 {
		t.Errorf("the price is %g after the platform was asked %d times, want 25 after 1, and no bill but %v", r.Price, p.asked, r.Decision.Bill)
	}
	p = &pricey{platform: &platform{n: 2}, err: errPlatform}
	w = newWorld(2, func(o *bot.Options) { o.Scaler = p })
	if r := w.beat(times(50, right)...); r.Price != 0 || p.asked != 1 || r.Error != "" {
		t.Errorf("the price is %g after the platform was asked %d times, want 0 after 1", r.Price, p.asked)
	}
	w = newWorld(2, func(o *bot.Options) { o.Scaler, o.Policy.Price = p, 40 })
	if r := w.beat(right); r.Price != 40 || p.asked != 1 {
		t.Errorf("the price is %g where the settings say 40", r.Price)
	}
}

// A price that is known stays known in the records of ticks at which the platform, or the app, cannot be reached.
func TestThePriceIsKnownWhileThePlatformFails(t *testing.T) {
	p := &pricey{platform: &platform{n: 2}, price: 25}
	w := newWorld(2, func(o *bot.Options) { o.Scaler = p })
	w.beat(times(3, right)...)
	p.sizeErr = errPlatform
	if r := w.beat(right); r.Action != record.Failed || r.Price != 25 {
		t.Errorf("%s with a price of %g, want a failure at 25", r.Action, r.Price)
	}
}
