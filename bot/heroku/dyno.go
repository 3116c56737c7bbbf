package heroku

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	api "github.com/heroku/heroku-go/v5"
)

// mostDynos is the longest list that the API gives in one answer; unless asked for it gives 200 at a time, and the reference names id as
// an order of dynos (https://devcenter.heroku.com/articles/platform-api-reference, "Ranges" and "Dyno List"). An app has hardly
// more: Heroku allows it 100 or, of the Fir generation, 255.
const mostDynos = 1000

// dyno is what is read of the API's answer about a dyno.
type dyno struct {
	Type  string `json:"type"`
	State string `json:"state"`
}

// Up tells how many dynos of the process type run: those whose state is up, and idle ones, which an Eco app's first request
// wakes. One that is starting, restarting, crashed or down doesn't count. For a moment there may be more than Size tells,
// since a dyno that has been scaled away is in the list until it ends.
func (p *Platform) Up(ctx context.Context) (n int, err error) {
	var list []dyno
	err = p.do(ctx, "read the dynos of "+p.app, func(ctx context.Context) error {
		if err := p.service.Get(ctx, &list, "/apps/"+p.app+"/dynos", nil, &api.ListRange{Field: "id", Max: mostDynos}); err != nil {
			return err
		}
		if list == nil {
			return errors.New("it has no list of dynos")
		}
		// A part would look like dynos that never come up.
		if a, ok := ctx.Value(answerKey{}).(*answer); ok && a.status == http.StatusPartialContent {
			return fmt.Errorf("it ends after %d dynos, and there are more", len(list))
		}
		for _, d := range list {
			switch {
			case d.Type == "" || d.State == "":
				return errors.New("it has a dyno without a type or a state")
			case d.Type == p.processType && (d.State == "up" || d.State == "idle"):
				n++
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}
