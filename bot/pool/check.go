package pool

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Check looks at what the pool needs, one thing after the other, and changes nothing: what the provider and the balancer check
// themselves, the servers, the balancer's members, the servers' health, and what one more costs.
func (p *Pool) Check(ctx context.Context, report func(what, found string, err error)) {
	for _, part := range []any{p.o.Provider, p.o.Balancer} {
		if c, ok := part.(interface {
			Check(ctx context.Context, report func(what, found string, err error))
		}); ok {
			c.Check(ctx, report)
		}
	}
	servers, err := p.list(ctx)
	if err != nil {
		report("servers", "", err)
		return
	}
	report("servers", p.describeAll(servers), nil)
	p.checkBalancer(ctx, servers, report)
	p.checkHealth(ctx, servers, report)
	least, most := p.o.limits(time.Now())
	found := fmt.Sprintf("%d to %d servers", least, most)
	if hour := p.o.MaxDollarsPerHour; hour > 0 {
		found += fmt.Sprintf(", $%.4g an hour at the most", hour)
	}
	err = nil
	if n := len(servers); n > most {
		err = fmt.Errorf("there are %d already: the pool will take some away", n)
	}
	report("limits", found, err)
}

func (p *Pool) describeAll(servers []Server) string {
	if len(servers) == 0 {
		return "none of the pool " + p.o.Name + " yet"
	}
	list := make([]string, len(servers))
	for i, s := range servers {
		list[i] = fmt.Sprintf("%s %s", s.Name, s.State)
	}
	return fmt.Sprintf("%d of the pool %s: %s", len(servers), p.o.Name, strings.Join(list, ", "))
}

func (p *Pool) checkBalancer(ctx context.Context, servers []Server, report func(what, found string, err error)) {
	if p.o.Balancer == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, p.o.CallTimeout)
	defer cancel()
	members, err := p.o.Balancer.Members(ctx)
	if err != nil {
		report("balancer", "", err)
		return
	}
	obs, ours, serving := observation{servers: servers, members: members}, 0, 0
	for _, s := range servers {
		if m := obs.member(s); m != nil {
			ours++
			if m.State == Serving {
				serving++
			}
		}
	}
	report("balancer", fmt.Sprintf("%d of the servers are behind it, %d get requests; %d members are not the pool's", ours, serving,
		len(members)-ours), nil)
}

func (p *Pool) checkHealth(ctx context.Context, servers []Server, report func(what, found string, err error)) {
	var ask []Server
	for _, s := range servers {
		if s.State == Active && s.Address != "" {
			ask = append(ask, s)
		}
	}
	if p.o.Health == nil || len(ask) == 0 {
		return
	}
	var wrong []error
	for id, err := range healths(ctx, p.o.Health, ask) {
		for _, s := range ask {
			if s.ID == id && err != nil {
				wrong = append(wrong, fmt.Errorf("%s: %w", s.Name, err))
			}
		}
	}
	report("health", fmt.Sprintf("%d of %d servers pass", len(ask)-len(wrong), len(ask)), errors.Join(wrong...))
}
