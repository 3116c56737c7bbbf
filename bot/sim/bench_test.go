package sim_test

import (
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/sim"
)

func benchmark(b *testing.B, o sim.Options, by func() sim.Driver) {
	requests := uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		requests += run(b, o, by()).Requests
	}
	b.ReportMetric(float64(requests)/1e6/b.Elapsed().Seconds(), "Mrequests/s")
}

// An hour of 25 dynos at their peak, about 4 million requests, with the oracle or with a bot that sends a heartbeat
// every 5 s.
func BenchmarkRun(b *testing.B) {
	dense := counting
	dense.Interval = 5 * time.Second
	for name, by := range map[string]func() sim.Driver{"oracle": sim.Oracle, "bot": func() sim.Driver { return sim.Bot("count", dense) }} {
		for router, what := range []string{"random", "least connections", "two choices"} {
			b.Run(name+"/"+what, func(b *testing.B) {
				f := sim.DefaultFleet()
				f.Router = sim.Router(router)
				benchmark(b, sim.Options{Demand: level{1, time.Hour}, Peak: 25, Fleet: f}, by)
			})
		}
	}
}

// 30 days of heartbeats every 30 s, and every 5 s.
func BenchmarkMonthWithoutTraffic(b *testing.B) {
	for _, interval := range []time.Duration{30 * time.Second, 5 * time.Second} {
		b.Run(interval.String(), func(b *testing.B) {
			o := counting
			o.Interval = interval
			for b.Loop() {
				run(b, sim.Options{Demand: level{0, 30 * 24 * time.Hour}}, sim.Bot("count", o))
			}
		})
	}
}

// A week of 350 million requests, once.
func BenchmarkWeek(b *testing.B) {
	if testing.Short() {
		b.Skip("takes most of a minute")
	}
	benchmark(b, sim.Options{Demand: level{350e6 / (7 * 24 * 3600), 7 * 24 * time.Hour}}, func() sim.Driver { return sim.Bot("count", counting) })
}
