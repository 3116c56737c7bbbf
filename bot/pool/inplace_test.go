package pool_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/pool/pooltest"
)

func TestInPlace(t *testing.T) {
	play(t, []story{
		{"the only server that may be keeps its size without a window", 1, 1, 1, nil, func(s *scenario) {
			s.sizes("large")
			s.lasts(time.Hour)
			s.exist("web-1")
			s.are("small", "web-1")
			s.says("means downtime, and no maintenance window is set")
			s.notified("blocked maintenance")
		}},
		{"the only server that may be is resized in the window", 1, 1, 1, func(o *pool.Options) {
			o.Maintenance = func(now time.Time) bool { return now.UTC().Hour() == 2 }
		}, func(s *scenario) {
			s.sizes("large")
			s.lasts(110 * time.Minute)
			s.are("small", "web-1")
			s.says("will be resized in place in the maintenance window, with some minutes of downtime")
			s.w.Limits = nil // there is downtime
			s.lasts(15 * time.Minute)
			s.exist("web-1")
			s.are("large", "web-1")
			s.says("!maintenance")
			if strings.Contains(s.log.String(), "pool: destroy") {
				s.Errorf("it was not resized in its place:\n%s", s.log)
			}
		}},
		{"a resize that fails is told, and the server serves again", 1, 1, 1, func(o *pool.Options) {
			o.Maintenance = func(time.Time) bool { return true }
		}, func(s *scenario) {
			s.w.Limits = nil // there is downtime
			s.lasts(time.Second)
			s.w.SetFault(at("Resize", pooltest.FailsFirst))
			s.sizes("large")
			s.lasts(5 * time.Minute)
			s.exist("web-1")
			s.are("small", "web-1")
			s.says("is not retried before 00:15:", " UTC: the world is out of order")
			s.notified("failed web-1", "blocked maintenance")
			s.w.SetFault(nil)
			s.lasts(20 * time.Minute)
			s.are("large", "web-1")
			s.exist("web-1")
		}},
		{"one that is switched off is switched on", 1, 4, 2, nil, func(s *scenario) {
			s.lasts(time.Second)
			s.w.Fail("web-2", pool.Off)
			s.lasts(10 * time.Second)
			s.says("web-2 switching on: ")
			s.lasts(8 * time.Minute)
			s.exist("web-1 web-2")
			s.notified()
			if !strings.Contains(s.log.String(), `msg="pool: switch on" pool=web server=web-2 why="it is off: its resize in place was interrupted, or somebody switched it off"`) {
				s.Errorf("the log does not say why:\n%s", s.log)
			}
		}},
		{"one that was about to be resized when the bot was killed is taken back", 1, 1, 1, nil, func(s *scenario) {
			s.w.Limits = nil // there is downtime
			s.drains("web-1")
			s.lasts(4 * time.Minute)
			s.exist("web-1")
			s.are("small", "web-1")
			s.notified()
		}},
		{"one that drains when the bot starts goes where there is room for another", 1, 2, 1, nil, func(s *scenario) {
			s.w.Limits = nil // it was drained before
			s.drains("web-1")
			s.lasts(4 * time.Minute)
			s.exist("web-2")
		}},
		{"and where it fails", 1, 1, 1, nil, func(s *scenario) {
			s.w.Limits = nil
			s.w.Sicken("web-1", true)
			s.drains("web-1")
			s.lasts(4 * time.Minute)
			s.exist("web-1")
			s.notified("destroyed web-1", "created web-1", "joined web-1")
		}},
		{"one that is switched off and not wanted any more goes", 1, 4, 2, nil, func(s *scenario) {
			s.lasts(time.Second)
			s.w.Fail("web-1", pool.Off)
			s.asks(1)
			s.lasts(4 * time.Minute)
			s.exist("web-2")
			s.notified("destroyed web-1")
		}},
		{"one that was switched off before it served is switched on, too", 1, 4, 1, nil, func(s *scenario) {
			s.asks(2)
			s.lasts(40 * time.Second)
			s.w.Fail("web-2", pool.Off)
			s.lasts(4 * time.Minute)
			s.exist("web-1 web-2")
			s.notified("created web-2", "joined web-2")
		}},
		{"one that was switched off soon after it was made is switched on by a bot that starts", 1, 4, 1, nil, func(s *scenario) {
			s.asks(2)
			s.lasts(7 * time.Minute)
			s.w.Forget("web-2")
			s.w.Fail("web-2", pool.Off)
			s.again()
			s.lasts(4 * time.Minute)
			s.exist("web-1 web-2")
			s.notified("created web-2", "joined web-2", "joined web-2")
		}},
		{"one that cannot be switched on is replaced", 1, 4, 2, func(o *pool.Options) { o.Provider = broken{o.Provider} }, func(s *scenario) {
			s.w.Fail("web-2", pool.Off)
			s.lasts(4 * time.Minute)
			s.says("web-2 off, failing", "switch on failed: the world is out of order")
			s.lasts(10 * time.Minute)
			s.exist("web-1 web-3")
			s.notified("created web-3", "joined web-3", "failed web-2", "destroyed web-2") // and no other
		}},
		{"one that cannot be switched on before it served is given up", 1, 4, 1, nil, func(s *scenario) {
			s.w.SetFault(at("SwitchOn", pooltest.FailsFirst))
			s.asks(2)
			s.lasts(40 * time.Second)
			s.w.Fail("web-2", pool.Off)
			s.lasts(4 * time.Minute)
			s.exist("web-1 web-2!")
			s.lasts(80 * time.Second)
			s.exist("web-1")
			s.says("it was not active in time: the provider reports it as off")
		}},
		{"a dry run switches nothing on", 1, 4, 2, func(o *pool.Options) { o.Observe = true }, func(s *scenario) {
			s.w.Fail("web-2", pool.Off)
			s.lasts(4 * time.Minute)
			s.exist("web-1 web-2!")
			s.says("would switch on web-2: it is off")
		}},
	})
}

