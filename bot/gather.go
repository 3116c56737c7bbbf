package bot

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/probe"
)

// errInterrupted: the bot was told to stop in the middle of a tick.
var errInterrupted = errors.New("the bot was told to stop")

// gather asks for all that a decision is taken from, but for what few decisions depend on. An error says why the number of dynos is not
// known; nothing else is asked for then.
func (b *Bot) gather(ctx context.Context, began, now time.Time, readings []probe.Reading) (decide.Facts, error) {
	f := decide.Facts{
		Now: now, Readings: readings, Limits: b.o.Schedule.At(now), Control: b.Control(), Dynos: -1, Up: -1, Price: b.price,
	}
	if ctx.Err() != nil {
		return f, errInterrupted
	}
	if f.Offline = b.offline(ctx, began, readings); f.Offline {
		return f, nil
	}
	a, end := b.asking(ctx, began)
	defer end()
	f.Readings = MarkMaintenance(a.wait, a.maintenance(), readings)
	n, settled, err := a.size()
	if ctx.Err() != nil {
		err = errInterrupted
	}
	if err != nil {
		return f, err
	}
	f.Dynos, f.Settled = n, settled
	if b.leftAlone != nil {
		f.LeftAlone = b.leftAlone.LeftAlone()
	}
	f.TellsUp, f.Up = b.ups != nil, a.up(now)
	f.Size = a.dynoSize()
	f.Price = a.price(now)
	return f, nil
}

// up asks how many dynos run where dynos were added not long ago, and is less than 0 where that is not known.
func (a asking) up(now time.Time) int {
	if a.b.ups == nil || !a.b.state.Booting(now) {
		return -1
	}
	n, err := ask(a, "up", a.b.ups.Up)
	if err != nil {
		return -1
	}
	return n
}

// dynoSize asks for the dyno size, where any rule judges it.
func (a asking) dynoSize() *decide.DynoSize {
	b := a.b
	if b.dynoSize == nil {
		return nil
	}
	name, err := ask(a, "dyno size", b.dynoSize)
	if isLate(err) {
		return nil
	}
	if err != nil {
		b.o.Log.Warn("the dyno size could not be read, so it stays as it is", "error", err)
		return &decide.DynoSize{}
	}
	if !strings.EqualFold(name, b.state.Size) {
		b.priced = time.Time{}
	}
	size := &decide.DynoSize{Name: name}
	if b.sizePending != nil {
		size.Pending = b.sizePending()
	}
	return size
}

// priceAge is how long a dyno's price is taken to be the same: its size is seldom changed.
const priceAge = time.Hour

// price asks what a dyno costs, where the settings do not say. Without a budget nothing depends on it, so it is not asked for again soon
// where the platform does not tell.
func (a asking) price(now time.Time) float64 {
	b := a.b
	age := priceAge
	if _, varies := b.prices.(interface{ PriceVaries() }); varies && b.price > 0 {
		age = 0
	}
	if b.prices == nil || !b.priced.IsZero() && now.Sub(b.priced) < age {
		return b.price
	}
	price, err := ask(a, "price", b.prices.Price)
	switch {
	case isLate(err):
		return b.price
	case err != nil && b.o.Policy.Budget > 0:
		b.o.Log.Warn("the price of a dyno could not be read", "error", err)
		return b.price
	case err != nil:
		b.o.Log.Info("the price of a dyno is not known, so costs are shown in hours", "error", err)
		price = 0
	}
	b.price, b.priced = price, now
	return price
}

// release asks for the newest release.
func (a asking) release() (*decide.Release, error) {
	found, err := ask(a, "release", func(ctx context.Context) (decide.Release, error) {
		at, done, err := a.b.releases.Release(ctx)
		return decide.Release{At: at, Done: done}, err
	})
	if err != nil {
		return &decide.Release{Unknown: true}, err
	}
	return &found, nil
}
