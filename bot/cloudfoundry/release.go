package cloudfoundry

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// Release returns when the app's code last changed, by Cloud Foundry's clock, and whether the change is done: its
// newest deployment or, after a push without one, its current droplet. For an app without either it returns the zero
// time and true.
//
// A deployment is not done while its status is ACTIVE, including a canary that waits for confirmation.
func (p *Platform) Release(ctx context.Context) (at time.Time, done bool, err error) {
	done = true
	err = p.do(ctx, "read the newest deployment of "+web.Line(p.o.App), func(ctx context.Context) error {
		app, err := p.place(ctx)
		if err != nil {
			return err
		}
		newest, err := list[deployment](ctx, p.client, "/v3/deployments",
			url.Values{"app_guids": {app.guid}, "order_by": {"-created_at"}, "per_page": {"1"}})
		switch {
		case err != nil:
			return err
		case len(newest) > 1:
			return errors.New("it has several deployments instead of only the newest")
		case len(newest) == 1 && (newest[0].Status.Value == "" || newest[0].CreatedAt.IsZero()):
			return errors.New("it has no status or no time")
		case len(newest) == 1:
			at, done = newest[0].CreatedAt, newest[0].Status.Value != "ACTIVE"
		}
		var d droplet
		err = p.get(ctx, "/v3/apps/"+app.guid+"/droplets/current", &d)
		if e, ok := web.As(err); ok && e.Status == http.StatusNotFound { // an app that was never staged
			return nil
		}
		switch {
		case err != nil:
			return err
		case d.CreatedAt.After(at):
			at = d.CreatedAt
		}
		return nil
	})
	if err != nil {
		return time.Time{}, false, err
	}
	return at, done, nil
}
