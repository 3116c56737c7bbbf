package main

import (
	"context"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// unanswering is a provider that is asked for a server until the asker gives up.
type unanswering struct{ pool.Provider }

func (unanswering) Describe(ctx context.Context, _ string) (pool.Server, error) {
	<-ctx.Done()
	return pool.Server{}, ctx.Err()
}

// Who interrupts the wait for a server before the first look at it is still told which server there is.
func TestAnInterruptedWaitStillKnowsTheServer(t *testing.T) {
	c := &poolOperator{s: settings.Defaults(), provider: unanswering{}}
	c.s.PoolActive = settings.Seconds(time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	made := pool.Server{ID: "42", Name: "web-1"}
	if s, err := c.untilActive(ctx, made); err == nil || s.ID != made.ID || s.Name != made.Name {
		t.Errorf("the wait for %+v ends with %+v, %v", made, s, err)
	}
}
