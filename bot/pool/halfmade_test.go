package pool_test

import (
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/pool/pooltest"
)

func TestServersAreMade(t *testing.T) {
	play(t, []story{
		{"an empty pool is filled to the minimum", 2, 4, 0, nil, func(s *scenario) {
			s.lasts(17 * time.Second)
			s.exist("web-1! web-2!")
			s.says("desired 2, serving 0, existing 2", "web-1 creating: ordered 7 s")
			s.lasts(10 * time.Second)
			s.says("web-1 creating: ordered, starting for")
			s.lasts(28 * time.Second)
			s.says("web-1 creating: active, waiting for health", "it answered with status 503")
			s.lasts(2 * time.Minute)
			s.exist("web-1 web-2")
			s.notified("created web-1", "created web-2", "joined web-1", "joined web-2")
		}},
		{"no order is sent right after the start", 2, 4, 0, nil, func(s *scenario) {
			s.lasts(9 * time.Second)
			s.exist("")
		}},
		{"one that never runs is given up, and the next comes later each time", 1, 4, 1, nil, func(s *scenario) {
			s.asks(2)
			s.lasts(15 * time.Second)
			s.w.Stick("web-2")
			s.lasts(5*time.Minute + 10*time.Second)
			s.exist("web-1")
			s.says("no server is created before", "failed once: web-2: it was not active in time")
			s.settled(2)
			s.notified("created web-2", "blocked create", "failed web-2", "destroyed web-2")
			s.lasts(3 * time.Minute)
			s.exist("web-1 web-2")
			s.says("!no server is created", "!failed")
		}},
		{"one that is stuck is told of long before it is given up, and does not keep the bot from going down", 1, 4, 1, nil, func(s *scenario) {
			s.asks(2)
			s.lasts(15 * time.Second)
			s.w.Stick("web-2")
			s.lasts(time.Minute)
			s.unsettled()
			s.lasts(time.Minute)
			s.says("web-2 is not active after")
			s.notified("created web-2", "blocked create")
			s.settled(2)
			s.asks(1)
			s.lasts(30 * time.Second)
			s.exist("web-1")
			s.notified("cleared create", "destroyed web-2")
			s.settled(1)
		}},
		{"one whose image is bad is told of long before it is given up", 1, 4, 1, nil, func(s *scenario) {
			s.asks(2)
			s.lasts(15 * time.Second)
			s.w.Sicken("web-2", true)
			s.lasts(3 * time.Minute)
			s.says("web-2 is not healthy after", "it answered with status 503")
			s.notified("created web-2", "blocked create")
			s.settled(2)
		}},
		{"one that is stuck beside one that is made counts when that is done", 1, 4, 1, nil, func(s *scenario) {
			s.asks(3)
			s.lasts(15 * time.Second)
			s.w.Stick("web-2")
			s.lasts(25 * time.Second)
			s.unsettled()
			s.lasts(90 * time.Second)
			s.exist("web-1 web-2! web-3")
			s.settled(3)
		}},
		{"one that cannot be destroyed is told of, and does not keep the bot from going up", 1, 4, 2, nil, func(s *scenario) {
			s.w.SetFault(at("Destroy", pooltest.FailsFirst))
			s.lasts(time.Second)
			s.asks(1)
			s.lasts(3 * time.Minute)
			s.says("web-2 cannot be removed", "the world is out of order")
			s.notified("blocked destroy")
			s.settled(1)
			s.asks(2)
			s.lasts(4 * time.Minute)
			s.exist("web-1 web-2! web-3")
			s.w.SetFault(nil)
			s.lasts(3 * time.Minute)
			s.exist("web-1 web-3")
		}},
		{"one that does not end is told of where it is in the way of another", 1, 2, 2, nil, func(s *scenario) {
			s.w.End = time.Hour
			s.lasts(time.Second)
			s.asks(1)
			s.lasts(time.Minute)
			s.asks(2)
			s.lasts(5 * time.Minute)
			s.says("web-2 was destroyed", "still exists, and the maximum is 2")
			s.settled(2)
		}},
		{"one that is never healthy is given up", 1, 4, 1, nil, func(s *scenario) {
			s.asks(2)
			s.lasts(15 * time.Second)
			s.w.Sicken("web-2", true)
			s.lasts(time.Minute)
			s.says("web-2 creating: active, waiting for health", "it answered with status 503")
			s.lasts(5 * time.Minute)
			s.says("it was not healthy in time: it answered with status 503")
		}},
		{"one that never joins is given up", 1, 4, 1, func(o *pool.Options) { o.JoinedWithin = 20 * time.Second }, func(s *scenario) {
			s.w.Join = time.Hour
			s.asks(2)
			s.lasts(75 * time.Second)
			s.says("web-2 creating: healthy, joining the balancer")
			s.lasts(37 * time.Second)
			s.says("it was not serving in time")
		}},
		{"one that the balancer refuses stays, is told in its words, and is taken as soon as that is mended", 1, 4, 1, nil, func(s *scenario) {
			s.asks(2)
			s.lasts(15 * time.Second)
			s.w.SetFault(at("Add", pooltest.FailsFirst))
			s.lasts(20 * time.Minute)
			s.exist("web-1 web-2!")
			s.says("web-2 is healthy, but the balancer sends it no requests: the world is out of order", "!in time")
			s.notified("created web-2", "blocked balancer")
			s.settled(2)
			s.w.SetFault(nil)
			s.lasts(3 * time.Minute)
			s.exist("web-1 web-2")
			s.notified("joined web-2", "cleared balancer")
		}},
		{"one that the balancer refuses and that fails for a moment stays", 1, 4, 1, nil, func(s *scenario) {
			s.w.SetFault(at("Add", pooltest.FailsFirst))
			s.asks(2)
			s.lasts(20 * time.Minute)
			s.exist("web-1 web-2!")
			s.w.Sicken("web-2", true)
			s.lasts(time.Minute)
			s.exist("web-1 web-2!")
			s.w.Sicken("web-2", false)
			s.lasts(20 * time.Minute)
			s.exist("web-1 web-2!")
			s.notified("created web-2", "blocked balancer")
		}},
		{"one that the balancer refuses goes where fewer are wanted", 1, 4, 1, nil, func(s *scenario) {
			s.asks(2)
			s.lasts(15 * time.Second)
			s.w.SetFault(at("Add", pooltest.FailsFirst))
			s.lasts(2 * time.Minute)
			s.asks(1)
			s.lasts(time.Minute)
			s.exist("web-1")
		}},
		{"one whose check at the balancer fails stays too, and is told", 1, 4, 1, nil, func(s *scenario) {
			s.w.Doubt("Layer4 connection problem")
			s.asks(2)
			s.lasts(20 * time.Minute)
			s.exist("web-1 web-2!")
			s.says("web-2 is healthy, but the balancer sends it no requests", "Layer4 connection problem", "!in time")
			s.w.Doubt("")
			s.lasts(3 * time.Minute)
			s.exist("web-1 web-2")
		}},
		{"one that is not well is given up although the balancer refuses it", 1, 4, 1, nil, func(s *scenario) {
			s.asks(2)
			s.lasts(15 * time.Second)
			s.w.SetFault(at("Add", pooltest.FailsFirst))
			s.lasts(2 * time.Minute)
			s.w.Sicken("web-2", true)
			s.lasts(6 * time.Minute)
			s.says("it was not healthy in time: it answered with status 503")
		}},
		{"what cannot be made is given up at once", 1, 4, 1, nil, func(s *scenario) {
			s.asks(2)
			s.lasts(20 * time.Second)
			s.w.Fail("web-2", pool.Failed)
			s.lasts(20 * time.Second)
			s.exist("web-1")
			s.says("no server is created before", "could not create it")
		}},
		{"an order that is refused is told, and sent again later each time", 1, 4, 1, nil, func(s *scenario) {
			s.w.SetFault(at("Create", pooltest.Refuses))
			s.asks(3)
			s.lasts(time.Hour)
			if n := strings.Count(s.log.String(), "could not create"); n < 6 || n > 9 {
				s.Errorf("the order was sent %d times in an hour, want about 8", n)
			}
			s.says("no more servers for this account", "times in a row")
			s.notified("blocked create")
			s.w.SetFault(nil)
			s.lasts(20 * time.Minute)
			s.exist("web-1 web-2 web-3")
			s.notified("created web-2", "joined web-2", "cleared create", "created web-3", "joined web-3")
		}},
		{"no more is made than may be paid for", 1, 4, 1, func(o *pool.Options) { o.MaxDollarsPerHour = 0.02 }, func(s *scenario) {
			s.asks(3)
			s.lasts(3 * time.Minute)
			s.exist("web-1 web-2")
			s.says("would cost $0.03 an hour, and the limit is $0.02", "serving 2, existing 2, limits 1 to 4, $0.02 an hour")
			s.notified("blocked cost", "created web-2", "joined web-2")
		}},
		{"nothing is made where nobody says what it costs", 1, 4, 0, func(o *pool.Options) { o.MaxDollarsPerHour = 1 }, func(s *scenario) {
			s.lasts(3 * time.Minute)
			s.exist("")
			s.says("the price of a server is unknown")
		}},
		{"without a balancer", 1, 4, 1, func(o *pool.Options) { o.Balancer = nil }, func(s *scenario) {
			s.asks(3)
			s.lasts(3 * time.Minute)
			s.says("desired 3, serving 3, existing 3")
			s.asks(1)
			s.lasts(time.Minute)
			s.says("desired 1, serving 1, existing 1", "web-1 serving")
		}},
	})
}
