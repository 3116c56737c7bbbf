package pool_test

import (
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

func TestServersAreReplaced(t *testing.T) {
	play(t, []story{
		{"one that fails for long is replaced, by one that is made first", 1, 4, 2, nil, func(s *scenario) {
			s.w.Sicken("web-1", true)
			s.lasts(4 * time.Minute)
			s.exist("web-1! web-2")
			s.says("web-1 serving, failing", "503")
			s.lasts(2*time.Minute + 10*time.Second)
			s.exist("web-1! web-2 web-3!")
			s.settled(2)
			s.lasts(4 * time.Minute)
			s.exist("web-2 web-3")
			s.notified("created web-3", "joined web-3", "failed web-1", "destroyed web-1")
		}},
		{"one that the balancer sees failing is replaced as well", 1, 4, 3, nil, func(s *scenario) {
			s.w.Down("web-1", true)
			s.lasts(12 * time.Minute)
			s.exist("web-2 web-3 web-4")
			s.notified("blocked balancer", "created web-4", "joined web-4", "failed web-1", "cleared balancer", "destroyed web-1")
			if text := s.log.String(); strings.Contains(text, "fails its health check") || !strings.Contains(text, "the balancer sends it no requests") {
				s.Errorf("the reason is false:\n%s", text)
			}
		}},
		{"the only one that may be is not destroyed for what the balancer alone says", 1, 1, 1, nil, func(s *scenario) {
			s.w.Down("web-1", true)
			s.lasts(30 * time.Minute)
			s.exist("web-1!")
			s.says("web-1 is healthy, but the balancer sends it no requests")
			s.again() // which sees it down from its first pass on
			s.lasts(30 * time.Minute)
			s.exist("web-1!")
			s.says("web-1 is healthy, but the balancer sends it no requests")
			s.notified("blocked balancer", "blocked balancer")
			s.w.Down("web-1", false)
			s.lasts(time.Minute)
			s.exist("web-1")
			s.notified("cleared balancer")
		}},
		{"where the balancer gives nobody requests, nobody is replaced and none is made", 1, 6, 3, nil, func(s *scenario) {
			for _, name := range []string{"web-1", "web-2", "web-3"} {
				s.w.Down(name, true)
			}
			s.lasts(30 * time.Minute)
			s.exist("web-1! web-2! web-3!")
			s.says("the balancer sends it no requests")
			s.notified("blocked balancer")
		}},
		{"at the maximum, too", 1, 2, 2, nil, func(s *scenario) {
			s.w.Down("web-2", true)
			s.lasts(30 * time.Minute)
			s.exist("web-1 web-2!")
			s.says("web-2 is healthy, but the balancer sends it no requests")
		}},
		{"one that fails goes before one that only the balancer refuses", 1, 5, 5, nil, func(s *scenario) {
			s.w.Down("web-1", true)
			s.lasts(10 * time.Minute)
			s.w.Sicken("web-2", true)
			s.lasts(12 * time.Minute)
			s.exist("web-1! web-2 web-3 web-4 web-5")
			s.notified("blocked balancer", "failed web-2", "destroyed web-2", "created web-2", "joined web-2")
		}},
		{"one that the balancer gives no requests and that then fails itself is replaced for that", 1, 1, 1, nil, func(s *scenario) {
			s.w.Down("web-1", true)
			s.lasts(30 * time.Minute)
			s.w.Sicken("web-1", true)
			s.lasts(4 * time.Minute)
			s.exist("web-1!")
			s.lasts(12 * time.Minute)
			s.exist("web-1")
			s.notified("blocked balancer", "cleared balancer", "failed web-1", "destroyed web-1", "created web-1", "joined web-1")
		}},
		{"one that is well again is not replaced", 1, 4, 2, nil, func(s *scenario) {
			s.w.Sicken("web-1", true)
			s.lasts(6*time.Minute + 20*time.Second)
			s.exist("web-1! web-2 web-3!")
			s.w.Sicken("web-1", false)
			s.lasts(3 * time.Minute)
			s.exist("web-1 web-2")
		}},
		{"at the maximum the one that fails goes first", 2, 3, 3, nil, func(s *scenario) {
			s.w.Sicken("web-2", true)
			s.lasts(12 * time.Minute)
			s.exist("web-1 web-2 web-3")
			s.notified("failed web-2", "destroyed web-2", "created web-2", "joined web-2")
		}},
		{"the only server that may be is replaced when it is dead", 1, 1, 1, nil, func(s *scenario) {
			s.w.Sicken("web-1", true)
			s.lasts(12 * time.Minute)
			s.exist("web-1")
			s.notified("failed web-1", "destroyed web-1", "created web-1", "joined web-1")
		}},
		{"a bot that starts while one is replaced wants one more, until it asks for another number", 1, 4, 2, nil, func(s *scenario) {
			s.w.Sicken("web-1", true)
			s.lasts(6*time.Minute + 20*time.Second)
			s.exist("web-1! web-2 web-3!")
			s.again()
			s.lasts(20 * time.Minute)
			s.exist("web-2 web-3 web-4")
			if !strings.Contains(s.log.String(), `msg="pool: found" pool=web servers=3 want=3 size=small`) {
				s.Errorf("the log does not tell how many are wanted:\n%s", s.log)
			}
			s.asks(2)
			s.lasts(4 * time.Minute)
			s.exist("web-2 web-3")
		}},
		{"nobody is replaced where that is not wanted", 1, 4, 3, func(o *pool.Options) { o.ReplaceAfter = -1 }, func(s *scenario) {
			s.w.Sicken("web-2", true)
			s.lasts(time.Hour)
			s.exist("web-1 web-2! web-3")
		}},
		{"nobody is replaced where most fail at once", 1, 6, 3, nil, func(s *scenario) {
			s.w.Sicken("web-1", true)
			s.w.Sicken("web-2", true)
			s.lasts(time.Hour)
			s.exist("web-1! web-2! web-3")
			s.says("2 of 3 servers fail at once, so none is replaced")
			s.notified("blocked mass")
			s.again() // even a bot that has just started, and knows nothing, empties no pool
			s.lasts(time.Hour)
			s.exist("web-1! web-2! web-3")
		}},
		{"servers in rotation do not go because they left the balancer", 1, 6, 3, nil, func(s *scenario) {
			s.w.Sicken("web-1", true)
			s.w.Sicken("web-2", true)
			s.w.Forget("web-1")
			s.w.Forget("web-2")
			s.w.Forget("web-3")
			s.lasts(time.Hour)
			s.exist("web-1! web-2! web-3")
		}},
		{"one that is switched off is replaced where it cannot be switched on", 1, 4, 2, func(o *pool.Options) {
			o.Provider = struct{ pool.Provider }{o.Provider} // not a Resizer
		}, func(s *scenario) {
			s.w.Fail("web-2", pool.Off)
			s.lasts(15 * time.Minute)
			s.exist("web-1 web-3")
		}},
	})
}
