package cloudfoundry

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/cloudfoundry/go-cfclient/v3/client"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// Release tells when the app's code was changed last, by Cloud Foundry's clock, and whether that is done: its newest deployment
// or, after a push without one, its current droplet. An app that has neither has the zero time, and is done.
//
// A deployment is not done while its status is ACTIVE, also when a canary waits for somebody's word.
func (p *Platform) Release(ctx context.Context) (at time.Time, done bool, err error) {
	done = true
	err = p.do(ctx, "read the newest deployment of "+web.Line(p.o.App), func(ctx context.Context) error {
		app, err := p.place(ctx)
		if err != nil {
			return err
		}
		o := client.NewDeploymentListOptions()
		o.AppGUIDs, o.OrderBy, o.PerPage = one(app.guid), "-created_at", 1
		list, _, err := p.api.Deployments.List(ctx, o)
		switch {
		case err != nil:
			return err
		case len(list) > 1:
			return errors.New("it has several deployments instead of the newest alone")
		case len(list) == 1 && (list[0] == nil || list[0].Status.Value == "" || list[0].CreatedAt.IsZero()):
			return errors.New("it has no status or no time")
		case len(list) == 1:
			at, done = list[0].CreatedAt, list[0].Status.Value != "ACTIVE"
		}
		d, err := p.api.Droplets.GetCurrentForApp(ctx, app.guid)
		var e *Error
		switch {
		case errors.As(err, &e) && e.Status == http.StatusNotFound: // which an app has that was never staged
			return nil
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
