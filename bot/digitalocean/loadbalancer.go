package digitalocean

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/digitalocean/godo"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// A droplet that nobody removes counts as draining for this long: no request takes longer.
const forgetAfter = time.Hour

// A LoadBalancer is one of DigitalOcean's load balancers. It lists droplets by id, or it takes the droplets with a tag.
// In the second case servers get that tag to go into rotation. Each read shows which case applies.
//
// DigitalOcean reports neither the balancer's health checks nor the number of requests. A member therefore serves as
// soon as the balancer has it, and is never down. DigitalOcean has no draining either: a removed droplet gets no new
// requests, and those in flight continue. This LoadBalancer counts it as draining until Remove, for at most an hour.
// Another one does not know of it.
type LoadBalancer struct {
	p  *Provider
	id string

	mu  sync.Mutex
	out map[int]time.Time // draining droplets, and since when they are out of rotation
}

// LoadBalancer opens the load balancer with this id, a UUID. It makes no calls.
func (p *Provider) LoadBalancer(id string) (*LoadBalancer, error) {
	if !web.IsUUID(id) {
		return nil, fmt.Errorf("invalid load balancer %q: must be a UUID. Run `doctl compute load-balancer list` "+
			"to list them",
			web.Line(id))
	}
	return &LoadBalancer{p: p, id: id, out: map[int]time.Time{}}, nil
}

type rotation struct {
	lb  *godo.LoadBalancer
	has map[int]bool // droplets that the balancer has
	// droplets that it should have: the same, or those with its tag, which it picks up within seconds
	wanted map[int]bool
}

func (b *LoadBalancer) read(ctx context.Context) (rotation, error) {
	op := "read the load balancer " + b.id
	r := rotation{has: map[int]bool{}}
	err := b.p.call(ctx, op, func(ctx context.Context) (err error) {
		r.lb, _, err = b.p.api.LoadBalancers.Get(ctx, b.id)
		if err == nil && (r.lb == nil || !strings.EqualFold(r.lb.ID, b.id)) {
			return fmt.Errorf("the answer is not about load balancer %s", b.id)
		}
		return err
	})
	if err != nil {
		return r, err
	}
	for _, id := range r.lb.DropletIDs {
		r.has[id] = true
	}
	r.wanted = r.has
	switch tag := r.lb.Tag; {
	case r.lb.Type == godo.LoadBalancerTypeGlobal:
		return r, fmt.Errorf("%s: %s is a global load balancer, which has no droplets behind it. Use a regional one",
			op, b.name(r))
	case tag == "":
		return r, nil
	case slices.ContainsFunc(append([]string{b.p.o.Tag}, b.p.o.Tags...),
		func(own string) bool { return strings.EqualFold(own, tag) }):
		return r, fmt.Errorf("%s: %s takes every droplet with the tag %s, which all servers of the pool have. They "+
			"would get requests before they are ready, and could not be drained. Give the balancer a tag of its own, "+
			"such as %s-serving, or none", op, b.name(r), web.Line(tag), web.Line(tag))
	}
	droplets, err := b.p.tagged(ctx, r.lb.Tag)
	r.wanted = map[int]bool{}
	for i := range droplets {
		r.wanted[droplets[i].ID] = true
	}
	return r, err
}

func (b *LoadBalancer) name(r rotation) string { return web.Line(r.lb.Name) }

// Members reads the balancer's droplets, and adds those that count as draining.
func (b *LoadBalancer) Members(ctx context.Context) ([]pool.Member, error) {
	r, err := b.read(ctx)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.DeleteFunc(b.out, func(_ int, since time.Time) bool { return time.Since(since) >= forgetAfter })
	ids := map[int]bool{}
	maps.Copy(ids, r.has)
	maps.Copy(ids, r.wanted)
	for id := range b.out {
		ids[id] = true
	}
	members := make([]pool.Member, 0, len(ids))
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		m := pool.Member{ID: strconv.Itoa(id), State: pool.Serving, Requests: -1}
		since, out := b.out[id]
		switch {
		case out:
			m.State, m.Note = pool.Draining, fmt.Sprintf("out of rotation for %v", time.Since(since).Round(time.Second))
		case !r.wanted[id]:
			m.State, m.Note = pool.Draining, "the balancer has not removed it yet"
		case !r.has[id]:
			m.State, m.Note = pool.Joining, "the balancer has not added it yet"
		case r.lb.Status == "new":
			m.State, m.Note = pool.Joining, "the balancer is being created"
		case r.lb.Status == "errored":
			m.State, m.Note = pool.Down, "the balancer could not be created"
		}
		members = append(members, m)
	}
	return members, nil
}

// Add puts a droplet into rotation. It gets requests once it passes the balancer's own health check, by default after
// 30 s.
func (b *LoadBalancer) Add(ctx context.Context, s pool.Server) error {
	id, err := strconv.Atoi(s.ID)
	if err != nil {
		return fmt.Errorf("put the server %s behind the load balancer: %q is not a droplet's id",
			web.Line(s.Name), web.Line(s.ID))
	}
	r, err := b.read(ctx)
	if err != nil {
		return err
	}
	if !r.wanted[id] {
		err = b.change(ctx, fmt.Sprintf("put the server %s behind %s", web.Line(s.Name), b.name(r)),
			func(ctx context.Context) error {
				return b.add(ctx, r.lb, id)
			})
	}
	if err == nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.out, id)
	}
	return err
}

// Drain takes a droplet out of rotation. New requests stop within seconds; those in flight continue.
func (b *LoadBalancer) Drain(ctx context.Context, m pool.Member) error {
	id, err := b.takeOut(ctx, m)
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, already := b.out[id]; err == nil && id != 0 && !already {
		b.out[id] = time.Now()
	}
	return err
}

// Remove takes a droplet out of rotation, and ends its draining.
func (b *LoadBalancer) Remove(ctx context.Context, m pool.Member) error {
	_, err := b.takeOut(ctx, m)
	if id, wrong := strconv.Atoi(m.ID); err == nil && wrong == nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.out, id)
	}
	return err
}

// Returns the droplet's id, or 0 if it was not in rotation.
func (b *LoadBalancer) takeOut(ctx context.Context, m pool.Member) (int, error) {
	id, err := strconv.Atoi(m.ID)
	if err != nil {
		return 0, nil // not a droplet, so not a member
	}
	r, err := b.read(ctx)
	if err != nil || !r.wanted[id] {
		return 0, err
	}
	err = b.change(ctx, fmt.Sprintf("remove droplet %d from %s", id, b.name(r)), func(ctx context.Context) error {
		return b.remove(ctx, r.lb, id)
	})
	if err == nil || ctx.Err() != nil {
		return id, err
	}
	// A destroyed droplet leaves the balancer on its own.
	if now, again := b.read(ctx); again == nil && !now.wanted[id] {
		return id, nil
	}
	return 0, err
}
