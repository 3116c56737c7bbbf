package heroku

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	api "github.com/heroku/heroku-go/v5"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// mostDynos is the longest list that the API gives in one answer; unless asked for it gives 200 at a time, and the
// reference names id as an order of dynos (https://devcenter.heroku.com/articles/platform-api-reference, "Ranges" and
// "Dyno List"). An app has hardly more: Heroku allows it 100 or, of the Fir generation, 255.
const mostDynos = 1000

type dyno struct {
	Type  string `json:"type"`
	State string `json:"state"`
}

// Up tells how many dynos of the process type run: those whose state is up, and idle ones, which an Eco app's first
// request wakes. One that is starting, restarting, crashed or down doesn't count. For a moment there may be more than
// Size tells, since a dyno that has been scaled away is in the list until it ends. As with Size, another process type's
// reading will do.
func (p *Platform) Up(ctx context.Context) (n int, err error) {
	list, err := sharing(ctx, p, &p.shared.dynos, p.allDynos)
	if err != nil {
		return 0, web.Named("read the dynos of "+p.app, err)
	}
	for _, d := range list {
		if d.Type == p.processType && (d.State == "up" || d.State == "idle") {
			n++
		}
	}
	return n, nil
}

func (c *client) allDynos(ctx context.Context) (list []dyno, err error) {
	err = c.call(ctx, func(ctx context.Context) error {
		all := &api.ListRange{Field: "id", Max: mostDynos}
		if err := c.service.Get(ctx, &list, "/apps/"+c.app+"/dynos", nil, all); err != nil {
			return err
		}
		if list == nil {
			return errors.New("it has no list of dynos")
		}
		// A part would look like dynos that never come up.
		if web.Status(ctx) == http.StatusPartialContent {
			return fmt.Errorf("it ends after %d dynos, and there are more", len(list))
		}
		for _, d := range list {
			if d.Type == "" || d.State == "" {
				return errors.New("it has a dyno without a type or a state")
			}
		}
		return nil
	})
	return list, err
}
