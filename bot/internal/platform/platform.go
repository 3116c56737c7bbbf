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
	// tickShare is the share of the interval until which a tick waits for the platform. leastWait is the minimum wait
	// if the heartbeat took long. mostShare is the maximum share of the interval for the wait and the jitter, so that
	// the next heartbeat is on time.
	tickShare = 0.85
	leastWait = 500 * time.Millisecond
	mostShare = 0.98
	// lastWords is the time that a running change has after the bot was stopped. Heroku kills a dyno 30 s after
	// SIGTERM. The bot ends within 10 s, and sends its notices in the rest of them.
	lastWords = 4 * time.Second
	// priceAge is the time for which a price is reused, since sizes seldom change.
	priceAge = time.Hour
	// changing names all calls that change something. Only one of them runs at a time.
	changing = "change"
)

// Abilities are the platform's interfaces of package bot; nil for those it lacks, or that a dry run must not use.
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

// A Platform calls a platform for the ticks. Only DynoPrice may be called from several goroutines.
type Platform struct {
	Abilities
	// Interval is the time between ticks, and Jitter the maximum delay of a tick as a share of it. Prompt: the platform
	// answers at once.
	Interval time.Duration
	Jitter   float64
	Prompt   bool
	// Price is the price of one dyno in dollars a month that the settings give; 0 without one. Budget: decisions depend
	// on it.
	Price  float64
	Budget bool
	Log    *slog.Logger

	calls   calls
	refused error // the error of an earlier tick's change

	mu       sync.Mutex
	reported float64   // the platform's price
	priced   time.Time // when it was read
}

// CallsLeft returns the number of API calls left; nil if the platform does not say.
func (p *Platform) CallsLeft() *int {
	if p.Quota == nil {
		return nil
	}
	if n, ok := p.Quota.Quota(); ok {
		return &n
	}
	return nil
}

// DynoPrice returns the price of one dyno in dollars a month, from the settings or as the platform reported it last; 0
// if it is unknown. It may be called from any goroutine.
func (p *Platform) DynoPrice() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(p.Price, p.reported)
}

// Refused returns the error of an earlier tick's change that [Tick.Count] found; nil without one.
func (p *Platform) Refused() error { return p.refused }

// Drain waits for the running calls. Call it after their context has ended.
func (p *Platform) Drain() { p.calls.drain() }

// A Tick makes the calls of one tick. They may run until life ends; the tick waits for them until Wait ends.
type Tick struct {
	*Platform
	life context.Context
	// Wait ends when the tick can wait no longer.
	Wait context.Context
}

// Tick returns the calls of a tick that began at began, until end is called.
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

// Count reads the number of dynos, after an earlier tick's change was answered.
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

// InMaintenance asks whether the app is in maintenance mode. Maintenance must not be nil.
func (t Tick) InMaintenance(context.Context) (bool, error) {
	return ask(t, "maintenance", t.Maintenance.Maintenance)
}

// Running reads the number of dynos that run; less than 0 if it is unknown.
func (t Tick) Running() int {
	n, err := ask(t, "up", t.Up.Up)
	if err != nil {
		return -1
	}
	return n
}

// SizeFound reads the dyno size. It returns nil if the platform has no sizes or did not answer in time. A size other
// than before makes the price be read again.
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

// PriceNow returns the price of one dyno, which it reads at most once an hour unless it varies. An unknown price is not
// asked for again during the hour, unless there is a budget.
func (t Tick) PriceNow(now time.Time) float64 {
	age := priceAge
	if _, varies := t.Prices.(interface{ PriceVaries() }); varies && t.reported > 0 {
		age = 0
	}
	if t.Prices == nil || !t.priced.IsZero() && now.Sub(t.priced) < age {
		return t.DynoPrice()
	}
	price, err := ask(t, "price", t.Prices.Price)
	unit := cmp.Or(t.Unit, "dyno")
	switch {
	case IsLate(err):
		return t.DynoPrice()
	case err != nil && t.Budget:
		t.Log.Warn("cannot read the price of one "+unit, "error", err)
		return t.DynoPrice()
	case err != nil:
		t.Log.Info("the price of one "+unit+" is unknown, so costs are shown in "+unit+"-hours", "error", err)
		price = 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reported, t.priced = price, now
	return price
}

// Release reads the newest release.
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

// Change requests the change of the number of dynos in d, or else of their size. It waits as long as a tick that began
// at began can. The call may run for 4 s after ctx ends.
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
	var refusal interface{ Deploying() bool } // the platform changes nothing during a deploy
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
