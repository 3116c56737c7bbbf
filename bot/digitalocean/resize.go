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

// resizeLimit bounds a resize. DigitalOcean takes about a minute a GB of used disk when it has to move the droplet.
const resizeLimit = time.Hour

// Resize switches a droplet off, gives it another size, and switches it on again. Each step follows from what is found,
// so a resize that was cut off goes on where it was. The disk keeps its size, so that the way back stays open; a size
// with a smaller disk is refused before anything is done. An empty size only switches it on, when what is under way has
// ended. Where DigitalOcean refuses a size when the droplet is off already, it is switched on again as it was.
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
		return refusal(op, "there is no such size in "+p.o.Region+": `doctl compute size list` shows all")
	case sizes[i].Disk < d.Disk:
		return refusal(op, fmt.Sprintf("its disk has %d GB, and the droplet's has %d GB, which cannot shrink",
			sizes[i].Disk, d.Disk))
	}
	return nil
}

type resize struct {
	*Provider
	id, size string
	progress func(string)
	found    *godo.Droplet // as last read
	shut     bool          // it was asked to shut down by itself
	refused  error         // the size was refused, and all that is left is to switch it on
}

func (r *resize) step(ctx context.Context) (done bool, err error) {
	actions, err := r.actions(ctx, r.found)
	if err != nil {
		return false, err
	}
	for i := range actions {
		if a := &actions[i]; a.Status == godo.ActionInProgress {
			_, err := r.finish(ctx, r.found, a,
				fmt.Sprintf("wait for the end of %s of %s", web.Line(a.Type), name(r.found)), r.progress)
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
		", and has to be active or off"}
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
		return nil // what is found next says whether it is off, or its plug has to be pulled
	}
	if err != nil {
		return err
	}
	// The action is done when the droplet was told.
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

var errFailed = errors.New("DigitalOcean began it, and it failed")

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
	state := "it was last seen " + web.Line(r.found.Status) + ", with the size " + web.Line(r.found.SizeSlug)
	if r.size == "" {
		return fmt.Errorf("switch on %s: %w; %s", name(r.found), err, state)
	}
	return fmt.Errorf("resize %s to %s: %w; %s: the same resize goes on from there", name(r.found),
		web.Line(r.size), err, state)
}
