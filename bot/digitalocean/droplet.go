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

// List reads all droplets with the pool's tag, page by page.
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

// DigitalOcean hides tags from a token without permission to read them. Without checking each droplet's tags, the pool
// would then look empty, or every droplet would look like its own.
func (p *Provider) tagged(ctx context.Context, tag string) (droplets []godo.Droplet, err error) {
	op := "list the droplets with the tag " + tag
	droplets, err = listAll(ctx, p, op, func(d godo.Droplet) int { return d.ID },
		func(ctx context.Context, opt *godo.ListOptions) ([]godo.Droplet, *godo.Response, error) {
			return p.api.Droplets.ListByTag(ctx, tag, opt)
		})
	for i := range droplets {
		if !hasTag(&droplets[i], tag) {
			return nil, &Error{
				Op: op, Message: "DigitalOcean lists " + name(&droplets[i]) + ", but does not show its tag",
				Hint: "give the token the scope tag:read",
			}
		}
	}
	return droplets, err
}

// Describe reads one droplet. The error is [pool.ErrNotOurs] if it does not have the pool's tag.
func (p *Provider) Describe(ctx context.Context, id string) (pool.Server, error) {
	d, err := p.ours(ctx, id)
	if err != nil {
		return pool.Server{}, err
	}
	return p.server(ctx, d)
}

// Destroy ends a droplet with the pool's tag. DigitalOcean lists it for a few seconds more; List then reports it as
// ending.
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
			Message: "a droplet's id must be a number", Kind: pool.ErrGone,
		}
	}
	var d *godo.Droplet
	err = p.call(ctx, op, func(ctx context.Context) error {
		d, _, err = p.api.Droplets.Get(ctx, n)
		if err == nil && (d == nil || d.ID != n) {
			return fmt.Errorf("the answer is not about droplet %d", n)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if !hasTag(d, p.o.Tag) {
		return nil, fmt.Errorf("%s: droplet %s: %w, %s", op, name(d), pool.ErrNotOurs, p.o.Tag)
	}
	return d, nil
}

// DigitalOcean ignores case in tags.
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

// A droplet counts as ending for this long after the order to destroy it. If it still exists then, DigitalOcean lost
// the order, and the droplet can be destroyed again.
const endsWithin = 5 * time.Minute

// Most droplets are created in less than a minute. An older one that is not ready may have failed.
const stuckAfter = 5 * time.Minute

// Reads the actions of a droplet that is locked or takes long to be created: the droplet itself does not show that its
// creation failed, or that it is being destroyed.
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
		s.Note = "its state at DigitalOcean is " + web.Line(d.Status)
	case s.State == pool.Making && time.Since(s.Created) > stuckAfter:
		actions, err := p.actions(ctx, d)
		if err != nil {
			return pool.Server{}, err
		}
		if slices.ContainsFunc(actions, func(a godo.Action) bool {
			return a.Type == "create" &&
				a.Status == "errored"
		}) {
			s.State, s.Note = pool.Failed, "DigitalOcean could not create it"
		}
	case d.Locked && s.State != pool.Making && s.State != pool.Ending:
		if p.beingDestroyed(ctx, d) { // by somebody else, or by an earlier run
			s.State = pool.Ending
			return s, nil
		}
		s.Note = "DigitalOcean is carrying out an action"
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
	// Errors only mean that there is no network yet, as the empty address does.
	private, _ := d.PrivateIPv4()
	public, _ := d.PublicIPv4()
	if p.o.PublicAddress || private == "" {
		return web.Line(public)
	}
	return web.Line(private)
}

func name(d *godo.Droplet) string { return web.Line(d.Name) }
