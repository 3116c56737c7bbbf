package sim_test

import (
	"context"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/probe"
)

func reading(t *testing.T, o sim.Options, interval time.Duration) map[string]probe.Reading {
	t.Helper()
	last := map[string]probe.Reading{}
	run(t, o, every(interval, func(ctx context.Context, w *sim.World, _ time.Duration) {
		for _, p := range w.RouterLog() {
			r := p.Probe(ctx)
			last[r.Signal] = r
		}
	}))
	return last
}

func TestTheRouterLogTellsWhatIsAnswered(t *testing.T) {
	f := lasting(4)
	f.Service = sim.Service{Mean: 100 * time.Millisecond, CV: 0.5}
	got := reading(t, sim.Options{Demand: level{50, 10 * time.Minute}, Fleet: f, Seed: 1}, 5*time.Second)
	for signal, want := range map[string]struct {
		value, share float64
		unit         string
	}{
		probe.RequestsPerSecond: {50, 0.06, "requests/s"}, probe.RecentRequestsPerSecond: {50, 0.12, "requests/s"}, probe.Busy: {5, 0.08, "requests"},
		// The percentiles of the lognormal distribution with that mean and that coefficient of variation.
		probe.ServiceP50: {89.4, 0.04, "ms"}, probe.ServiceP95: {194.5, 0.08, "ms"},
	} {
		if r := got[signal]; r.Outcome != probe.Answered || !near(r.Value, want.value, want.share) || r.Unit != want.unit {
			t.Errorf("%s reads %+v, want about %g %s", signal, r, want.value, want.unit)
		}
	}
}

// The recent rate covers a quarter of a minute, the other one a minute.
func TestTheRecentRateIsAheadOfTheRate(t *testing.T) {
	o := sim.Options{Demand: steps{10, 100, 5 * time.Minute}, Fleet: lasting(8), Seed: 1, Length: 5*time.Minute + 20*time.Second}
	got := reading(t, o, 5*time.Second)
	if rate, recent := got[probe.RequestsPerSecond].Value, got[probe.RecentRequestsPerSecond].Value; rate > 50 || recent < 80 {
		t.Errorf("20 s after 100 requests/s came, the log tells of %g, and recently of %g", rate, recent)
	}
}

type steps struct {
	from, to float64
	at       time.Duration
}

func (s steps) Length() time.Duration { return 2 * s.at }

func (s steps) Rate(seconds float64) float64 {
	if seconds < s.at.Seconds() {
		return s.from
	}
	return s.to
}

func TestTheRouterLogIsSilentAtFirst(t *testing.T) {
	seen := []probe.Outcome{}
	o := sim.Options{Demand: level{20, time.Minute}, Seed: 1}
	run(t, o, every(5*time.Second, func(ctx context.Context, w *sim.World, _ time.Duration) {
		seen = append(seen, w.RouterLog()[0].Probe(ctx).Outcome)
	}))
	if seen[0] != probe.Unreachable || seen[2] != probe.Unreachable || seen[3] != probe.Answered {
		t.Errorf("after 0, 10 and 15 s the log is %v", seen[:4])
	}
}

func TestTheRouterLogMakesTheAdaptivePolicyBetter(t *testing.T) {
	if testing.Short() || racetest.On {
		t.Skip("takes ten seconds, and minutes with the race detector")
	}
	o := bot.Options{Interval: 5 * time.Second, Policy: counting.Policy}
	o.Policy.Adaptive = model(t, adaptive.Balanced)
	for _, c := range []struct {
		trace       string
		slow, ratio float64 // measured with seed 1, and room for noise
	}{
		{"wc98_flash_day", 0.2, 1.14}, {"wc98_week_day", 0.5, 1.17}, {"nasa_day", 1, 1.75}, {"aapl_day", 0.6, 1.25},
	} {
		t.Run(c.trace, func(t *testing.T) {
			t.Parallel()
			r := run(t, sim.Options{Demand: day(t, c.trace), Peak: 25, Seed: 1}, sim.WithRouterLog("with its log", o))
			keepsBar(t, r, c.slow, c.ratio)
		})
	}
}
