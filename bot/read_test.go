package bot_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/probe"
)

// bursts is a heart that can beat several times at a tick, and notes the requests.
type bursts struct {
	answer func(i int) probe.Reading
	asked  []int
	spread time.Duration // of the newest burst
}

func (b *bursts) Probe(context.Context) probe.Reading {
	b.asked = append(b.asked, 1)
	return b.answer(0)
}

func (b *bursts) Burst(_ context.Context, n int, gap time.Duration) []probe.Reading {
	b.asked, b.spread = append(b.asked, n), time.Duration(n-1)*gap
	out := make([]probe.Reading, n)
	for i := range out {
		out[i] = b.answer(i)
	}
	return out
}

// The bot has an adaptive policy and a heart that bursts.
func beating(t *testing.T, every time.Duration, dynos, perMinute int, answer func(int) probe.Reading) (*bursts, func(ticks int) record.Record) {
	t.Helper()
	heart := &bursts{answer: answer}
	w := newWorld(dynos, func(o *bot.Options) {
		o.Interval, o.Probers, o.HeartbeatsPerMinute = every, []probe.Prober{heart}, perMinute
		o.Policy.Adaptive = balanced(t)
	})
	w.limits.Max = 60
	now := noon
	return heart, func(ticks int) (r record.Record) {
		for range ticks {
			now = now.Add(every)
			r = w.Tick(context.Background(), now)
		}
		return r
	}
}

func always60(int) probe.Reading { return took(60) }

func TestABurstKeepsToTheMostAMinute(t *testing.T) {
	racetest.Computes(t)
	for _, c := range []struct {
		every            time.Duration
		dynos, perMinute int
		most             int
	}{
		{5 * time.Second, 8, 60, 5},
		{5 * time.Second, 8, 24, 2},
		{5 * time.Second, 8, 0, 1},
		{5 * time.Second, 8, 11, 1},
		{30 * time.Second, 8, 60, 16},
		{30 * time.Second, 8, 12, 6},
		{time.Second, 8, 60, 1},
	} {
		heart, tick := beating(t, c.every, c.dynos, c.perMinute, always60)
		tick(40)
		most := slices.Max(heart.asked)
		if most != c.most {
			t.Errorf("%d a minute, every %v: %d heartbeats at a tick, want %d", c.perMinute, c.every, most, c.most)
		}
		if most > 1 && (heart.spread <= 0 || heart.spread > c.every/5) {
			t.Errorf("every %v the heartbeats begin over %v, want no more than a fifth of the interval", c.every, heart.spread)
		}
	}
}

// One dyno that serves 50 requests a second gets at most 30 heartbeats a minute, whatever the setting.
func TestABurstTakesNoMoreThanAHundredthOfTheCapacity(t *testing.T) {
	heart, tick := beating(t, 30*time.Second, 1, 10_000, always60)
	tick(10)
	if n := slices.Max(heart.asked); n > 15 {
		t.Errorf("one dyno got %d heartbeats in 30 s", n)
	}
}

func TestTheFirstTickAndACountingPolicyTakeOne(t *testing.T) {
	heart, tick := beating(t, 30*time.Second, 4, 60, always60)
	if r := tick(1); heart.asked[0] != 1 || len(r.Readings) != 1 || r.Burst != "" {
		t.Errorf("the first tick took %v: %+v", heart.asked, r)
	}
	counting := &bursts{answer: always60}
	w := newWorld(4, func(o *bot.Options) { o.Probers, o.HeartbeatsPerMinute = []probe.Prober{counting}, 60 })
	for i := range 10 {
		w.Tick(context.Background(), noon.Add(time.Duration(i)*30*time.Second))
	}
	if n := slices.Max(counting.asked); n != 1 {
		t.Errorf("a policy that counts took %d heartbeats at a tick", n)
	}
}

func TestABurstIsInTheRecordAndExplained(t *testing.T) {
	_, tick := beating(t, 5*time.Second, 8, 60, always60)
	r := tick(2)
	if len(r.Readings) != 5 || r.Burst != "the load is uncertain" || !strings.HasSuffix(r.Why(), "; 5 heartbeats, because the load is uncertain") {
		t.Errorf("%d readings, %q: %s", len(r.Readings), r.Burst, r.Why())
	}
	_, tick = beating(t, 5*time.Second, 8, 60, func(int) probe.Reading { return took(3000) })
	if r = tick(2); r.Burst != "the last one waited" {
		t.Errorf("after one that took 3 s there were %d heartbeats, as %q", len(r.Readings), r.Burst)
	}
}
