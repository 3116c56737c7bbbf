package pool

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// An observation is complete; there are no partial ones.
type observation struct {
	servers []Server // the pool's, without duplicates
	members []Member
	// The servers of stale members are certainly gone; those of nameless members only seem to be.
	stale, nameless []Member
	wrong           map[string]error // by server ID: the health check's error; nil if healthy
}

func (p *Pool) observe(ctx context.Context) (o observation, err error) {
	if o.servers, err = p.list(ctx); err != nil {
		return o, err
	}
	if err := p.lookForMissing(ctx, &o); err != nil {
		return o, err
	}
	if p.o.Balancer != nil {
		if err := p.observeMembers(ctx, &o); err != nil {
			return o, err
		}
	}
	ask := askable(o.servers)
	o.wrong = healths(ctx, p.o.Health, ask)
	if err := ctx.Err(); err != nil {
		// the bot is ending, so the checks' results mean nothing
		return o, fmt.Errorf("check the servers' health: %w", err)
	}
	return o, nil
}

func (p *Pool) list(ctx context.Context) ([]Server, error) {
	ctx, cancel := context.WithTimeout(ctx, p.o.CallTimeout)
	defer cancel()
	servers, err := p.o.Provider.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the servers: %w", err)
	}
	seen := make(map[string]bool, len(servers))
	return slices.DeleteFunc(slices.Clone(servers), func(s Server) bool {
		twice := seen[s.ID] || s.ID == ""
		seen[s.ID] = true
		return twice
	}), nil
}

func (p *Pool) describe(ctx context.Context, id string) (Server, error) {
	ctx, cancel := context.WithTimeout(ctx, p.o.CallTimeout)
	defer cancel()
	return p.o.Provider.Describe(ctx, id)
}

// A list that lags or is incomplete must not look like lost servers: the pool would create more, and empty the
// balancer.
func (p *Pool) lookForMissing(ctx context.Context, o *observation) error {
	for _, id := range p.expected() {
		if slices.ContainsFunc(o.servers, func(s Server) bool { return s.ID == id }) {
			continue
		}
		switch s, err := p.describe(ctx, id); {
		case errors.Is(err, ErrGone) || errors.Is(err, ErrNotOurs):
		case err != nil:
			return fmt.Errorf("look for a server that is missing from the list: %w", err)
		default:
			o.servers = append(o.servers, s)
		}
	}
	return nil
}

func (p *Pool) observeMembers(ctx context.Context, o *observation) error {
	callCtx, cancel := context.WithTimeout(ctx, p.o.CallTimeout)
	defer cancel()
	members, err := p.o.Balancer.Members(callCtx)
	if err != nil {
		return fmt.Errorf("read the members of the balancer: %w", err)
	}
	o.members = members
	strangers := make(map[string]bool)
	for _, m := range members {
		switch {
		case m.ID == "":
			if Number(p.o.Name, m.Name) > 0 &&
				!slices.ContainsFunc(o.servers, func(s Server) bool { return s.Name == m.Name }) {
				o.nameless = append(o.nameless, m)
			}
		case slices.ContainsFunc(o.servers, func(s Server) bool { return s.ID == m.ID }):
		case p.foreign[m.ID]:
			strangers[m.ID] = true
		default:
			switch s, err := p.describe(ctx, m.ID); {
			case errors.Is(err, ErrGone):
				o.stale = append(o.stale, m)
			case errors.Is(err, ErrNotOurs):
				strangers[m.ID] = true
			case err != nil:
				return fmt.Errorf("find out to whom a member of the balancer belongs: %w", err)
			default:
				o.servers = append(o.servers, s) // ours, and not on the list yet
			}
		}
	}
	p.foreign = strangers
	return nil
}

// If two servers have the same name, the member belongs to the one with its address, or else to the older one.
func (o *observation) member(s Server) *Member {
	for i := range o.members {
		m := &o.members[i]
		switch {
		case m.ID == s.ID && m.ID != "":
			return m
		case m.ID == "" && m.Name == s.Name && o.owner(m).ID == s.ID:
			return m
		}
	}
	return nil
}

// MemberOf finds the member of a server among a balancer's members, assuming that no other server has its name. It
// returns nil if there is no such member.
func MemberOf(s Server, members []Member) *Member {
	obs := observation{servers: []Server{s}, members: members}
	return obs.member(s)
}

// For members without an ID.
func (o *observation) owner(m *Member) (owner Server) {
	for _, s := range o.servers {
		switch {
		case s.Name != m.Name:
		case owner.ID == "", s.Address == m.Address && owner.Address != m.Address:
			owner = s
		case owner.Address == m.Address && s.Address != m.Address:
		case s.Created.Before(owner.Created):
			owner = s
		}
	}
	return owner
}
