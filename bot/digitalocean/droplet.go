package digitalocean

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/digitalocean/godo"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// List reads all droplets with the pool's tag, in as many pages as there are.
func (p *Provider) List(ctx context.Context) ([]pool.Server, error) {
	droplets, err := p.tagged(ctx, p.o.Tag)
	if err != nil {
		return nil, err
	}
	p.forget(droplets)
	servers := make([]pool.Server, 0, len(droplets))
	for i := range droplets {
		s, err := p.server(ctx, &droplets[i])
		if err != nil {
			return nil, err
		}
		servers = append(servers, s)
	}
	return servers, nil
}

// DigitalOcean shows no tags to a token that may not read them. Without a look at the tags of each droplet the pool
// would then look empty, or as if all were its own.
func (p *Provider) tagged(ctx context.Context, tag string) (droplets []godo.Droplet, err error) {
	op := "list the droplets with the tag " + tag
	droplets, err = listAll(ctx, p, op, func(d godo.Droplet) int { return d.ID },
		func(ctx context.Context, opt *godo.ListOptions) ([]godo.Droplet, *godo.Response, error) {
			return p.api.Droplets.ListByTag(ctx, tag, opt)
		})
	for i := range droplets {
		if !hasTag(&droplets[i], tag) {
			return nil, &Error{
				Op: op, Message: "DigitalOcean lists " + name(&droplets[i]) + ", and does not show that tag on it",
				Hint: "has the token the scope tag:read?",
			}
		}
	}
	return droplets, err
}

// Describe reads one droplet. The error is [pool.ErrNotOurs] where it has not the pool's tag.
func (p *Provider) Describe(ctx context.Context, id string) (pool.Server, error) {
	d, err := p.ours(ctx, id)
	if err != nil {
		return pool.Server{}, err
	}
	return p.server(ctx, d)
}

// Destroy ends a droplet that bears the pool's tag. DigitalOcean lists it for a few seconds more; List tells then that
// it is ending.
func (p *Provider) Destroy(ctx context.Context, id string) error {
	d, err := p.ours(ctx, id)
	switch {
	case is(err, http.StatusNotFound):
		return nil
	case err != nil:
		return err
	case p.state(d) == pool.Ending:
		return nil
	}
	err = p.call(ctx, "destroy the server "+name(d), func(ctx context.Context) error {
		_, err := p.api.Droplets.Delete(ctx, d.ID)
		return err
	})
	if busy(err) && p.beingDestroyed(ctx, d) {
		err = nil
	}
	if err != nil && !is(err, http.StatusNotFound) {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ending[d.ID] = time.Now()
	return nil
}

func (p *Provider) beingDestroyed(ctx context.Context, d *godo.Droplet) bool {
	actions, err := p.actions(ctx, d)
	return is(err, http.StatusNotFound) || slices.ContainsFunc(actions, func(a godo.Action) bool {
		return a.Type == "destroy" && a.Status == godo.ActionInProgress
	})
}

func (p *Provider) ours(ctx context.Context, id string) (*godo.Droplet, error) {
	op := "read the server " + web.Line(id)
	n, err := strconv.Atoi(id)
	if err != nil || n <= 0 || strconv.Itoa(n) != id {
		return nil, &Error{
			Op: op, Who: "DigitalOcean", Status: http.StatusNotFound,
			Message: "a droplet's id is a number", Kind: pool.ErrGone,
		}
	}
	var d *godo.Droplet
	err = p.call(ctx, op, func(ctx context.Context) error {
		d, _, err = p.api.Droplets.Get(ctx, n)
		if err == nil && (d == nil || d.ID != n) {
			return fmt.Errorf("it is not about the droplet %d", n)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if !hasTag(d, p.o.Tag) {
		return nil, fmt.Errorf("%s: the droplet %s: %w, which is %s", op, name(d), pool.ErrNotOurs, p.o.Tag)
	}
	return d, nil
}

// DigitalOcean makes no difference between small and great letters.
func hasTag(d *godo.Droplet, tag string) bool {
	return slices.ContainsFunc(d.Tags, func(s string) bool { return strings.EqualFold(s, tag) })
}

func (p *Provider) forget(listed []godo.Droplet) {
	p.mu.Lock()
	defer p.mu.Unlock()
	still := map[int]time.Time{}
	for _, d := range listed {
		if since, ok := p.ending[d.ID]; ok && time.Since(since) < endsWithin {
			still[d.ID] = since
		}
	}
	p.ending = still
}

// endsWithin is how long a droplet that was ordered to end is taken to be ending. One that is there for longer was
// forgotten by DigitalOcean, and can be destroyed again.
const endsWithin = 5 * time.Minute

// stuckAfter is the age from which on a droplet that is not made yet is suspected never to be. Most take less than a
// minute.
const stuckAfter = 5 * time.Minute

// server asks for the actions of a droplet that has been in the making for long, or is locked, since the droplet
// itself does not tell that it could not be made, or is being destroyed.
func (p *Provider) server(ctx context.Context, d *godo.Droplet) (pool.Server, error) {
	s := pool.Server{
		ID: strconv.Itoa(d.ID), Name: name(d), Address: p.address(d), State: p.state(d), Size: web.Line(d.SizeSlug),
	}
	if d.Size != nil {
		s.Price = d.Size.PriceHourly
	}
	s.Created, _ = time.Parse(time.RFC3339, d.Created)
	switch {
	case s.State == pool.Making && d.Status != "new":
		s.Note = "DigitalOcean calls its state " + web.Line(d.Status)
	case s.State == pool.Making && time.Since(s.Created) > stuckAfter:
		actions, err := p.actions(ctx, d)
		if err != nil {
			return pool.Server{}, err
		}
		if slices.ContainsFunc(actions, func(a godo.Action) bool {
			return a.Type == "create" &&
				a.Status == "errored"
		}) {
			s.State, s.Note = pool.Failed, "DigitalOcean could not make it"
		}
	case d.Locked && s.State != pool.Making && s.State != pool.Ending:
		if p.beingDestroyed(ctx, d) { // by somebody else, or an earlier run
			s.State = pool.Ending
			return s, nil
		}
		s.Note = "an action is under way at DigitalOcean"
	}
	return s, nil
}

func (p *Provider) state(d *godo.Droplet) pool.State {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case time.Since(p.ending[d.ID]) < endsWithin, d.Status == "archive":
		return pool.Ending
	case d.Status == "active":
		return pool.Active
	case d.Status == "off":
		return pool.Off
	}
	return pool.Making
}

func (p *Provider) address(d *godo.Droplet) string {
	// Their errors say that there is no network yet, as the empty address does.
	private, _ := d.PrivateIPv4()
	public, _ := d.PublicIPv4()
	if p.o.PublicAddress || private == "" {
		return web.Line(public)
	}
	return web.Line(private)
}

func name(d *godo.Droplet) string { return web.Line(d.Name) }
