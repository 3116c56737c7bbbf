package bot_test

import (
	"context"
	"slices"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot"
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
	wantWhy(t, r, "held: the bot itself is offline: it reaches neither the app nor anything else, so nothing is changed")
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
		if r.Decision.Rule != bot.RuleBlind {
			t.Errorf("with a control that says %q the rule is %q", control.Outcome, r.Decision.Rule)
		}
		if got, want := w.inbox.take(), []string{"heartbeat_unreachable opened"}; !slices.Equal(got, want) {
			t.Errorf("told %v, want %v", got, want)
		}
	}
}
