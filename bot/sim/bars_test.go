package sim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/sim"
)

// On a day of each trace the adaptive policy, with heartbeats alone, stays below these shares of slow minutes and these
// ratios of dyno-hours to the oracle's. Each bar is the mean measured over two seeds, with room for the noise between
// seeds. The test runs one seed. Counting has 50 to 80 % slow minutes on the first three, and 6 to 9 % on the last.
func TestTheAdaptivePolicyKeepsItsBars(t *testing.T) {
	if testing.Short() || racetest.On {
		t.Skip("takes half a minute, and ten times as long with the race detector")
	}
	for _, c := range []struct {
		trace       string
		every       time.Duration
		slow, ratio float64
	}{
		{"wc98_flash_day", 5 * time.Second, 0.5, 1.22},
		{"wc98_flash_day", 30 * time.Second, 1.2, 1.22},
		{"wc98_week_day", 5 * time.Second, 0.9, 1.23},
		{"wc98_week_day", 30 * time.Second, 1.9, 1.22},
		{"nasa_day", 5 * time.Second, 1.6, 1.53},
		{"nasa_day", 30 * time.Second, 2.8, 1.48},
		{"aapl_day", 5 * time.Second, 1.6, 1.7},
		{"aapl_day", 30 * time.Second, 2.4, 1.55},
	} {
		t.Run(fmt.Sprintf("%s every %v", c.trace, c.every), func(t *testing.T) {
			t.Parallel()
			policy := counting.Policy
			policy.IneffectiveAfter, policy.Adaptive = 3, model(t, adaptive.Balanced)
			r := run(t, sim.Options{Demand: day(t, c.trace), Peak: 25, Seed: 1},
				sim.Bot("adaptive", bot.Options{Interval: c.every, HeartbeatsPerMinute: 60, Policy: policy}))
			keepsBar(t, r, c.slow, c.ratio)
		})
	}
}

func keepsBar(t *testing.T, r sim.Result, slow, ratio float64) {
	t.Helper()
	t.Logf("slow minutes %.2f %%, %.3f of the oracle's dyno-hours, %d flips", r.SlowMinutesPercent, r.OracleRatio, r.Flips)
	if r.SlowMinutesPercent > slow || r.OracleRatio > ratio {
		t.Errorf("%.2f %% slow minutes at %.3f, want %.2f at %.3f", r.SlowMinutesPercent, r.OracleRatio, slow, ratio)
	}
}
