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

// forgetAfter is how long a droplet counts as draining that nobody removes: no request takes as long.
const forgetAfter = time.Hour

// A LoadBalancer is one of DigitalOcean's. It is given droplets by their ids; or it takes those with a tag, and then
// the pool's servers get that tag when they shall serve. Which of the two it is, is read each time.
//
// DigitalOcean does not tell which droplets pass the balancer's health check, nor how many requests they have. So a
// member is serving as soon as the balancer has it, and none is ever down. There is no draining either: a droplet that
// is taken out gets no new request, and those under way go on. It counts as draining until it is removed, for an hour
// at most; this LoadBalancer remembers that, and another does not.
type LoadBalancer struct {
	p  *Provider
	id string

	mu  sync.Mutex
	out map[int]time.Time // since when those are out of rotation that count as draining
}

// LoadBalancer makes the one with that id, a UUID. It calls nobody.
func (p *Provider) LoadBalancer(id string) (*LoadBalancer, error) {
	if !web.IsUUID(id) {
		return nil, fmt.Errorf("the load balancer %q is no UUID: `doctl compute load-balancer list` shows them",
			web.Line(id))
	}
	return &LoadBalancer{p: p, id: id, out: map[int]time.Time{}}, nil
}

type rotation struct {
	lb     *godo.LoadBalancer
	has    map[int]bool // whom the balancer has
	wanted map[int]bool // whom it shall have: the same, or those with its tag, to which it comes round in a few seconds
}

func (b *LoadBalancer) read(ctx context.Context) (rotation, error) {
	op := "read the load balancer " + b.id
	r := rotation{has: map[int]bool{}}
	err := b.p.call(ctx, op, func(ctx context.Context) (err error) {
		r.lb, _, err = b.p.api.LoadBalancers.Get(ctx, b.id)
		if err == nil && (r.lb == nil || !strings.EqualFold(r.lb.ID, b.id)) {
			return fmt.Errorf("it is not about the load balancer %s", b.id)
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
		return r, fmt.Errorf("%s: %s is a global one, which has load balancers and no droplets behind it: name a "+
			"regional one", op, b.name(r))
	case tag == "":
		return r, nil
	case slices.ContainsFunc(append([]string{b.p.o.Tag}, b.p.o.Tags...),
		func(own string) bool { return strings.EqualFold(own, tag) }):
		return r, fmt.Errorf("%s: %s takes every droplet with the tag %s, which all of the pool's have: they would "+
			"get requests before they "+
			"are ready, and could not be drained: give the balancer a tag of its own, such as %s-serving, or none",
			op, b.name(r), web.Line(tag), web.Line(tag))
	}
	droplets, err := b.p.tagged(ctx, r.lb.Tag)
	r.wanted = map[int]bool{}
	for i := range droplets {
		r.wanted[droplets[i].ID] = true
	}
	return r, err
}

func (b *LoadBalancer) name(r rotation) string { return web.Line(r.lb.Name) }

// Members reads who is behind the balancer, and adds those that count as draining.
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
			m.State, m.Note = pool.Draining, "the balancer has not let it go yet"
		case !r.has[id]:
			m.State, m.Note = pool.Joining, "the balancer has not taken it yet"
		case r.lb.Status == "new":
			m.State, m.Note = pool.Joining, "the balancer itself is being made"
		case r.lb.Status == "errored":
			m.State, m.Note = pool.Down, "the balancer itself could not be made"
		}
		members = append(members, m)
	}
	return members, nil
}

// Add puts a droplet into rotation. It gets requests when it has passed the balancer's own health check, which by
// default takes 30 s.
func (b *LoadBalancer) Add(ctx context.Context, s pool.Server) error {
	id, err := strconv.Atoi(s.ID)
	if err != nil {
		return fmt.Errorf("put the server %s behind the load balancer: its id %q is no droplet's",
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

// Drain takes a droplet out of rotation: it gets no new requests from a few seconds on, and those under way go on.
func (b *LoadBalancer) Drain(ctx context.Context, m pool.Member) error {
	id, err := b.takeOut(ctx, m)
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, already := b.out[id]; err == nil && id != 0 && !already {
		b.out[id] = time.Now()
	}
	return err
}

// Remove takes a droplet out of rotation. It does not count as draining any more.
func (b *LoadBalancer) Remove(ctx context.Context, m pool.Member) error {
	_, err := b.takeOut(ctx, m)
	if id, wrong := strconv.Atoi(m.ID); err == nil && wrong == nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.out, id)
	}
	return err
}

// takeOut gives the droplet's id, 0 where it was not in rotation.
func (b *LoadBalancer) takeOut(ctx context.Context, m pool.Member) (int, error) {
	id, err := strconv.Atoi(m.ID)
	if err != nil {
		return 0, nil // no droplet, so not behind it
	}
	r, err := b.read(ctx)
	if err != nil || !r.wanted[id] {
		return 0, err
	}
	err = b.change(ctx, fmt.Sprintf("take the droplet %d out of %s", id, b.name(r)), func(ctx context.Context) error {
		return b.remove(ctx, r.lb, id)
	})
	if err == nil || ctx.Err() != nil {
		return id, err
	}
	// One that is destroyed meanwhile leaves by itself.
	if now, again := b.read(ctx); again == nil && !now.wanted[id] {
		return id, nil
	}
	return 0, err
}
