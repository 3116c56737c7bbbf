package bot_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
)

// knowing is a platform that knows its releases and the number of dynos that run.
type knowing struct {
	*platform
	up         int
	upErr      error
	released   time.Time
	done       bool
	releaseErr error
}

func (k *knowing) Up(context.Context) (int, error) { return k.up, k.upErr }

func (k *knowing) Release(context.Context) (time.Time, bool, error) {
	return k.released, k.done, k.releaseErr
}

func newKnowing(dynos int, change func(*bot.Options)) (*world, *knowing) {
	k := &knowing{platform: &platform{n: dynos}, up: dynos, done: true}
	w := newWorld(dynos, func(o *bot.Options) { o.Schedule, o.Scaler = &always{Min: 1, Max: 20}, k }, change)
	w.platform = k.platform
	return w, k
}

func TestSlowAnswersDoNotCountWhileDynosBoot(t *testing.T) {
	var m bot.Memory
	w, k := newKnowing(2, func(o *bot.Options) {
		o.Remember = func(kept bot.Memory) error { m = kept; return nil }
	})
	w.beat(times(3, slow)...)
	wantResizes(t, w, 3)
	r := w.beat(times(6, slow)...)
	wantResizes(t, w)
	wantWhy(t, r, "held at 3: the heartbeat took 1500 ms (slower than 1000 ms) but does not count while new dynos boot")
	if r.Decision.Rule != decide.RuleBooting {
		t.Errorf("the rule is %q", r.Decision.Rule)
	}
	k.up = 3 // seen at the next heartbeat, 210 s after the scale-up
	w.beat(times(2, slow)...)
	wantResizes(t, w)
	w.beat(slow)
	wantResizes(t, w, 4)
	wantWhy(t, w.beat(slow), "held at 4: the heartbeat took 1500 ms (slower than 1000 ms) but does not count while new dynos boot (recent boots took 210 s or less)")
	if got, want := m.State.Boots, []float64{210}; !slices.Equal(got, want) {
		t.Errorf("learned boot times %v, want %v", got, want)
	}
}

func TestBootingIsBounded(t *testing.T) {
	for name, change := range map[string]func(*knowing){
		"a dyno that never comes up":    func(*knowing) {},
		"a platform that fails to tell": func(k *knowing) { k.upErr = errPlatform },
	} {
		t.Run(name, func(t *testing.T) {
			w, k := newKnowing(2, nil)
			change(k)
			w.beat(times(3, slow)...)
			wantResizes(t, w, 3)
			w.beat(times(9, slow)...) // up to 4 min 30 s after it
			wantResizes(t, w)
			w.beat(times(3, slow)...)
			wantResizes(t, w, 4)
		})
	}
	t.Run("by the setting, where the platform does not tell", func(t *testing.T) {
		w := newWorld(1, func(o *bot.Options) { o.Policy.BootTime = time.Minute })
		w.beat(times(4, slow)...) // the scale-up, and one heartbeat that does not count
		wantResizes(t, w, 2)
		w.beat(times(3, slow)...)
		wantResizes(t, w, 3)
	})
	t.Run("and while the number of dynos is not known", func(t *testing.T) {
		w := newWorld(1, func(o *bot.Options) { o.Policy.BootTime = time.Minute })
		w.beat(times(3, slow)...)
		w.platform.sizeErr = errPlatform
		r := w.beat(slow)
		if why := r.Why(); r.Decision.Rule != decide.RuleUnknown || !strings.Contains(why, "boot") || strings.Contains(why, "0 heartbeats") {
			t.Errorf("%s: %s", r.Decision.Rule, why)
		}
	})
	t.Run("fast answers count all the while", func(t *testing.T) {
		w, _ := newKnowing(2, nil)
		w.beat(times(3, slow)...)
		wantResizes(t, w, 3)
		w.beat(times(5, fast)...)
		wantResizes(t, w, 2)
	})
}

func TestDownsWaitForReleases(t *testing.T) {
	grace := func(o *bot.Options) { o.Policy.DeployGrace = 5 * time.Minute }
	t.Run("one that is under way", func(t *testing.T) {
		w, k := newKnowing(3, grace)
		k.done = false
		r := w.beat(times(6, fast)...)
		wantResizes(t, w)
		wantWhy(t, r, "held at 3: 6 heartbeats in a row faster than 200 ms (the last took 50 ms); desired 2, but a release is under way")
		k.done = true // although it was created long ago
		w.beat(times(9, fast)...)
		wantResizes(t, w)
		w.beat(fast)
		wantResizes(t, w, 2)
	})
	t.Run("one that is young", func(t *testing.T) {
		w, k := newKnowing(3, grace)
		k.released = noon
		r := w.beat(times(5, fast)...)
		wantResizes(t, w)
		wantWhy(t, r, "held at 3: 5 heartbeats in a row faster than 200 ms (the last took 50 ms); desired 2, but the release is recent: the deploy grace period has 3 min left")
		w.beat(times(6, fast)...)
		wantResizes(t, w, 2)
	})
	t.Run("with a grace below 0 no release matters, nor is asked for", func(t *testing.T) {
		w, k := newKnowing(3, func(o *bot.Options) { o.Policy.DeployGrace = -1 })
		k.done, k.released, k.releaseErr = false, noon, errors.New("read the releases: 503")
		r := w.beat(times(5, fast)...)
		wantResizes(t, w, 2)
		if r.Error != "" {
			t.Errorf("asked, and got %s", r.Error)
		}
	})
	t.Run("one that nobody tells of", func(t *testing.T) {
		w, k := newKnowing(3, grace)
		k.releaseErr = errors.New("read the releases: 503")
		r := w.beat(times(5, fast)...)
		wantResizes(t, w)
		wantWhy(t, r, "held at 3: 5 heartbeats in a row faster than 200 ms (the last took 50 ms); desired 2, but the platform did not say whether a release is under way; read the releases: 503")
	})
	t.Run("ups and the limits of the hour do not wait", func(t *testing.T) {
		w, k := newKnowing(3, grace)
		k.done = false
		w.beat(times(3, slow)...)
		wantResizes(t, w, 4)
		w.platform.n = 30
		w.beat(right)
		wantResizes(t, w, 20)
	})
}

type refusal struct{ error }

func (refusal) Deploying() bool { return true }

func TestARefusalDuringADeployIsNoFailure(t *testing.T) {
	w := newWorld(2)
	w.platform.resizeErr = refusal{errors.New("422: preboot")}
	r := w.beat(times(4, slow)...)
	wantResizes(t, w, 3, 3)
	wantWhy(t, r, "held at 2: 4 heartbeats in a row slower than 1000 ms (the last took 1500 ms); desired 3, but a release is under way")
	wantTold(t, w)
	w.platform.resizeErr = nil
	w.beat(slow)
	wantResizes(t, w, 3)
}
