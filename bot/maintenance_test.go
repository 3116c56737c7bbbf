package bot_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/probe"
)

type closable struct {
	*platform
	on    bool
	err   error
	asked int
}

func (c *closable) Maintenance(context.Context) (bool, error) {
	c.asked++
	return c.on, c.err
}

// A router's answer instead of the app's.
func page() probe.Reading {
	r := failed(probe.ServerError, "status 503 Service Unavailable")
	r.Status = 503
	return r
}

func newClosable(change ...func(*bot.Options)) (*world, *closable) {
	c := &closable{platform: &platform{n: 2}}
	w := newWorld(2, append(change, func(o *bot.Options) { o.Scaler = c })...)
	w.platform = c.platform
	return w, c
}

func TestMaintenanceHolds(t *testing.T) {
	for name, change := range map[string]func(*bot.Options){
		"counting": func(*bot.Options) {},
		"any failure counts": func(o *bot.Options) {
			o.Policy.FailOn = []probe.Outcome{probe.Timeout, probe.ServerError, probe.ClientError, probe.Unreachable, probe.BadAnswer, probe.Overloaded}
		},
		"adaptive": func(o *bot.Options) { o.Policy.Adaptive = balanced(t) },
	} {
		t.Run(name, func(t *testing.T) {
			w, c := newClosable(change)
			w.beat(right, slow, right)
			if c.asked != 0 {
				t.Errorf("asked %d times while the app answered", c.asked)
			}
			c.on = true
			r := w.beat(times(30, page())...)
			wantResizes(t, w)
			hb, _ := r.Heartbeat()
			if r.Decision.Rule != decide.RuleMaintenance || hb.Outcome != probe.Maintenance || !strings.Contains(r.Why(), "maintenance mode") {
				t.Errorf("held by %q with the outcome %q: %s", r.Decision.Rule, hb.Outcome, r.Why())
			}
			wantTold(t, w, "left_alone opened")
			c.on = false
			w.beat(times(3, page())...)
			wantResizes(t, w, 3)
			if got := w.inbox.take(); len(got) == 0 || got[0] != "left_alone resolved" {
				t.Errorf("told %v, want the end of the maintenance first", got)
			}
		})
	}
}

func TestMaintenanceKeepsTheLimits(t *testing.T) {
	w, c := newClosable()
	c.on = true
	*w.limits = always{Min: 4, Max: 5}
	w.beat(page())
	wantResizes(t, w, 4)
}

func TestMaintenanceThatIsNotKnown(t *testing.T) {
	w, c := newClosable()
	c.err = errors.New("read the app dancing-forest: Heroku answered 500")
	r := w.beat(times(9, page())...)
	wantResizes(t, w)
	if r.Decision.Verdict != decide.NoData || !strings.Contains(r.Why(), "Heroku answered 500") {
		t.Errorf("the verdict is %q: %s", r.Decision.Verdict, r.Why())
	}
	w.beat(times(3, failed(probe.Timeout, "no answer within 10s"))...) // a timeout is not a router's page
	wantResizes(t, w, 3)
}

func TestMaintenanceInADryRun(t *testing.T) {
	w, c := newClosable(func(o *bot.Options) { o.DryRun = true })
	c.on = true
	if r := w.beat(times(9, page())...); r.Decision.Rule != decide.RuleMaintenance {
		t.Errorf("the rule is %q", r.Decision.Rule)
	}
}
