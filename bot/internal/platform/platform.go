package platform

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

const (
	// tickShare is the share of the interval after which a tick waits for the platform no longer, leastWait how long it
	// waits at the least where its heartbeat took long, and mostShare the share of the interval that the wait and the
	// jitter may take at the most, so that the next heartbeat is on time.
	tickShare = 0.85
	leastWait = 500 * time.Millisecond
	mostShare = 0.98
	// lastWords is how long a change of the dynos that is under way may go on after the bot was told to stop. Heroku
	// kills a dyno 30 s after SIGTERM; the bot promises to end within 10 s, and flushes its notices in what is left of
	// them.
	lastWords = 4 * time.Second
	// priceAge is how long a dyno's price is taken to be the same: its size is seldom changed.
	priceAge = time.Hour
	// changing names the calls that change something, of which one is under way at a time.
	changing = "change"
)

// Abilities are what a platform can tell and do, as package bot defines it; nil is what it cannot, or must not in a dry
// run.
type Abilities struct {
	// Unit is the platform's word for a dyno, in the singular; "" for "dyno".
	Unit   string
	Size   func(context.Context) (n int, settled bool, err error)
	Resize func(context.Context, int) error
	Quota  interface {
		Quota() (remaining int, ok bool)
	}
	Up interface {
		Up(context.Context) (int, error)
	}
	Releases interface {
		Release(context.Context) (at time.Time, done bool, err error)
	}
	Prices interface {
		Price(context.Context) (float64, error)
	}
	LeftAlone   interface{ LeftAlone() (why string) }
	Maintenance interface {
		Maintenance(context.Context) (bool, error)
	}
	DynoSize    func(context.Context) (name string, err error)
	SetDynoSize func(ctx context.Context, name string) error
	SizePending interface{ SizePending() (why string) }
}

// A Platform asks a platform. One goroutine at a time may use it, but for DynoPrice.
type Platform struct {
	Abilities
	// Interval is from tick to tick, and Jitter the largest delay of a tick as a share of it. Prompt: answers come at
	// once.
	Interval time.Duration
	Jitter   float64
	Prompt   bool
	// Price is what a dyno costs a month, in dollars, where the settings say so; else 0. Budget: decisions depend on
	// it.
	Price  float64
	Budget bool
	Log    *slog.Logger

	calls   calls
	refused error // how a change of an earlier tick failed

	mu       sync.Mutex
	reported float64   // the price, and
	priced   time.Time // when the platform told it
}

// CallsLeft is how many API calls the platform still allows; nil where it does not say.
func (p *Platform) CallsLeft() *int {
	if p.Quota == nil {
		return nil
	}
	if n, ok := p.Quota.Quota(); ok {
		return &n
	}
	return nil
}

// DynoPrice is what a dyno costs a month, in dollars, as the settings say or the platform told last; 0 where that is
// not known. Any goroutine may ask.
func (p *Platform) DynoPrice() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(p.Price, p.reported)
}

// Refused is how a change of an earlier tick failed, as this tick's Count found, nil where none did.
func (p *Platform) Refused() error { return p.refused }

// Drain waits for the calls that are under way, after their context has ended.
func (p *Platform) Drain() { p.calls.drain() }

// A Tick makes the calls of a tick. They may go on until life ends, and the tick waits for them until Wait does.
type Tick struct {
	*Platform
	life context.Context
	// Wait ends when the tick can wait no longer.
	Wait context.Context
}

// Tick returns what makes the calls of a tick that began at began, until end is called.
func (p *Platform) Tick(ctx context.Context, began time.Time) (t Tick, end func()) {
	if p.Prompt {
		return Tick{p, ctx, ctx}, func() {}
	}
	interval := float64(p.Interval)
	wait := max(time.Duration(tickShare*interval), time.Since(began)+leastWait)
	most := time.Duration((mostShare - p.Jitter) * interval)
	until, end := context.WithDeadline(ctx, began.Add(min(wait, most)))
	return Tick{p, ctx, until}, end
}

func ask[T any](t Tick, name string, call func(context.Context) (T, error)) (T, error) {
	if t.Prompt {
		return call(t.life)
	}
	return askCall(&t.calls, t.life, t.Wait, name, call)
}

