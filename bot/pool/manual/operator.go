// Package manual looks after a pool's servers by hand. An [Operator] makes a [Plan] of what somebody asks for, which
// says all of it and changes nothing; carrying it out does that step by step, and an error says how things stand and
// with which command it goes on.
//
// It does not know of a bot that runs for the same pool, and would undo it: see [Plan].Aside. Its texts name the
// settings and commands of autoscalebot.
package manual

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// An Operator plans what people ask of the servers of one pool. All fields are needed where nothing else is said.
type Operator struct {
	// Pool is the pool's name, with which those of its servers begin.
	Pool     string
	Provider pool.Provider
	// ProviderName is what POOL_PROVIDER calls it.
	ProviderName string
	// Balancer may be nil: then nothing is drained.
	Balancer pool.Balancer
	// Health tells whether the app on a server answers. Nil means that a server is healthy as soon as it runs.
	Health pool.Health
	// HealthyAfter is how many health checks in a row must pass.
	HealthyAfter int
	// ActiveWithin is how long a server may take until it runs, HealthyWithin how long from then until it is healthy,
	// DrainWithin how long its requests under way may take.
	ActiveWithin, HealthyWithin, DrainWithin time.Duration

	// Size is that of new servers; empty for the provider's default.
	Size string
	// Price is what a server of a size costs an hour, in dollars, where the provider does not say; 0 = unknown.
	Price func(size string) float64
	// MaxDollarsPerHour is what all servers together may cost; 0 = no matter.
	MaxDollarsPerHour float64
	// Limits are how many servers may serve at the least, and exist at the most.
	Limits func(now time.Time) (least, most int)
	// Maintenance tells whether the app may be down for a resize, and Window says when in words, empty for never.
	Maintenance func(now time.Time) bool
	Window      string
}

// A Listed is a server with what it costs, and what the balancer says of it.
type Listed struct {
	pool.Server
	// Member is nil where the balancer does not know the server, and where there is no balancer.
	Member *pool.Member
}

// List reads the servers, the oldest first. Price is what the provider says or else the operator's.
func (o *Operator) List(ctx context.Context) ([]Listed, error) {
	servers, err := o.Provider.List(ctx)
	if err != nil || len(servers) == 0 {
		return nil, err
	}
	members, err := o.members(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(servers, func(a, b pool.Server) int { return a.Created.Compare(b.Created) })
	list := make([]Listed, len(servers))
	for i, s := range servers {
		s.Price = o.hourly(s)
		list[i] = Listed{s, pool.MemberOf(s, members)}
	}
	return list, nil
}

// Sizes reads the sizes that can be had. Price is what the provider says or else the operator's.
func (o *Operator) Sizes(ctx context.Context) ([]pool.Size, error) {
	cat, ok := o.Provider.(pool.Cataloguer)
	if !ok {
		return nil, fmt.Errorf("POOL_PROVIDER=%s does not tell of sizes", o.ProviderName)
	}
	sizes, err := cat.Sizes(ctx)
	sizes = slices.Clone(sizes)
	for i, s := range sizes {
		sizes[i].Price = cmp.Or(s.Price, o.Price(s.Name))
	}
	return sizes, err
}

// Images reads the account's own images.
func (o *Operator) Images(ctx context.Context) ([]pool.Image, error) {
	cat, ok := o.Provider.(pool.Cataloguer)
	if !ok {
		return nil, fmt.Errorf("POOL_PROVIDER=%s does not tell of images", o.ProviderName)
	}
	return cat.Images(ctx)
}

func (o *Operator) find(ctx context.Context, what string) (*pool.Server, []pool.Server, error) {
	servers, err := o.Provider.List(ctx)
	if err != nil {
		return nil, nil, err
	}
	var found []pool.Server
	for _, s := range servers {
		if s.ID == what {
			return &s, servers, nil
		}
		if strings.EqualFold(s.Name, what) {
			found = append(found, s)
		}
	}
	switch {
	case len(found) == 1:
		return &found[0], servers, nil
	case len(found) > 1:
		return nil, nil, fmt.Errorf("%d servers are called %s; give the id of one, as autoscalebot servers "+
			"list shows it",
			len(found), what)
	}
	if _, err := o.Provider.Describe(ctx, what); errors.Is(err, pool.ErrNotOurs) {
		return nil, nil, fmt.Errorf("the server %s is not one of the pool %s, since it has not its tag; it is "+
			"not touched",
			what, o.Pool)
	}
	return nil, nil, fmt.Errorf("the pool %s has no server %s; autoscalebot servers list shows those it has",
		o.Pool, what)
}

func (o *Operator) members(ctx context.Context) ([]pool.Member, error) {
	if o.Balancer == nil {
		return nil, nil
	}
	return o.Balancer.Members(ctx)
}

func (o *Operator) member(ctx context.Context, s *pool.Server) (*pool.Member, error) {
	members, err := o.members(ctx)
	return pool.MemberOf(*s, members), err
}

// offer ignores case. The price is 0 where nobody says; a size that is known not to be had is refused.
func (o *Operator) offer(ctx context.Context, size string) (name string, price float64, err error) {
	if size == "" {
		return "", o.Price(size), nil
	}
	offered, err := pool.Offered(ctx, o.Provider, size)
	if err != nil {
		return "", 0, fmt.Errorf("%w; autoscalebot servers sizes lists sizes", err)
	}
	return offered.Name, cmp.Or(offered.Price, o.Price(size)), nil
}

func (o *Operator) hourly(s pool.Server) float64 {
	return cmp.Or(s.Price, o.Price(s.Size))
}

func staying(servers []pool.Server) []pool.Server {
	return slices.DeleteFunc(slices.Clone(servers), func(s pool.Server) bool {
		return s.State == pool.Ending || s.State == pool.Failed
	})
}

func (o *Operator) onlyOne(ctx context.Context, servers []pool.Server, s *pool.Server) bool {
	members, err := o.members(ctx)
	serves := func(s pool.Server) bool {
		m := pool.MemberOf(s, members)
		return o.Balancer == nil || m != nil && m.State == pool.Serving
	}
	if err == nil && !serves(*s) {
		return false
	}
	return !slices.ContainsFunc(servers, func(other pool.Server) bool {
		return other.ID != s.ID && other.State == pool.Active && serves(other)
	})
}

func priced(dollars float64) string {
	if dollars == 0 {
		return "what nobody says"
	}
	return fmt.Sprintf("$%.4g an hour", dollars)
}

func ofSize(size string) string {
	if size == "" {
		return ""
	}
	return " of " + size
}
