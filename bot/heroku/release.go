package heroku

import (
	"context"
	"errors"
	"fmt"
	"time"

	api "github.com/heroku/heroku-go/v5"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

type release struct {
	Status    string    `json:"status"`
	CreatedAt time.Time `json:"created_at"`
}

// Release returns when the app's newest release was created, by Heroku's clock, and whether it is done. For an app
// without releases it returns the zero time and true.
//
// Only a pending release is not done: its release phase is in progress. A failed release is done, because its code
// never runs and the dynos stay as they were. A release in an unknown state is done, because it may never end.
//
// As in Size, another process type's reading may be used.
func (p *Platform) Release(ctx context.Context) (at time.Time, done bool, err error) {
	list, err := sharing(ctx, p, &p.shared.releases, p.newestRelease)
	switch {
	case err != nil:
		return time.Time{}, false, web.Named("read the newest release of "+p.app, err)
	case len(list) == 0:
		return time.Time{}, true, nil
	}
	return list[0].CreatedAt, list[0].Status != "pending", nil
}

func (c *client) newestRelease(ctx context.Context) (list []release, err error) {
	err = c.call(ctx, func(ctx context.Context) error {
		newest := &api.ListRange{Field: "version", Max: 1, Descending: true}
		if err := c.service.Get(ctx, &list, "/apps/"+c.app+"/releases", nil, newest); err != nil {
			return err
		}
		switch {
		case list == nil:
			return errors.New("it has no list of releases")
		case len(list) > 1:
			return fmt.Errorf("it has %d releases instead of only the newest", len(list))
		case len(list) == 1 && (list[0].Status == "" || list[0].CreatedAt.IsZero()):
			return errors.New("it has no status or no time")
		}
		return nil
	})
	return list, err
}
