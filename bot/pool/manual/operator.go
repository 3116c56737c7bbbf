// Package manual carries out single operations on a pool's servers for an operator. An [Operator] makes a [Plan], which
// describes every step and changes nothing. [Plan.Do] carries it out; its error says what state was left, and which
// command continues.
//
// The package does not know about a bot that runs for the same pool and would undo a plan: see [Plan].Aside. Its texts
// name the settings and commands of autoscalebot.
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

// An Operator plans operations on the servers of one pool. All fields are required unless noted.
type Operator struct {
	// Pool is the name of the pool, and the first part of its servers' names.
	Pool     string
	Provider pool.Provider
	// ProviderName is the provider's name in POOL_PROVIDER.
	ProviderName string
	// Balancer may be nil: nothing is drained then.
	Balancer pool.Balancer
	// Health checks the app on a server. Nil means that a server is healthy as soon as it runs.
	Health pool.Health
	// HealthyAfter is the number of health checks in a row that must pass.
	HealthyAfter int
	// ActiveWithin is the time for a server to run, HealthyWithin the time from then until it is healthy, DrainWithin
	// the time for its requests to end.
	ActiveWithin, HealthyWithin, DrainWithin time.Duration

	// Size of new servers; empty for the provider's default.
	Size string
	// Price returns the price of a size in dollars an hour, if the provider gives none; 0 = unknown.
	Price func(size string) float64
	// MaxDollarsPerHour limits the cost of all servers together; 0 = unlimited.
	MaxDollarsPerHour float64
	// Limits are the minimum of serving servers and the maximum of existing ones.
	Limits func(now time.Time) (least, most int)
	// Maintenance reports whether the app may be down for a resize. Window describes when; empty for never.
	Maintenance func(now time.Time) bool
	Window      string
}

// A Listed is a server with its price and its member of the balancer.
type Listed struct {
	pool.Server
	// Member is nil if the balancer does not have the server, or if there is no balancer.
	Member *pool.Member
}

// List reads the servers, oldest first. Price is the provider's, or else the operator's.
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

// Sizes reads the sizes that the provider offers. Price is the provider's, or else the operator's.
func (o *Operator) Sizes(ctx context.Context) ([]pool.Size, error) {
	cat, ok := o.Provider.(pool.Cataloger)
	if !ok {
		return nil, fmt.Errorf("POOL_PROVIDER=%s cannot list sizes", o.ProviderName)
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
	cat, ok := o.Provider.(pool.Cataloger)
	if !ok {
		return nil, fmt.Errorf("POOL_PROVIDER=%s cannot list images", o.ProviderName)
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
		return nil, nil, fmt.Errorf("%d servers are named %s. Use the ID that autoscalebot servers list shows",
			len(found), what)
	}
	if _, err := o.Provider.Describe(ctx, what); errors.Is(err, pool.ErrNotOurs) {
		return nil, nil, fmt.Errorf("server %s does not belong to the pool %s: it does not have the pool's tag", what,
			o.Pool)
	}
	return nil, nil, fmt.Errorf("the pool %s has no server %s. Run autoscalebot servers list to see its servers",
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

// Ignores case. The price is 0 if unknown. The provider must offer the size.
func (o *Operator) offer(ctx context.Context, size string) (name string, price float64, err error) {
	if size == "" {
		return "", o.Price(size), nil
	}
	offered, err := pool.Offered(ctx, o.Provider, size)
	if err != nil {
		return "", 0, fmt.Errorf("%w. Run autoscalebot servers sizes to list them", err)
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
		return "unknown"
	}
	return fmt.Sprintf("$%.4g an hour", dollars)
}

func ofSize(size string) string {
	if size == "" {
		return ""
	}
	return " of size " + size
}
