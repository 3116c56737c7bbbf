package digitalocean

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/digitalocean/godo"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

const (
	// Failures in a row of a step that may be temporary.
	maxFailures = 5
	// Time for a droplet to shut down on its own before it is switched off.
	graceful = time.Minute
)

// Polls are 1 s apart at first, and at most 15 s.
func polls() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = time.Second, 15*time.Second
	return b
}

func (p *Provider) actions(ctx context.Context, d *godo.Droplet) (actions []godo.Action, err error) {
	err = p.call(ctx, "list the actions on "+name(d), func(ctx context.Context) error {
		actions, _, err = p.api.Droplets.Actions(ctx, d.ID, &godo.ListOptions{PerPage: perPage})
		return err
	})
	return actions, err
}

// Reports every few seconds how long the action has taken. Returns false if the action failed.
func (p *Provider) finish(
	ctx context.Context, d *godo.Droplet, a *godo.Action, what string, progress func(string),
) (ok bool, err error) {
	began, waits, failures := time.Now(), polls(), 0
	for {
		switch a.Status {
		case godo.ActionCompleted:
			return true, nil
		case godo.ActionInProgress:
		default:
			return false, nil
		}
		if web.Sleep(ctx, waits.NextBackOff()) != nil {
			return false, ended(ctx, what)
		}
		var now *godo.Action
		err := p.call(ctx, "read the action on "+name(d), func(ctx context.Context) (err error) {
			now, _, err = p.api.DropletActions.Get(ctx, d.ID, a.ID)
			return err
		})
		if err == nil && now != nil {
			a, failures = now, 0
			progress(fmt.Sprintf("%s: %s after %v", what, web.Line(a.Status), time.Since(began).Round(time.Second)))
			continue
		}
		if failures++; err != nil && (!p.passing(ctx, err) || failures > maxFailures) {
			return false, err
		}
	}
}

// Reports whether an error is temporary, and waits if the rate limit caused it.
func (p *Provider) passing(ctx context.Context, err error) bool {
	e, ok := web.As(err)
	switch {
	case ctx.Err() != nil:
		return false
	case errors.Is(err, errFailed):
		return true
	case !ok:
		return false
	case !e.Until.IsZero():
		return web.Wait(ctx, time.Until(e.Until))
	}
	return unclear(e) || busy(e)
}
