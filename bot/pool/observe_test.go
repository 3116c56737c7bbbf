package pool_test

import (
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/pool/pooltest"
)

func TestWhatIsSeen(t *testing.T) {
	play(t, []story{
		{"a balancer that only knows names is believed the third time", 1, 4, 2, nil, func(s *scenario) {
			s.w.Nameless = true
			s.lasts(time.Second)
			s.w.Vanish("web-1")
			for pass, want := range []int{1, 1, 0} {
				s.lasts(time.Second)
				if o := s.w.Orphans(); len(o) != want {
					s.Errorf("%v are left after pass %d, want %d", o, pass+1, want)
				}
			}
		}},
		{"one that only some balancers have is given to all", 1, 4, 2, nil, func(s *scenario) {
			s.lasts(time.Second)
			s.w.Disagree("web-2")
			s.lasts(time.Second)
			s.says("web-2 serving")
			s.lasts(10 * time.Second)
			s.exist("web-1 web-2")
			if n := strings.Count(s.log.String(), `msg="pool: add" pool=web server=web-2 why="not every instance of the balancer has it"`); n != 1 {
				s.Errorf("it was given to all %d times, want once\n%s", n, s.log)
			}
		}},
		{"one that drains at some balancers only is drained at all, and goes", 1, 4, 2, nil, func(s *scenario) {
			s.asks(1)
			s.lasts(6 * time.Second)
			s.w.Disagree("web-2")
			s.lasts(6 * time.Second)
			s.exist("web-1 web-2!")
			if n := strings.Count(s.log.String(), `msg="pool: drain" pool=web server=web-2 why="not every instance of the balancer drains it"`); n != 1 {
				s.Errorf("it was drained at all %d times, want once\n%s", n, s.log)
			}
			s.lasts(time.Minute)
			s.exist("web-1")
		}},
		{"one that drains at some balancers only, and never at all, goes in time", 1, 4, 2, func(o *pool.Options) { o.DrainTimeout = 10 * time.Second }, func(s *scenario) {
			s.asks(1)
			s.lasts(6 * time.Second)
			s.w.Disagree("web-2")
			s.w.SetFault(at("Drain", pooltest.FailsFirst))
			s.lasts(40 * time.Second)
			s.existing(1)
		}},
		{"a member whose server is no more is taken out", 1, 4, 2, nil, func(s *scenario) {
			s.lasts(time.Minute)
			s.w.Vanish("web-1")
			s.lasts(5 * time.Minute)
			s.exist("web-2 web-3")
			if o := s.w.Orphans(); len(o) > 0 {
				s.Errorf("%v are left", o)
			}
			s.notified("failed web-1", "created web-3", "joined web-3")
		}},
		{"a dry run changes nothing, and says what it would do", 1, 4, 2, func(o *pool.Options) { o.Observe = true }, func(s *scenario) {
			s.asks(3)
			s.lasts(5 * time.Minute)
			s.exist("web-1 web-2")
			s.says("would create web-3: desired 3")
			s.asks(1)
			s.lasts(time.Minute)
			s.says("would drain web-2: there are more servers than desired")
			s.exist("web-1 web-2")
			s.notified()
			if n := strings.Count(s.log.String(), "would create"); n != 1 {
				s.Errorf("logged %d times what would be made, want once:\n%s", n, s.log)
			}
		}},
		{"what cannot be read is told, and nothing is changed", 1, 4, 2, nil, func(s *scenario) {
			s.lasts(time.Second)
			s.asks(3)
			s.w.SetFault(at("Members", pooltest.FailsFirst))
			s.lasts(time.Hour)
			s.exist("web-1 web-2")
			s.says("cannot be read: read the members of the balancer: the world is out of order")
			if _, _, err := s.p.Size(s.ctx); err == nil {
				s.Error("Size of a pool that cannot be read gave no error")
			}
			s.w.SetFault(nil)
			s.lasts(3 * time.Minute)
			s.exist("web-1 web-2 web-3")
			s.notified("blocked read", "cleared read", "created web-3", "joined web-3")
		}},
		{"a list that is too short empties nothing", 1, 4, 3, nil, func(s *scenario) {
			s.lasts(time.Second)
			s.w.SetFault(at("List", pooltest.Forgets))
			s.lasts(time.Hour)
			s.exist("web-1 web-2 web-3")
		}},
		{"nor where the balancer only knows names", 1, 4, 3, nil, func(s *scenario) {
			s.w.Nameless = true
			s.lasts(time.Second)
			s.w.SetFault(at("List", pooltest.Forgets))
			s.lasts(time.Hour)
			s.exist("web-1 web-2 web-3")
			s.notified()
		}},
		{"a provider that knows none of the servers any more empties no balancer", 0, 4, 2, nil, func(s *scenario) {
			s.w.Vanish("web-1")
			s.w.Vanish("web-2")
			s.lasts(time.Hour)
			if o := s.w.Orphans(); len(o) != 2 {
				s.Errorf("%v are left", o)
			}
			s.asks(1)
			s.lasts(5 * time.Minute)
			s.exist("web-3")
			if o := s.w.Orphans(); len(o) != 0 {
				s.Errorf("%v are left although another serves", o)
			}
		}},
	})
}
