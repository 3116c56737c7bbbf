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

// Size gives the number of servers that is wanted, within the limits of now. settled is false while servers are made or
// taken away to reach it. It is true while that has to wait for longer than a change takes, so that the bot can still
// go down, or ask for less: a creation that is put off as the last ones failed, a server that takes more than a third
// of its time for a step, one that cannot be taken away, the cost cap. A replacement of one server by another does not
// unsettle the pool either; [Pool.Up] tells how many serve.
//
// The answer is that of the last pass. Where there was none for a while Size makes one that changes nothing. An error
// means that the pool cannot be read.
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

// Up counts the servers that get requests.
func (p *Pool) Up(ctx context.Context) (n int, err error) {
	if err := p.fresh(ctx); err != nil {
		return 0, fmt.Errorf("count the servers of %s that serve: %w", p.o.Name, err)
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
		return fmt.Errorf("wait for what is done with the pool: %w", err)
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

// Resize asks for n servers, and returns without waiting for them. n is within the limits of now. It works before the
// pool has been read, but not while it cannot be read: what nobody can carry out is not taken.
func (p *Pool) Resize(ctx context.Context, n int) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("scale %s to %d servers: %w", p.o.Name, n, err)
	}
	if least, most := p.o.limits(time.Now()); n < least || n > most {
		return fmt.Errorf("scale %s to %d servers: want %d to %d, which are the limits of now",
			p.o.Name, n, least, most)
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

// DynoSize tells the size that the servers are to have, as the provider calls it; where the provider decides, it is the
// newest one's.
func (p *Pool) DynoSize(ctx context.Context) (name string, err error) {
	if err := p.fresh(ctx); err != nil {
		return "", fmt.Errorf("read the size of the servers of %s: %w", p.o.Name, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if size := cmp.Or(p.memory.size, newestSize(p.servers)); size != "" {
		return size, nil
	}
	return "", fmt.Errorf("read the size of the servers of %s: no server tells one, and none is set", p.o.Name)
}

// SetDynoSize asks for servers of another size. They replace those that are there, one at a time.
func (p *Pool) SetDynoSize(ctx context.Context, name string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var err error
	s, known := FindSize(p.o.Sizes, name)
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case strings.TrimSpace(name) == "":
		err = errors.New("the size has no name")
	case p.err != nil:
		err = p.err
	case known:
		name = s.Name
	case len(p.o.Sizes) > 0:
		err = fmt.Errorf("there is no size %q here: want one of %s", name, strings.Join(sizeNames(p.o.Sizes), ", "))
	}
	if err != nil {
		return fmt.Errorf("change the servers of %s to another size: %w", p.o.Name, err)
	}
	if p.memory.sized && strings.EqualFold(p.memory.size, name) {
		return nil
	}
	p.o.Log.Info("pool: change the size", "pool", p.o.Name, "from", p.memory.size, "to", name)
	p.memory.sized, p.memory.size = true, name
	p.passSoon()
	return nil
}

// SizePending says why not all servers are of the size that DynoSize tells, as of the last pass: they are exchanged one
// after the other, or something is in the way. "" means that all are.
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
	return fmt.Sprintf("%d of %d servers are yet to be of %s", others, all, p.memory.size)
}

// SizePrice tells what a server of a size costs a month, in dollars.
func (p *Pool) SizePrice(name string) (dollars float64, ok bool) {
	s, ok := FindSize(p.o.Sizes, name)
	return s.Price * hoursAMonth, ok && s.Price > 0
}

// Price tells what a server of the pool costs a month, in dollars: the mean of those that are there and stay, as they
// may be of several sizes; where there are none, what a new one costs.
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
			return 0, fmt.Errorf("read the price of the servers of %s: the price of %s is not known", p.o.Name, s.Name)
		}
		sum, n = sum+hour, n+1
	}
	if n == 0 {
		sum, n = p.o.priceOf(p.memory.size, p.servers), 1
	}
	if sum == 0 {
		return 0, fmt.Errorf("read the price of the servers of %s: the price of a server is not known", p.o.Name)
	}
	return sum / float64(n) * hoursAMonth, nil
}

// PriceVaries says that the price changes with the servers, and costs no call to tell.
func (p *Pool) PriceVaries() {}

// Quota tells how many calls the provider still allows, where it says so.
func (p *Pool) Quota() (remaining int, ok bool) {
	if q, can := p.o.Provider.(interface{ Quota() (int, bool) }); can {
		return q.Quota()
	}
	return 0, false
}
