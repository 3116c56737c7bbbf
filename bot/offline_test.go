package bot_test

import (
	"context"
	"slices"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/probe"
)

func TestOfflineFreezes(t *testing.T) {
	control := failed(probe.Unreachable, "no route to host")
	asked := 0
	w := newWorld(2, func(o *bot.Options) {
		o.Control = prober(func(context.Context) probe.Reading { asked++; return control })
	})
	w.beat(slow, slow)
	if asked != 0 {
		t.Error("the control was asked although the app answered")
	}
	*w.limits = always{Min: 5, Max: 9}
	w.platform.sizeErr = errPlatform
	r := w.beat(times(9, blind)...)
	wantResizes(t, w)
	wantWhy(t, r, "held: the bot itself is offline: it reaches neither the app nor the control URL, so nothing is changed")
	*w.limits = always{Min: 1, Max: 3}
	w.platform.sizeErr = nil
	w.beat(slow) // the third: what was seen before still counts
	wantResizes(t, w, 3)
	if got, want := w.inbox.take(), []string{"offline opened", "scaled", "offline resolved"}; !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
}

func TestAnAppThatIsDownIsNotTheBotOffline(t *testing.T) {
	for _, control := range []probe.Reading{took(50), failed(probe.ClientError, "status 401"), failed(probe.ServerError, "status 503")} {
		w := newWorld(2, func(o *bot.Options) {
			o.Control = prober(func(context.Context) probe.Reading { return control })
		})
		r := w.beat(times(3, blind)...)
		if r.Decision.Rule != decide.RuleNoData {
			t.Errorf("with a control that says %q the rule is %q", control.Outcome, r.Decision.Rule)
		}
		if got, want := w.inbox.take(), []string{"heartbeat_unreachable opened"}; !slices.Equal(got, want) {
			t.Errorf("told %v, want %v", got, want)
		}
	}
}

// A signal that cannot be reached says nothing about the way to the app, whatever its place among the readings is.
func TestOfflineIsJudgedByTheHeartbeatAlone(t *testing.T) {
	dead := probe.Reading{Signal: "jobs", Outcome: probe.Unreachable, Error: "connection refused"}
	timedOut := failed(probe.Timeout, "no answer within 10 s")
	const never, once = 0, 1
	for name, c := range map[string]struct {
		readings []probe.Reading
		offline  bool
		asked    int
	}{
		"a heartbeat that answers beside a dead signal":   {[]probe.Reading{dead, right}, false, never},
		"a heartbeat that times out beside a dead signal": {[]probe.Reading{timedOut, dead}, false, never},
		"no heartbeat, one dead signal":                   {[]probe.Reading{dead}, false, never},
		"no heartbeat, two dead signals":                  {[]probe.Reading{dead, dead}, false, never},
		"no readings":                                     {nil, false, never},
		"a dead heartbeat beside a signal that answers":   {[]probe.Reading{jobs(5), blind}, true, once},
		"a dead heartbeat beside a dead signal":           {[]probe.Reading{dead, blind}, true, once},
		"two heartbeats, one of them dead":                {[]probe.Reading{blind, right}, false, never},
		"two dead heartbeats":                             {[]probe.Reading{blind, blind}, true, once},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			w := newWorld(2, func(o *bot.Options) {
				o.Probers = nil
				for _, r := range c.readings {
					o.Probers = append(o.Probers, prober(func(context.Context) probe.Reading { return r }))
				}
				o.Policy.Rules = []decide.SignalRule{jobsRule}
				o.Control = prober(func(context.Context) probe.Reading { asked++; return failed(probe.Unreachable, "no route to host") })
			})
			r := w.beat(right)
			if offline := r.Decision.Rule == decide.RuleOffline; offline != c.offline || asked != c.asked {
				t.Errorf("offline is %v after the control was asked %d times, want %v after %d", offline, asked, c.offline, c.asked)
			}
			if hb, ok := r.Heartbeat(); c.offline && (!ok || hb.Signal != probe.HeartbeatSignal) {
				t.Errorf("the record names %+v as the heartbeat", hb)
			}
		})
	}
}
