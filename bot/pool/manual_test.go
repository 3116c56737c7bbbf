package pool_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/pool/manual"
	"github.com/autoscalebot/autoscalebot/bot/pool/pooltest"
)

func operator(w *pooltest.World) *manual.Operator {
	return &manual.Operator{
		Pool: "web", Provider: w, Balancer: w, Health: w, HealthyAfter: 2, ActiveWithin: 5 * time.Minute, HealthyWithin: 5 * time.Minute, DrainWithin: time.Minute,
		Price: func(string) float64 { return 0 }, Limits: w.Limits, Maintenance: func(time.Time) bool { return false },
	}
}

// Runs next to the pool.
func (s *scenario) byHand(plan func(context.Context, string) (*manual.Plan, error), server string) (reported []string) {
	s.Helper()
	ctx, cancel := context.WithCancel(s.ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		time.Sleep(300 * time.Millisecond) // so that no step of the plan comes at the moment of a pass
		_ = s.p.Run(ctx)
	}()
	p, err := plan(ctx, server)
	if err == nil {
		_, err = p.Do(ctx, func(text string) { reported = append(reported, text) })
	}
	if err != nil {
		s.Error(err)
	}
	cancel()
	<-ended
	return reported
}

func TestByHand(t *testing.T) {
	play(t, []story{
		{"one is drained by hand, and another takes its place", 1, 4, 2, nil, func(s *scenario) {
			s.lasts(time.Second)
			s.byHand(operator(s.w).Drain, "web-1")
			s.lasts(time.Second)
			s.says("web-1 drained", "it was already draining")
			s.lasts(3 * time.Minute)
			s.exist("web-2 web-3")
		}},
		{"an order that is not listed yet counts beside one that drains", 1, 4, 2, nil, func(s *scenario) {
			s.lasts(15 * time.Second)
			s.drains("web-1")
			s.asks(3)
			s.lasts(7 * time.Second)
			s.exist("web-1! web-2 web-3! web-4!")
			s.lasts(4 * time.Minute)
			s.exist("web-2 web-3 web-4")
		}},
		{"one is destroyed by hand", 1, 4, 2, nil, func(s *scenario) {
			s.lasts(time.Second)
			said := s.byHand(operator(s.w).Destroy, "web-1")
			if want := "step 1 of 5: drain web-1|step 2 of 5: wait until web-1 has no requests|  web-1 still has requests in flight (1) after 10s, at most 50s left|" +
				"step 3 of 5: remove web-1 from the balancer|step 4 of 5: destroy web-1|step 5 of 5: wait until web-1 is gone"; strings.Join(said, "|") != want {
				s.Errorf("said %q, want %q", said, want)
			}
			s.exist("web-2 web-3!")
			s.lasts(3 * time.Minute)
			s.exist("web-2 web-3") // as many are wanted as before
		}},
		{"in a dry run a server that was drained by hand stays", 1, 4, 3, func(o *pool.Options) { o.Observe = true }, func(s *scenario) {
			s.drains("web-1")
			s.lasts(time.Minute)
			s.exist("web-1! web-2 web-3")
			if n := s.members(); n != 3 {
				s.Errorf("%d members are left of 3", n)
			}
		}},
	})
}
