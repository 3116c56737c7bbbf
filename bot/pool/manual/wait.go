package manual

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

const (
	lookEvery     = time.Second // DigitalOcean allows 250 calls a minute
	reportEvery   = 10 * time.Second
	servingWithin = 2 * time.Minute // for a balancer to send a healthy server requests
	goneWithin    = 5 * time.Minute // for a destroyed server to be gone
)

type lateError struct {
	yet   string
	after time.Duration
}

func (e lateError) Error() string {
	return fmt.Sprintf("%s after %v", cmp.Or(e.yet, "no answer"), e.after)
}

// look returns progress, or an error that ends the wait.
func until(
	ctx context.Context, r report, most time.Duration, look func(context.Context) (done bool, yet string, err error),
) error {
	waitCtx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	began, reported, last := time.Now(), time.Now(), ""
	for {
		done, yet, err := look(waitCtx)
		switch {
		case waitCtx.Err() != nil: // the error comes from waitCtx
		case err != nil:
			return err
		case done:
			return nil
		default:
			last = yet
		}
		if time.Since(reported) >= reportEvery {
			reported = time.Now()
			waited := time.Since(began).Round(time.Second)
			r.further("%s after %v, at most %v left", last, waited, (most - waited).Round(time.Second))
		}
		select {
		case <-time.After(lookEvery):
		case <-waitCtx.Done():
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return lateError{last, most}
		}
	}
}

func (o *Operator) untilActive(ctx context.Context, r report, s *pool.Server) error {
	return until(ctx, r, o.ActiveWithin, func(ctx context.Context) (bool, string, error) {
		now, err := o.Provider.Describe(ctx, s.ID)
		if err != nil {
			return false, "", err
		}
		*s = now
		if s.State == pool.Failed || s.State == pool.Ending {
			return false, "", fmt.Errorf("its state is %s %s", s.State, s.Note)
		}
		return s.State == pool.Active && s.Address != "", fmt.Sprintf("%s is %s", s.Name, s.State), nil
	})
}

func (o *Operator) untilHealthy(ctx context.Context, r report, s *pool.Server) error {
	passed := 0
	return until(ctx, r, o.HealthyWithin, func(ctx context.Context) (bool, string, error) {
		if err := o.Health.Healthy(ctx, *s); err != nil {
			passed = 0
			return false, fmt.Sprintf("%s is not healthy: %v", s.Name, err), nil
		}
		passed++
		return passed >= o.HealthyAfter,
			fmt.Sprintf("%s passed %d of %d health checks", s.Name, passed, o.HealthyAfter), nil
	})
}

func (o *Operator) untilServing(ctx context.Context, r report, s *pool.Server) error {
	return until(ctx, r, servingWithin, func(ctx context.Context) (bool, string, error) {
		m, err := o.member(ctx, s)
		if m == nil {
			return false, "the balancer does not have " + s.Name, err
		}
		return m.State == pool.Serving, fmt.Sprintf("the balancer reports %s as %s %s", s.Name, m.State, m.Note), err
	})
}

// Requests that outlast the wait are reported, and dropped.
func (o *Operator) untilDrained(ctx context.Context, r report, s *pool.Server) error {
	requests := -1
	err := until(ctx, r, o.DrainWithin, func(ctx context.Context) (bool, string, error) {
		m, err := o.member(ctx, s)
		if m != nil {
			requests = m.Requests
		}
		drained := err == nil && (m == nil || m.State == pool.Drained)
		return drained, fmt.Sprintf("%s still has requests in flight (%s)", s.Name, countText(requests)), err
	})
	if errors.As(err, &lateError{}) && requests != 0 {
		r.further("%s still has requests in flight (%s), which are dropped", s.Name, countText(requests))
		return nil
	}
	return err
}

// Some providers cannot destroy a server before it is created.
func (o *Operator) untilDestroyed(ctx context.Context, r report, s *pool.Server) error {
	return until(ctx, r, o.ActiveWithin, func(ctx context.Context) (bool, string, error) {
		err := call(ctx, func(ctx context.Context) error { return o.Provider.Destroy(ctx, s.ID) })
		if err == nil || errors.Is(err, pool.ErrNotOurs) {
			return err == nil, "", err
		}
		now, derr := o.Provider.Describe(ctx, s.ID)
		switch {
		case errors.Is(derr, pool.ErrGone), derr == nil && now.State == pool.Ending:
			return true, "", nil // only the answer was lost
		case derr != nil || now.State != pool.Making:
			return false, "", err
		}
		return false, fmt.Sprintf("%s is still being created: %v", s.Name, err), nil
	})
}

// A provider may list a destroyed server as active for a while. A bot started meanwhile would count it.
func (o *Operator) untilGone(ctx context.Context, r report, s *pool.Server) error {
	return until(ctx, r, goneWithin, func(ctx context.Context) (bool, string, error) {
		now, err := o.Provider.Describe(ctx, s.ID)
		if err == nil {
			return false, fmt.Sprintf("the provider still has %s (%s)", s.Name, now.State), nil
		}
		if !errors.Is(err, pool.ErrGone) {
			return false, "", err
		}
		servers, err := o.Provider.List(ctx)
		listed := slices.ContainsFunc(servers, func(other pool.Server) bool { return other.ID == s.ID })
		return err == nil && !listed, fmt.Sprintf("the provider still lists %s", s.Name), err
	})
}

func countText(n int) string {
	if n < 0 {
		return "an unknown number"
	}
	return fmt.Sprint(n)
}
