package digitalocean

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/digitalocean/godo"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// DigitalOcean takes about a minute for each GB of used disk if it must move the droplet.
const resizeLimit = time.Hour

// Resize switches a droplet off, changes its size, and switches it on. It derives each step from the droplet's state,
// so it continues an interrupted resize. The disk keeps its size, so the resize can be reversed; a size with a smaller
// disk is refused before anything changes. An empty size only switches the droplet on, after any running action. If
// DigitalOcean refuses the size once the droplet is off, it is switched on with its old size.
func (p *Provider) Resize(ctx context.Context, id, size string, progress func(string)) error {
	ctx, cancel := context.WithTimeout(ctx, resizeLimit)
	defer cancel()
	d, err := p.ours(ctx, id)
	if err != nil {
		return err
	}
	r := &resize{Provider: p, id: id, size: size, progress: progress, found: d}
	if !r.sized() {
		if err := p.fits(ctx, d, size); err != nil {
			return err
		}
	}
	waits := polls()
	for failures := 0; ; {
		done, err := r.step(ctx)
		switch {
		case done:
			return r.refused
		case err == nil:
			failures = 0
			waits.Reset()
			continue
		}
		if failures++; failures > maxFailures || !p.passing(ctx, err) || web.Sleep(ctx, waits.NextBackOff()) != nil {
			return r.left(err)
		}
	}
}

func (p *Provider) fits(ctx context.Context, d *godo.Droplet, size string) error {
	sizes, err := p.sizes(ctx)
	if err != nil {
		return err
	}
	op := fmt.Sprintf("resize %s to %s", name(d), web.Line(size))
	i := slices.IndexFunc(sizes, func(s godo.Size) bool { return s.Slug == size })
	switch {
	case i < 0:
		return refusal(op, "there is no such size in "+p.o.Region+". Run `doctl compute size list` to list sizes")
	case sizes[i].Disk < d.Disk:
		return refusal(op, fmt.Sprintf("its disk has %d GB, but the droplet's disk has %d GB and cannot shrink",
			sizes[i].Disk, d.Disk))
	}
	return nil
}

type resize struct {
	*Provider
	id, size string
	progress func(string)
	found    *godo.Droplet // as last read
	shut     bool          // a graceful shutdown was requested
	refused  error         // the size was refused; the droplet only needs to be switched on
}

func (r *resize) step(ctx context.Context) (done bool, err error) {
	actions, err := r.actions(ctx, r.found)
	if err != nil {
		return false, err
	}
	for i := range actions {
		if a := &actions[i]; a.Status == godo.ActionInProgress {
			_, err := r.finish(ctx, r.found, a,
				fmt.Sprintf("wait for the end of the action %s on %s", web.Line(a.Type), name(r.found)), r.progress)
			if err != nil {
				return false, err
			}
		}
	}
	d, err := r.ours(ctx, r.id)
	if err != nil {
		return false, err
	}
	r.found = d
	wanted := r.sized() || r.refused != nil
	switch {
	case d.Status == "active" && wanted:
		return true, nil
	case d.Status == "active":
		return false, r.switchOff(ctx)
	case d.Status == "off" && !wanted:
		err := r.act(ctx, fmt.Sprintf("resize %s from %s to %s", name(d), web.Line(d.SizeSlug), web.Line(r.size)),
			func(ctx context.Context, id int) (*godo.Action, *godo.Response, error) {
				return r.api.DropletActions.Resize(ctx, id, r.size, false)
			})
		if errors.Is(err, pool.ErrRefused) || errors.Is(err, errFailed) {
			r.refused = err
			return false, nil
		}
		return false, err
	case d.Status == "off":
		return false, r.act(ctx, "switch on "+name(d), r.api.DropletActions.PowerOn)
	}
	return false, &Error{Op: "resize " + name(d), Message: "its state is " + web.Line(d.Status) +
		", and must be active or off"}
}

func (r *resize) sized() bool { return r.size == "" || r.found.SizeSlug == r.size }

func (r *resize) switchOff(ctx context.Context) error {
	d := r.found
	if r.shut {
		return r.act(ctx, "switch off "+name(d), r.api.DropletActions.PowerOff)
	}
	r.shut = true
	err := r.act(ctx, "shut down "+name(d), r.api.DropletActions.Shutdown)
	if errors.Is(err, pool.ErrRefused) || errors.Is(err, errFailed) {
		return nil // the next read shows whether it is off, or must be switched off
	}
	if err != nil {
		return err
	}
	// The action completes when the droplet was notified, not when it is off.
	for end := time.Now().Add(graceful); time.Now().Before(end); {
		now, err := r.ours(ctx, r.id)
		if err != nil || now.Status != "active" {
			return err
		}
		if web.Sleep(ctx, 5*time.Second) != nil {
			return ended(ctx, "shut down "+name(d))
		}
	}
	return nil
}

var errFailed = errors.New("DigitalOcean started it, and it failed")

func (r *resize) act(
	ctx context.Context, what string, begin func(context.Context, int) (*godo.Action, *godo.Response, error),
) error {
	r.progress(what)
	var a *godo.Action
	err := r.call(ctx, what, func(ctx context.Context) (err error) {
		a, _, err = begin(ctx, r.found.ID)
		return err
	})
	if err != nil {
		return err
	}
	ok, err := r.finish(ctx, r.found, a, what, r.progress)
	if err == nil && !ok {
		return fmt.Errorf("%s: %w", what, errFailed)
	}
	return err
}

func (r *resize) left(err error) error {
	state := "the droplet was last seen " + web.Line(r.found.Status) + ", with the size " + web.Line(r.found.SizeSlug)
	if r.size == "" {
		return fmt.Errorf("switch on %s: %w; %s", name(r.found), err, state)
	}
	return fmt.Errorf("resize %s to %s: %w; %s. Repeat the resize to continue", name(r.found),
		web.Line(r.size), err, state)
}
