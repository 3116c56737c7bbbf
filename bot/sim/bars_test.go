package sim_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/probe"
)

// On a day of each trace the adaptive policy, with nothing but heartbeats, stays below these shares of slow minutes and these dyno-hours
// in relation to the oracle's: each bar is what was measured with seed 1, and room for noise. Counting has at least twice the slow minutes.
func TestTheAdaptivePolicyKeepsItsBars(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("takes a minute, and ten with the race detector")
	}
	for _, c := range []struct {
		trace       string
		every       time.Duration
		slow, ratio float64
	}{
		{"wc98_flash_day", 5 * time.Second, 0.5, 1.25},
		{"wc98_flash_day", 30 * time.Second, 2.5, 1.3},
		{"wc98_week_day", 5 * time.Second, 0.4, 1.25},
		{"wc98_week_day", 30 * time.Second, 2.8, 1.25},
		{"nasa_day", 5 * time.Second, 2, 1.55},
		{"nasa_day", 30 * time.Second, 4.5, 1.5},
		{"aapl_day", 5 * time.Second, 1.6, 1.75},
		{"aapl_day", 30 * time.Second, 2.6, 1.75},
	} {
		t.Run(fmt.Sprintf("%s every %v", c.trace, c.every), func(t *testing.T) {
			t.Parallel()
			file, err := os.Open("testdata/traces/" + c.trace + ".csv")
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			trace, err := sim.ParseTrace(file)
			if err != nil {
				t.Fatal(err)
			}
			adaptive, err := bot.NewAdaptive(bot.Balanced, 1000)
			if err != nil {
				t.Fatal(err)
			}
			policy := bot.Policy{
				MaxResponseMS: 1000, MinResponseMS: 200, Fails: bot.InARow(3), Passes: bot.InARow(5), HelpAfter: 3,
				FailOn: []probe.Outcome{probe.Timeout, probe.ServerError},
			}
			run := func(name string, p bot.Policy) sim.Result {
				r, err := sim.Run(t.Context(), sim.Options{Demand: trace, Peak: 25, Seed: 1}, sim.Bot(name, bot.Options{Interval: c.every, Policy: p}))
				if err != nil {
					t.Fatal(err)
				}
				return r
			}
			counting := run("count", policy)
			policy.Adaptive = adaptive
			r := run("adaptive", policy)
			t.Logf("%s every %v: slow minutes %.2f %%, %.3f of the oracle's dyno-hours, %d flips; counting: %.2f %%, %.3f, %d", c.trace, c.every,
				r.SlowMinutesPercent, r.OracleRatio, r.Flips, counting.SlowMinutesPercent, counting.OracleRatio, counting.Flips)
			if r.SlowMinutesPercent > c.slow || r.OracleRatio > c.ratio || r.SlowMinutesPercent > counting.SlowMinutesPercent/2 {
				t.Errorf("%.2f %% slow minutes at %.3f, want %.2f at %.3f", r.SlowMinutesPercent, r.OracleRatio, c.slow, c.ratio)
			}
		})
	}
}
