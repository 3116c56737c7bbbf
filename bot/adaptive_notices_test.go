package bot_test

import (
	"slices"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/adaptive"
)

// With the adaptive policy, too, people are told when the maximum is not enough.
func TestTheAdaptivePolicyTellsWhenTheMaximumIsNotEnough(t *testing.T) {
	adaptive, err := adaptive.New(adaptive.Balanced, 1000)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(3, func(o *bot.Options) { o.Policy.Adaptive, o.Notices.EveryScale = adaptive, false })
	w.beat(times(30, took(40))...)
	w.beat(times(20, took(6000))...)
	if told := w.inbox.take(); !slices.Contains(told, "needs_exceed_max opened") || w.platform.n != 3 {
		t.Errorf("told %v with %d dynos", told, w.platform.n)
	}
	w.beat(times(5, took(40))...)
	if told := w.inbox.take(); !slices.Contains(told, "needs_exceed_max resolved") {
		t.Errorf("afterwards told %v", told)
	}
}
