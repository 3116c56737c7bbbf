package bot_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
)

func TestWhoAskedIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := with(3, func(p *decide.Policy) { p.ManualHold = 10 * time.Minute })
		w.now = time.Now()
		for _, err := range []error{w.Pause(bot.Down, 2*time.Hour, "ada"), w.Override(5, 0, "grace")} {
			if err != nil {
				t.Fatal(err)
			}
		}
		r := w.beat(right)
		wantWhy(t, r, "scaled 3 → 5: grace asked for 5 until 2000-01-01 00:10 UTC")
		want := []string{"scaling down is paused by ada until 2000-01-01 02:00 UTC", "grace asked for 5 until 2000-01-01 00:10 UTC"}
		for _, e := range w.inbox.events {
			want = slices.DeleteFunc(want, func(s string) bool { return s == e.Reason })
		}
		if len(want) > 0 {
			t.Errorf("not told: %q", want)
		}
	})
}

func TestAnOrderWithoutALengthLastsAsTheOptionsSay(t *testing.T) {
	for _, c := range []struct{ hold, order, want time.Duration }{
		{10 * time.Minute, 0, 10 * time.Minute},
		{0, 0, time.Minute},
		{0, 10 * time.Minute, 10 * time.Minute},
		{time.Hour, 5 * time.Minute, 5 * time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(3, func(o *bot.Options) { o.Policy.ManualHold, o.OverrideLength = c.hold, c.order })
			w.now = time.Now()
			if err := w.Override(2, 0, "grace"); err != nil {
				t.Fatal(err)
			}
			r := w.beat(right)
			if until := "until " + time.Now().Add(c.want).UTC().Format("2006-01-02 15:04"); !strings.Contains(r.Why(), until) {
				t.Errorf("%+v: %s, want %s", c, r.Why(), until)
			}
		})
	}
}

func TestTheBotRefusesWhatMakesNoSense(t *testing.T) {
	w := newWorld(2)
	for want, err := range map[string]error{
		`direction "sideways": write up, down or both`:        w.Pause("sideways", 0, "ada"),
		`direction "": write up, down or both`:                w.Resume("", "ada"),
		"-1s is no length of time up to 8784h":                w.Pause(bot.Up, -time.Second, "ada"),
		"8785h0m0s is no length of time up to 8784h":          w.Override(2, 8785*time.Hour, "ada"),
		"4 dynos are outside the limits of this hour, 1 to 3": w.Override(4, time.Hour, "ada"),
		"0 dynos switch the app off; do that at the platform, and the bot keeps its hands off until somebody sets another number there": w.Override(0, 0, "ada"),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if w.Control() != (decide.Control{}) {
		t.Errorf("something that was refused changed %+v", w.Control())
	}
}
