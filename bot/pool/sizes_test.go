package pool_test

import (
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

func TestServersChangeTheirSize(t *testing.T) {
	tell(t, []story{
		{"servers of another size take the place of all, one at a time", 2, 4, 3, nil, func(s *scene) {
			s.sizes("large")
			s.lasts(20 * time.Minute)
			s.exist("web-1 web-2 web-4")
			s.are("large", "web-1", "web-2", "web-4")
			if n := strings.Count(s.log.String(), "as it is of another size than wanted"); n != 3 {
				s.Errorf("%d servers were made, want 3", n)
			}
		}},
		{"at the maximum one goes before the one of another size comes", 1, 3, 3, nil, func(s *scene) {
			s.sizes("large")
			s.lasts(20 * time.Minute)
			s.exist("web-1 web-2 web-3")
			s.are("large", "web-1", "web-2", "web-3")
		}},
		{"where no more may be paid for, too", 1, 9, 3, func(o *pool.Options) { o.MaxDollarsPerHour, o.Price = 0.03, 0.01 }, func(s *scene) {
			s.sizes("large")
			s.lasts(20 * time.Minute)
			s.are("large", "web-1", "web-2", "web-3")
		}},
		{"none goes for one that may not be paid for", 1, 3, 3, func(o *pool.Options) {
			o.MaxDollarsPerHour, o.Sizes = 0.03, []pool.Size{{Name: "small", Price: 0.01}, {Name: "large", Price: 0.02}}
		}, func(s *scene) {
			s.sizes("large")
			s.lasts(20 * time.Minute)
			s.exist("web-1 web-2 web-3")
			s.are("small", "web-1", "web-2", "web-3")
			s.says("would then cost $0.04 an hour, and may cost $0.03")
		}},
		{"a size that is taken back", 1, 4, 2, nil, func(s *scene) {
			s.sizes("large")
			s.lasts(20 * time.Second)
			s.exist("web-1 web-2 web-3!")
			s.sizes("small")
			s.lasts(10 * time.Minute)
			s.exist("web-1 web-2")
			s.are("small", "web-1", "web-2")
		}},
	})
}
