package pool

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// An observation is complete, or there is none.
type observation struct {
	servers []Server // the pool's, each once
	members []Member
	// stale members have certainly no server any more; nameless ones only look like it.
	stale, nameless []Member
	wrong           map[string]error // by ID, what the health check says; nil where all is well
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
		return o, fmt.Errorf("check the servers' health: %w", err) // what the checks say is of our own making
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

// A list that is behind, or came back too short, must not look like servers that are gone: more would be made, and
// the balancer emptied.
func (p *Pool) lookForMissing(ctx context.Context, o *observation) error {
	for _, id := range p.expected() {
		if slices.ContainsFunc(o.servers, func(s Server) bool { return s.ID == id }) {
			continue
		}
		switch s, err := p.describe(ctx, id); {
		case errors.Is(err, ErrGone) || errors.Is(err, ErrNotOurs):
		case err != nil:
			return fmt.Errorf("look for a server that is not on the list any more: %w", err)
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
		return fmt.Errorf("read who is behind the balancer: %w", err)
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
				return fmt.Errorf("find out whose a member of the balancer is: %w", err)
			default:
				o.servers = append(o.servers, s) // ours, and not on the list yet
			}
		}
	}
	p.foreign = strangers
	return nil
}

// Of two servers of one name the member is that of its address, or else the older's.
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

// MemberOf finds a server's member among those of a balancer, where no other server has its name; nil where there is
// none.
func MemberOf(s Server, members []Member) *Member {
	obs := observation{servers: []Server{s}, members: members}
	return obs.member(s)
}

// owner is whose a member without an ID is.
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
