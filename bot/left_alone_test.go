package bot_test

import (
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
)

type locked struct {
	*platform
	why string
}

func (l *locked) LeftAlone() string { return l.why }

func TestHandsOffWhereThePlatformSaysSo(t *testing.T) {
	l := &locked{platform: &platform{n: 2}, why: "the app is stopped"}
	w := newWorld(2, func(o *bot.Options) { o.Scaler = l })
	w.platform = l.platform
	r := w.beat(times(4, slow)...)
	wantResizes(t, w)
	wantWhy(t, r, "held at 2: the app is stopped, so the bot leaves the app alone")
	if r.Decision.Rule != decide.RuleLeftAlone || r.Decision.LeftAlone != l.why {
		t.Errorf("the decision is %+v", r.Decision)
	}
	wantTold(t, w, "left_alone opened")

	*w.limits = always{Min: 3, Max: 5} // which otherwise apply at once
	w.SetControl(func(decide.Control) decide.Control {
		return decide.Control{Override: decide.Override{Dynos: 4, Until: w.now.Add(time.Hour), By: "ann"}}
	})
	w.beat(slow)
	wantResizes(t, w)

	l.why = ""
	w.beat(slow)
	wantResizes(t, w, 4)
}
