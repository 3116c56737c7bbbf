package bot_test

import (
	"context"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/record"
)

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

// Every record has the platform's price, also without a budget. A platform that does not know it is not asked at each
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

func TestThePriceIsKnownWhileThePlatformFails(t *testing.T) {
	p := &pricey{platform: &platform{n: 2}, price: 25}
	w := newWorld(2, func(o *bot.Options) { o.Scaler = p })
	w.beat(times(3, right)...)
	p.sizeErr = errPlatform
	if r := w.beat(right); r.Action != record.Failed || r.Price != 25 {
		t.Errorf("%s with a price of %g, want a failure at 25", r.Action, r.Price)
	}
}
