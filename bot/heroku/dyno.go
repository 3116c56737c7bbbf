package heroku

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	api "github.com/heroku/heroku-go/v5"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// The API's longest list in one answer. By default it returns 200, and the reference documents id as an order of dynos
// (https://devcenter.heroku.com/articles/platform-api-reference, "Ranges" and "Dyno List"). Heroku allows an app fewer:
// 100 or, in the Fir generation, 255.
const mostDynos = 1000

type dyno struct {
	Type  string `json:"type"`
	State string `json:"state"`
}

// Up returns the number of running dynos of the process type: those whose state is up, and idle ones, which an Eco
// app's first request wakes. Starting, restarting, crashed and down dynos do not count. For a moment Up can exceed
// Size, because a removed dyno is listed until it ends. As in Size, another process type's reading may be used.
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
		// An incomplete list would look like dynos that never start.
		if web.Status(ctx) == http.StatusPartialContent {
			return fmt.Errorf("it ends after %d dynos, but there are more", len(list))
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
