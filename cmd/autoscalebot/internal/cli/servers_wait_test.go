package cli

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
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

// forgetful is a provider that knows a server no more at some moment, and lists it until another.
type forgetful struct {
	pool.Provider
	knows, lists time.Time
}

func (f forgetful) Describe(context.Context, string) (pool.Server, error) {
	if time.Now().Before(f.knows) {
		return pool.Server{ID: "42", Name: "web-1", State: pool.Active}, nil
	}
	return pool.Server{}, pool.ErrGone
}

func (f forgetful) List(context.Context) ([]pool.Server, error) {
	if time.Now().Before(f.lists) {
		return []pool.Server{{ID: "42", Name: "web-1", State: pool.Active}}, nil
	}
	return nil, nil
}

// A server is gone when the provider neither knows nor lists it.
func TestAServerIsGoneWhenTheProviderNeitherKnowsNorListsIt(t *testing.T) {
	for name, c := range map[string]struct{ knows, lists, want time.Duration }{
		"it is known for longer":  {30 * time.Second, 0, 30 * time.Second},
		"it is listed for longer": {0, 40 * time.Second, 40 * time.Second},
		"at once":                 {0, 0, 0},
		"never":                   {time.Hour, 0, -1},
		"listed for ever":         {0, time.Hour, -1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				now := time.Now()
				operator := &poolOperator{s: settings.Defaults(), provider: forgetful{knows: now.Add(c.knows), lists: now.Add(c.lists)}, stderr: io.Discard}
				err := operator.untilGone(t.Context(), pool.Server{ID: "42", Name: "web-1"})
				took := time.Since(now)
				if c.want < 0 && (err == nil || errors.Is(err, context.DeadlineExceeded)) || c.want >= 0 && (err != nil || took < c.want || took > c.want+2*lookEvery) {
					t.Errorf("it ends after %v with %v, want %v", took, err, c.want)
				}
			})
		})
	}
}
