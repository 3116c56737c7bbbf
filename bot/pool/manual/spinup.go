package manual

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// Spinup plans to create a server, and to send it requests once it is healthy.
func (o *Operator) Spinup(ctx context.Context) (*Plan, error) {
	servers, err := o.Provider.List(ctx)
	if err != nil {
		return nil, err
	}
	last := 0
	for _, s := range servers {
		last = max(last, pool.Number(o.Pool, s.Name))
	}
	return o.spinup(ctx, servers, fmt.Sprintf("%s-%d", o.Pool, last+1))
}

// SpinupOf plans to create the server of this name, such as web-7. If it exists, SpinupOf continues an interrupted
// spinup.
func (o *Operator) SpinupOf(ctx context.Context, name string) (*Plan, error) {
	servers, err := o.Provider.List(ctx)
	if err != nil {
		return nil, err
	}
	if pool.Number(o.Pool, name) == 0 { // a bot would not recognize it as its own
		return nil, fmt.Errorf("invalid name %q: servers of this pool are named %s-1, %[2]s-2 and so on", name, o.Pool)
	}
	return o.spinup(ctx, servers, name)
}

func (o *Operator) spinup(ctx context.Context, servers []pool.Server, name string) (*Plan, error) {
	size, price, err := o.offer(ctx, o.Size)
	if err != nil {
		return nil, err
	}
	s := &pool.Server{}
	p := &Plan{done: func() string { return name + " serves at " + s.Address }}
	retry := fmt.Sprintf("Run autoscalebot servers spinup %s --yes to continue, or "+
		"autoscalebot servers destroy %[1]s --yes to destroy it", name)
	if i := indexOf(servers, name); i >= 0 {
		*s = servers[i]
		p.would("continue with %s, which exists (%s, %s)", name, s.ID, s.State)
	} else {
		if err := o.allows(servers, price); err != nil {
			return nil, err
		}
		p.would("create the server %s%s (price: %s)", name, ofSize(size), priced(price))
		o.create(p, pool.Order{Name: name, Size: size}, s, func() string {
			return "Whether " + name + " exists is unknown: see autoscalebot servers list. If it does: " + retry
		})
	}
	left := func() string { return fmt.Sprintf("%s (%s) exists and costs money. %s", name, s.ID, retry) }
	p.would("wait until it runs%s", o.andHealthy())
	o.await(p, s, name, left)
	o.join(p, s, name, left)
	return p, nil
}

func indexOf(servers []pool.Server, name string) int {
	return slices.IndexFunc(servers, func(s pool.Server) bool { return s.Name == name && s.State != pool.Ending })
}

func (o *Operator) allows(servers []pool.Server, price float64) error {
	there, sum, unpriced := staying(servers), price, ""
	for _, s := range there {
		hourly := o.hourly(s)
		if sum += hourly; hourly == 0 {
			unpriced = s.Name
		}
	}
	if _, most := o.Limits(time.Now()); len(there) >= most {
		return fmt.Errorf("nothing was done: the pool has %d servers, and MAX_DYNOS is now %d. Raise MAX_DYNOS first",
			len(there), most)
	}
	if o.MaxDollarsPerHour == 0 {
		return nil
	}
	limit := fmt.Sprintf("and POOL_MAX_DOLLARS_PER_HOUR is %g", o.MaxDollarsPerHour)
	switch {
	case price == 0:
		return fmt.Errorf("nothing was done: the price of a server is unknown, %s. Set SERVER_PRICE_PER_HOUR", limit)
	case unpriced != "":
		return fmt.Errorf("nothing was done: the price of %s is unknown, %s. Set SERVER_PRICE_PER_HOUR", unpriced,
			limit)
	case sum > o.MaxDollarsPerHour:
		return fmt.Errorf("nothing was done: the pool would cost %s, %s", priced(sum), limit)
	}
	return nil
}
