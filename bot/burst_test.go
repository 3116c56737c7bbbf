package bot_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/probe"
)

// bursts is a heart that can beat several times at a tick. What it is asked for is kept.
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

// beating is a bot that ticks so often with an adaptive policy and a heart that bursts.
func beating(t *testing.T, every time.Duration, dynos, perMinute int, answer func(int) probe.Reading) (*bursts, func(ticks int) record.Record) {
	t.Helper()
	heart := &bursts{answer: answer}
	w := newWorld(dynos, func(o *bot.Options) {
		o.Interval, o.Probers, o.HeartbeatsPerMinute = every, []probe.Prober{heart}, perMinute
		o.Policy = adaptively(t, adaptive.Balanced, 1000)
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
		most := 0
		for _, n := range heart.asked {
			most = max(most, n)
		}
		if most != c.most {
			t.Errorf("%d a minute, every %v: %d heartbeats at a tick, want %d", c.perMinute, c.every, most, c.most)
		}
		if most > 1 && (heart.spread <= 0 || heart.spread > c.every/5) {
			t.Errorf("every %v the heartbeats begin over %v, want no more than a fifth of the interval", c.every, heart.spread)
		}
	}
}

// One dyno that serves 50 requests a second may be sent no more than 30 heartbeats a minute, whatever the setting.
func TestABurstTakesNoMoreThanAHundredthOfTheCapacity(t *testing.T) {
	heart, tick := beating(t, 30*time.Second, 1, 10_000, always60)
	tick(10)
	for _, n := range heart.asked {
		if n > 15 {
			t.Fatalf("one dyno got %d heartbeats in 30 s", n)
		}
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
	for _, n := range counting.asked {
		if n != 1 {
			t.Errorf("a policy that counts took %d heartbeats at a tick", n)
		}
	}
}

func TestABurstIsInTheRecordAndExplained(t *testing.T) {
	_, tick := beating(t, 5*time.Second, 8, 60, always60)
	r := tick(2)
	if len(r.Readings) != 5 || r.Burst != "the load is uncertain" || !strings.HasSuffix(r.Why(), "; 5 heartbeats, as the load is uncertain") {
		t.Errorf("%d readings, %q: %s", len(r.Readings), r.Burst, r.Why())
	}
	_, tick = beating(t, 5*time.Second, 8, 60, func(int) probe.Reading { return took(3000) })
	if r = tick(2); r.Burst != "the newest one waited" {
		t.Errorf("after one that took 3 s there were %d heartbeats, as %q", len(r.Readings), r.Burst)
	}
}

// The heartbeat in the middle speaks for all: a tick is slow where most of its heartbeats are, and counts once.
func TestTheMiddleOfABurstSpeaks(t *testing.T) {
	for _, c := range []struct {
		name    string
		in      []probe.Reading
		verdict decide.Verdict
		ms      float64
	}{
		{"the middle", []probe.Reading{took(3000), took(50), took(210), took(60), took(2000)}, decide.OK, 210},
		{"most are slow", []probe.Reading{took(3000), took(50), took(1200)}, decide.Slow, 1200},
		{"failures are beyond all", []probe.Reading{failed(probe.Timeout, "no answer"), took(50), failed(probe.Timeout, "no answer")}, decide.Slow, 7},
		{"one that tells nothing is left out", []probe.Reading{blind, took(50), took(60)}, decide.Fast, 50},
		{"most tell nothing", []probe.Reading{blind, took(50), blind}, decide.NoData, 7},
	} {
		p := adaptively(t, adaptive.Balanced, 1000)
		st, d := p.Decide(decide.State{}, facts(noon, c.in, bounds(1, 9), 2))
		if d.Verdict != c.verdict || c.in[d.Reading].Value != c.ms {
			t.Errorf("%s: %s by the one of %g ms, want %s by %g", c.name, d.Verdict, c.in[d.Reading].Value, c.verdict, c.ms)
		}
		if c.verdict == decide.Slow && st.Slow != 1 {
			t.Errorf("%s: the runs are %b after one slow tick", c.name, st.Slow)
		}
	}
}

// Evidence of several heartbeats is worth more than that of one.
func TestABurstTellsTheLoadSooner(t *testing.T) {
	racetest.Computes(t)
	width := func(n int) float64 {
		p := adaptively(t, adaptive.Balanced, 1000)
		a := newApp(p, 10, 8)
		var st decide.State
		var d decide.Decision
		sum := 0.0
		for range 150 {
			a.now = a.now.Add(30 * time.Second)
			in := make([]probe.Reading, n)
			for i := range in {
				ms := 30 + 40*math.Exp(0.47*a.draws.NormFloat64()-0.11)
				if a.draws.Float64() < 0.55 {
					ms += a.draws.ExpFloat64() * 100
				}
				in[i] = took(ms)
			}
			st, d = p.Decide(st, facts(a.now, in, bounds(10, 10), 10))
			sum += math.Log(d.Load.High / d.Load.Low)
		}
		return sum / 150
	}
	if one, many := width(1), width(10); many > 0.8*one {
		t.Errorf("the load is known within a factor of %.2f by one heartbeat at a tick, and %.2f by ten", math.Exp(one), math.Exp(many))
	}
}
