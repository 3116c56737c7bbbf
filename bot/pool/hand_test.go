package pool_test

import (
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

func TestByHand(t *testing.T) {
	tell(t, []story{
		{"one is drained by hand, and another takes its place", 1, 4, 2, nil, func(s *scene) {
			s.lasts(time.Second)
			if err := s.p.Drain(s.ctx, "web-1"); err != nil {
				s.Error(err)
			}
			s.lasts(time.Second)
			s.says("web-1 draining", "somebody asked for that")
			s.lasts(3 * time.Minute)
			s.exist("web-2 web-3")
		}},
		{"an order that is not listed yet counts beside one that drains", 1, 3, 2, nil, func(s *scene) {
			s.lasts(15 * time.Second)
			if err := s.p.Drain(s.ctx, "web-1"); err != nil {
				s.Error(err)
			}
			s.asks(3)
			s.lasts(7 * time.Second)
			s.exist("web-1! web-2 web-3!")
			s.lasts(4 * time.Minute)
			s.exist("web-1 web-2 web-3")
		}},
		{"one is destroyed by hand", 1, 4, 2, nil, func(s *scene) {
			var said []string
			if err := s.p.Destroy(s.ctx, "web-1", func(text string) { said = append(said, text) }); err != nil {
				s.Error(err)
			}
			time.Sleep(s.w.End)
			s.exist("web-2")
			if want := "draining web-1 for 1m0s at the most|taking web-1 out of the balancer|destroying web-1"; strings.Join(said, "|") != want {
				s.Errorf("said %q, want %q", said, want)
			}
			s.lasts(3 * time.Minute)
			s.exist("web-1 web-2") // as many are wanted as before
			s.told("created web-1", "joined web-1")
		}},
		{"in a dry run nothing is done by hand, whatever state a server is in", 1, 4, 3, func(o *pool.Options) { o.Observe = true }, func(s *scene) {
			s.drains("web-1")
			s.lasts(time.Minute)
			for _, name := range []string{"web-1", "web-2"} {
				if err := s.p.Destroy(s.ctx, name, nil); err == nil {
					s.Errorf("%s was destroyed", name)
				}
				if err := s.p.Drain(s.ctx, name); err == nil {
					s.Errorf("%s was drained", name)
				}
			}
			s.exist("web-1! web-2 web-3")
			if n := s.members(); n != 3 {
				s.Errorf("%d members are left of 3", n)
			}
		}},
		{"what is refused by hand", 2, 4, 2, nil, func(s *scene) {
			s.w.Foreign("other-1")
			for name, want := range map[string]string{
				"web-1":   "2 serve, and no fewer than 2 may",
				"web-9":   "no server of this name, only web-1, web-2",
				"other-1": "no server of this name",
			} {
				for _, err := range []error{s.p.Drain(s.ctx, name), s.p.Destroy(s.ctx, name, nil)} {
					if err == nil || !strings.Contains(err.Error(), want) {
						s.Errorf("%s by hand: %v, want %q", name, err, want)
					}
				}
			}
			s.exist("web-1 web-2")
		}},
	})
}
