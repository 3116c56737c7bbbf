package digitalocean

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/digitalocean/godo"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// DigitalOcean takes some minutes for most snapshots, and at worst two minutes for each GB of disk.
const snapshotLimit = 3 * time.Hour

// Snapshot makes an image of a droplet with the pool's tag, running or not, and waits until it is complete.
func (p *Provider) Snapshot(ctx context.Context, id, name string, progress func(string)) (pool.Image, error) {
	op := fmt.Sprintf("take a snapshot of the server %s", web.Line(id))
	if strings.TrimSpace(name) == "" || len(name) > 255 || name != web.Line(name) {
		return pool.Image{}, refusal(op, fmt.Sprintf("invalid name %q", web.Line(name)))
	}
	ctx, cancel := context.WithTimeout(ctx, snapshotLimit)
	defer cancel()
	d, err := p.ours(ctx, id)
	if err != nil {
		return pool.Image{}, err
	}
	before, err := p.snapshots(ctx, d)
	if err != nil {
		return pool.Image{}, err
	}
	op = fmt.Sprintf("take the snapshot %s of %s", name, web.Line(d.Name))
	progress(op)
	var a *godo.Action
	err = p.call(ctx, op, func(ctx context.Context) (err error) {
		a, _, err = p.api.DropletActions.Snapshot(ctx, d.ID, name)
		return err
	})
	if e, ok := web.As(err); ok && unclear(e) {
		e.Hint = "it may have started. Check autoscalebot servers images before you retry"
	}
	if err != nil {
		return pool.Image{}, err
	}
	ok, err := p.finish(ctx, d, a, op, progress)
	switch {
	case ctx.Err() != nil:
		e := ended(ctx, op)
		e.Hint = "DigitalOcean continues it. See autoscalebot servers images"
		return pool.Image{}, e
	case err != nil:
		return pool.Image{}, err
	case !ok:
		return pool.Image{}, &Error{Op: op, Message: "DigitalOcean started it, and it failed"}
	}
	return p.snapshotMade(ctx, d, name, before, op)
}

// A snapshot may be listed some seconds after its action ended.
func (p *Provider) snapshotMade(
	ctx context.Context, d *godo.Droplet, name string, before []godo.Image, op string,
) (pool.Image, error) {
	old := map[int]bool{}
	for _, i := range before {
		old[i.ID] = true
	}
	for range maxFailures {
		now, err := p.snapshots(ctx, d)
		if err != nil {
			return pool.Image{}, err
		}
		for _, i := range now {
			if !old[i.ID] && i.Name == name {
				return poolImage(i), nil
			}
		}
		if web.Sleep(ctx, 5*time.Second) != nil {
			return pool.Image{}, ended(ctx, op)
		}
	}
	return pool.Image{}, &Error{Op: op, Message: "DigitalOcean reports it as complete, but does not list it"}
}

func (p *Provider) snapshots(ctx context.Context, d *godo.Droplet) (images []godo.Image, err error) {
	return listAll(ctx, p, "list the snapshots of "+name(d), func(i godo.Image) int { return i.ID },
		func(ctx context.Context, opt *godo.ListOptions) ([]godo.Image, *godo.Response, error) {
			return p.api.Droplets.Snapshots(ctx, d.ID, opt)
		})
}
