package peers

import (
	"math"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/sim"
)

// Heroku's own autoscaling, as far as it is documented: from the data of the past hour it calculates the smallest
// number of dynos whose 95th percentile is at most the desired one at the present throughput. It goes there by one dyno
// at a time, at least a minute apart, and scales down less eagerly than up.
//
// Source: https://devcenter.heroku.com/articles/autoscaling#autoscaling-logic. The calculation, and how much less
// eagerly it scales down, are not published. Here the capacity of a dyno is its throughput in the busiest minute of the
// hour with an acceptable percentile, and scaling down needs five minutes in a row.
const (
	herokuTick   = time.Minute
	herokuMemory = 60 // minutes
	herokuCalm   = 5  // minutes
)

// Heroku keeps the 95th percentile of the response times at the desired one or below.
func Heroku(desired time.Duration) sim.Driver {
	return driver("heroku", herokuTick, func(w *sim.World) func(time.Time, int, int) int {
		var right [herokuMemory]float64 // a dyno's throughput in minutes with an acceptable percentile, 0 in others
		minute, calm := 0, 0
		return func(_ time.Time, n, up int) int {
			seen := w.Observe(herokuTick)
			if seen.Arrived == 0 || up == 0 {
				return n
			}
			slow := seen.Response(0.95) > desired
			right[minute%herokuMemory] = 0
			if !slow {
				right[minute%herokuMemory] = float64(seen.Arrived) / max(1, seen.Serving)
			}
			minute++
			able := 0.0
			for _, r := range right {
				able = max(able, r)
			}
			calm = inARow(calm, !slow && able > 0 && math.Ceil(float64(seen.Arrived)/able) < float64(n))
			switch {
			case slow || able > 0 && math.Ceil(float64(seen.Arrived)/able) > float64(n):
				return n + 1
			case calm >= herokuCalm:
				return n - 1
			}
			return n
		}
	})
}
