package pool

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

const hoursAMonth = 730 // 365 days by 24 hours by 12

// Size returns the desired number of servers, within the limits now in force. settled is false while servers are
// created or removed to reach it. settled is true if the rest of the change is stuck, so that the bot can still scale
// down or ask for less. Stuck means: a creation waits after failures, a server takes more than a third of a step's
// time, a server cannot be removed, or the cost limit is reached. Replacing a server does not unsettle the pool; use
// [Pool.Up] for the number that serve.
//
// The answer is from the last pass. If that is too long ago, Size makes a pass that changes nothing. An error means
// that the pool cannot be read.
func (p *Pool) Size(ctx context.Context) (n int, settled bool, err error) {
	if err := p.fresh(ctx); err != nil {
		return 0, false, fmt.Errorf("read the number of servers of %s: %w", p.o.Name, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	least, most := p.o.limits(time.Now())
	n = min(max(p.memory.want, least), most)
	return n, p.planned && p.plan.settled && n == p.memory.want, nil
}

// Up returns the number of servers that get requests.
func (p *Pool) Up(ctx context.Context) (n int, err error) {
	if err := p.fresh(ctx); err != nil {
		return 0, fmt.Errorf("count the serving servers of %s: %w", p.o.Name, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return count(p.servers, func(s *tracked) bool { return s.stage == stageServing }), nil
}

func (p *Pool) fresh(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now := time.Now()
	p.mu.Lock()
	err, at := p.err, p.at
	p.mu.Unlock()
	switch {
	case err != nil:
		return err
	case !at.IsZero() && now.Sub(at) < 2*p.o.Rest+p.o.CallTimeout:
		return nil
	}
	if err := p.take(ctx); err != nil {
		return fmt.Errorf("wait for the pool's current pass: %w", err)
	}
	defer p.give()
	if err := p.look(ctx, now); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.think(now)
	return nil
}

// Resize asks for n servers, and returns without waiting for them. n must be within the limits now in force. Resize
// works before the first pass, but fails while the pool cannot be read.
func (p *Pool) Resize(ctx context.Context, n int) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("scale %s to %d servers: %w", p.o.Name, n, err)
	}
	if least, most := p.o.limits(time.Now()); n < least || n > most {
		return fmt.Errorf("scale %s to %d servers: must be %d to %d, the limits now in force", p.o.Name, n, least, most)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return fmt.Errorf("scale %s to %d servers: %w", p.o.Name, n, p.err)
	}
	if p.memory.known && p.memory.want == n {
		return nil
	}
	p.o.Log.Info("pool: resize", "pool", p.o.Name, "from", p.memory.want, "to", n)
	p.memory.known, p.memory.want, p.memory.counted = true, n, time.Time{}
	p.passSoon()
	return nil
}

// DynoSize returns the size that the servers should have, as the provider calls it. If the provider chooses the size,
// it is the newest server's.
func (p *Pool) DynoSize(ctx context.Context) (name string, err error) {
	if err := p.fresh(ctx); err != nil {
		return "", fmt.Errorf("read the size of the servers of %s: %w", p.o.Name, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if size := cmp.Or(p.memory.size, newestSize(p.servers)); size != "" {
		return size, nil
	}
	return "", fmt.Errorf("read the size of the servers of %s: no server reports one, and none is configured", p.o.Name)
}

// SetDynoSize asks for servers of another size. They replace the existing servers one at a time.
func (p *Pool) SetDynoSize(ctx context.Context, name string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var err error
	s, known := FindSize(p.o.Sizes, name)
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case strings.TrimSpace(name) == "":
		err = errors.New("the size is empty")
	case p.err != nil:
		err = p.err
	case known:
		name = s.Name
	case len(p.o.Sizes) > 0:
		err = fmt.Errorf("unknown size %q: must be one of %s", name, strings.Join(sizeNames(p.o.Sizes), ", "))
	}
	if err != nil {
		return fmt.Errorf("change the size of the servers of %s: %w", p.o.Name, err)
	}
	if p.memory.sized && strings.EqualFold(p.memory.size, name) {
		return nil
	}
	p.o.Log.Info("pool: change the size", "pool", p.o.Name, "from", p.memory.size, "to", name)
	p.memory.sized, p.memory.size = true, name
	p.passSoon()
	return nil
}

// SizePending says why some servers do not have the size of [Pool.DynoSize] as of the last pass: their replacement is
// under way, or something prevents it. "" means that all have it.
func (p *Pool) SizePending() (why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if why := p.plan.obstacles[ObstacleWindow]; why != "" && p.planned {
		return why
	}
	all := count(p.servers, func(s *tracked) bool { return !s.leaving() })
	others := count(p.servers, func(s *tracked) bool { return !s.leaving() && !sameSize(s.Size, p.memory.size) })
	if others == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d servers do not have the size %s yet", others, all, p.memory.size)
}

// SizePrice returns the price of a size in dollars a month. ok is false if it is unknown.
func (p *Pool) SizePrice(name string) (dollars float64, ok bool) {
	s, ok := FindSize(p.o.Sizes, name)
	return s.Price * hoursAMonth, ok && s.Price > 0
}

// Price returns the price of a server in dollars a month: the mean of the servers that stay, or the price of a new one
// for an empty pool.
func (p *Pool) Price(ctx context.Context) (dollars float64, err error) {
	if err := p.fresh(ctx); err != nil {
		return 0, fmt.Errorf("read the price of the servers of %s: %w", p.o.Name, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	sum, n := 0.0, 0
	for _, s := range p.servers {
		if s.leaving() {
			continue
		}
		hour := p.o.hourly(s, p.servers)
		if hour == 0 {
			return 0, fmt.Errorf("read the price of the servers of %s: the price of %s is unknown", p.o.Name, s.Name)
		}
		sum, n = sum+hour, n+1
	}
	if n == 0 {
		sum, n = p.o.priceOf(p.memory.size, p.servers), 1
	}
	if sum == 0 {
		return 0, fmt.Errorf("read the price of the servers of %s: the price of a server is unknown", p.o.Name)
	}
	return sum / float64(n) * hoursAMonth, nil
}

// PriceVaries marks that the price changes with the servers, and that reading it costs no call.
func (p *Pool) PriceVaries() {}

// Quota returns the number of calls that the provider still allows, if it says.
func (p *Pool) Quota() (remaining int, ok bool) {
	if q, can := p.o.Provider.(interface{ Quota() (int, bool) }); can {
		return q.Quota()
	}
	return 0, false
}