type broken struct{ pool.Provider }

func (broken) Resize(ctx context.Context, _, _ string, _ func(string)) error {
	select {
	case <-ctx.Done():
	case <-time.After(20 * time.Second):
	}
	return errors.New("the world is out of order")
}

// A bot is killed at any call of a resize in place, before or after its effect, and forgets everything. No server stays
// off: one serves, of either size. In the next window it gets the desired size.
func TestKilledInPlace(t *testing.T) {
	for _, last := range []pooltest.Fault{pooltest.FailsFirst, pooltest.FailsLast} {
		for _, nameless := range []bool{false, true} {
			killed := true
			for k := 1; killed; k++ {
				synctest.Test(t, func(t *testing.T) {
					w := slowWorld(1, 1)
					limits := w.Limits
					w.Limits, w.Nameless = nil, nameless // there is downtime
					w.Serve("web", 1)
					window := true
					l := &life{ctx: t.Context(), fail: t.Errorf, w: w, change: func(o *pool.Options) {
						o.Limits, o.Maintenance = limits, func(time.Time) bool { return window }
					}}
					w.SetFault(l.faults(k, last, true))
					l.until("large", 5*time.Minute)
					if killed = l.dead; !killed {
						l.whole(1)
						return
					}
					window, l.dead = false, false
					w.SetFault(nil)
					l.until("", 8*time.Minute)
					l.whole(1)
					window = true
					l.until("large", 8*time.Minute)
					l.whole(1)
					if size := w.SizeOf("web-1"); size != "large" {
						t.Errorf("it is %s", size)
					}
				})
				if t.Failed() {
					t.Fatalf("killed at call %d: it %s, nameless %v", k, last, nameless)
				}
			}
		}
	}
}

// Returns after d, or when the bot ends.
func (l *life) until(size string, d time.Duration) {
	l.p = open(l.fail, l.w, l.change)
	ctx, cancel := context.WithTimeout(l.ctx, d)
	defer cancel()
	l.kill = cancel
	if size != "" {
		if err := l.p.SetDynoSize(ctx, size); err != nil {
			l.fail("%v", err)
		}
	}
	_ = l.p.Run(ctx)
}