// Count asks for the number of dynos, once a change that an earlier tick asked for has been answered.
func (t Tick) Count() (n int, settled bool, err error) {
	type count struct {
		n       int
		settled bool
	}
	t.refused = nil
	answered, err := t.calls.await(t.Wait, changing)
	if !answered {
		return 0, false, err
	}
	t.refused = err
	c, err := ask(t, "size", func(ctx context.Context) (count, error) {
		n, settled, err := t.Size(ctx)
		return count{n, settled}, err
	})
	return c.n, c.settled, err
}

// InMaintenance asks whether the app is in maintenance mode, of which Maintenance must know.
func (t Tick) InMaintenance(context.Context) (bool, error) {
	return ask(t, "maintenance", t.Maintenance.Maintenance)
}

// Running asks how many dynos run; less than 0 where that is not known.
func (t Tick) Running() int {
	n, err := ask(t, "up", t.Up.Up)
	if err != nil {
		return -1
	}
	return n
}

// SizeFound asks for the dyno size, given the one before; nil where it is not asked for, or no answer came in time.
func (t Tick) SizeFound(before string) *decide.DynoSize {
	if t.DynoSize == nil {
		return nil
	}
	name, err := ask(t, "dyno size", t.DynoSize)
	if IsLate(err) {
		return nil
	}
	if err != nil {
		t.Log.Warn("cannot read the size, so it stays the same", "error", err)
		return &decide.DynoSize{}
	}
	if !strings.EqualFold(name, before) {
		t.priced = time.Time{}
	}
	size := &decide.DynoSize{Name: name}
	if t.SizePending != nil {
		size.Pending = t.SizePending.SizePending()
	}
	return size
}

// PriceNow asks what a dyno costs, where the settings do not say and it was not asked for in the last hour. Without a
// budget nothing depends on it, so it is not asked for again soon where the platform does not tell.
func (t Tick) PriceNow(now time.Time) float64 {
	age := priceAge
	if _, varies := t.Prices.(interface{ PriceVaries() }); varies && t.reported > 0 {
		age = 0
	}
	if t.Prices == nil || !t.priced.IsZero() && now.Sub(t.priced) < age {
		return t.DynoPrice()
	}
	price, err := ask(t, "price", t.Prices.Price)
	switch {
	case IsLate(err):
		return t.DynoPrice()
	case err != nil && t.Budget:
		t.Log.Warn("cannot read the price of one "+cmp.Or(t.Unit, "dyno"), "error", err)
		return t.DynoPrice()
	case err != nil:
		t.Log.Info("the price is unknown, so costs are shown in hours", "error", err)
		price = 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reported, t.priced = price, now
	return price
}

// Release asks for the newest release.
func (t Tick) Release() (*decide.Release, error) {
	found, err := ask(t, "release", func(ctx context.Context) (decide.Release, error) {
		at, done, err := t.Releases.Release(ctx)
		return decide.Release{At: at, Done: done}, err
	})
	if err != nil {
		return &decide.Release{Unknown: true}, err
	}
	return &found, nil
}

// Change asks for the change that was decided on: of the number of dynos, or else of their size. It waits for the
// answer as long as a tick that began at began can; the call may go on for 4 s after ctx ends. In a dry run nobody is
// asked.
func (p *Platform) Change(ctx context.Context, began time.Time, d decide.Decision) (decide.Outcome, error) {
	call := func(ctx context.Context) error { return p.Resize(ctx, d.To) }
	if d.To == d.From {
		call = func(ctx context.Context) error { return p.SetDynoSize(ctx, d.SizeTo) }
	}
	t, end := p.Tick(context.WithoutCancel(ctx), began)
	defer end()
	_, err := ask(t, changing, func(callCtx context.Context) (struct{}, error) {
		long, cancel := outlast(ctx, lastWords)
		defer cancel()
		stop := context.AfterFunc(callCtx, cancel)
		defer stop()
		return struct{}{}, call(long)
	})
	outcome := outcomeOf(err)
	if outcome == decide.Accepted && d.Resizes() {
		p.priced = time.Time{}
	}
	return outcome, err
}

func outcomeOf(err error) decide.Outcome {
	var refusal interface{ Deploying() bool } // the platform changes nothing while a deploy is under way
	switch {
	case err == nil:
		return decide.Accepted
	case IsLate(err):
		return decide.Late
	case errors.As(err, &refusal) && refusal.Deploying():
		return decide.Deploying
	}
	return decide.Refused
}
