package pool_test

import (
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

func TestServersGo(t *testing.T) {
	play(t, []story{
		{"one that was ended before the start, and is listed yet, does not count", 1, 4, 3, nil, func(s *scenario) {
			s.w.Forget("web-3")
			s.lasts(4 * time.Second)
			s.w.Vanish("web-3")
			s.lasts(5 * time.Minute)
			s.exist("web-1 web-2")
			s.notified()
		}},
		{"nor one that the provider calls active for a moment, and then ending", 1, 4, 3, nil, func(s *scenario) {
			s.w.End = time.Minute
			s.w.Forget("web-3")
			s.lasts(4 * time.Second)
			if err := s.w.Destroy(s.ctx, "id-3"); err != nil {
				s.Error(err)
			}
			s.lasts(5 * time.Minute)
			s.exist("web-1 web-2")
			s.notified()
		}},
		{"one that vanishes later is made anew", 1, 4, 3, nil, func(s *scenario) {
			s.lasts(10 * time.Minute)
			s.w.Forget("web-3")
			s.w.Vanish("web-3")
			s.lasts(5 * time.Minute)
			s.exist("web-1 web-2 web-3")
		}},
		{"the newest go first", 1, 4, 3, func(o *pool.Options) { o.OldestFirst = false }, func(s *scenario) {
			s.asks(1)
			s.lasts(3 * time.Minute)
			s.exist("web-1")
			s.notified("destroyed web-2", "destroyed web-3")
		}},
		{"the oldest go first", 1, 4, 3, func(o *pool.Options) { o.OldestFirst = true }, func(s *scenario) {
			s.asks(1)
			s.lasts(3 * time.Minute)
			s.exist("web-3")
		}},
		{"one that fails goes before one that is well", 1, 4, 3, nil, func(s *scenario) {
			s.w.Sicken("web-1", true)
			s.asks(2)
			s.lasts(3 * time.Minute)
			s.exist("web-2 web-3")
		}},
		{"half-made ones go before all others", 1, 4, 2, func(o *pool.Options) { o.OldestFirst = true }, func(s *scenario) {
			s.asks(4)
			s.lasts(30 * time.Second)
			s.asks(2)
			s.lasts(20 * time.Second)
			s.exist("web-1 web-2")
		}},
		{"no fewer serve than the minimum, however many are wanted", 2, 4, 3, nil, func(s *scenario) {
			s.w.Sicken("web-1", true)
			s.w.Sicken("web-2", true)
			s.asks(2)
			s.lasts(3 * time.Minute)
			s.exist("web-1! web-3")
		}},
		{"the limits move what is wanted", 2, 2, 4, nil, func(s *scenario) {
			s.lasts(3 * time.Minute)
			s.exist("web-1 web-2")
			s.settled(2)
			if err := s.p.Resize(s.ctx, 3); err == nil || !strings.Contains(err.Error(), "must be 2 to 2") {
				s.Errorf("Resize beyond the limits: %v", err)
			}
		}},
		{"drains its requests, but not for ever", 1, 4, 2, func(o *pool.Options) { o.DrainTimeout = 10 * time.Second }, func(s *scenario) {
			s.asks(1)
			s.lasts(6 * time.Second)
			s.says("web-2 draining", "requests left: 1", "there are more servers than desired")
			s.lasts(60 * time.Second)
			s.existing(1)
		}},
		{"of two servers of a name the one that serves stays", 1, 4, 2, nil, func(s *scenario) {
			s.w.Twin("web-1")
			s.lasts(time.Minute)
			s.exist("web-1 web-2")
			s.notified("destroyed web-1")
		}},
		{"one that was being drained when the bot started goes on", 1, 4, 3, nil, func(s *scenario) {
			s.asks(2)
			s.lasts(6 * time.Second)
			s.again()
			s.lasts(3 * time.Minute)
			s.exist("web-1 web-2")
		}},
	})
}
