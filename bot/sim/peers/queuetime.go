package peers

import (
	"time"

	"github.com/autoscalebot/autoscalebot/bot/sim"
)

// Judoscale on queue times: metrics are aggregated every 10 s. Above the range one dyno is added. Below it for the
// delay, one is removed.
//
// Sources: https://judoscale.com/guides/autoscaling-behavior/ and https://judoscale.com/docs/tuning-your-application
// (one dyno at a time, a downscale delay of 10 minutes, an upscale frequency no shorter than a boot, 30 to 45 s on
// Heroku). The user sets the thresholds; the ones here are assumed.
const (
	judoscaleTick = 10 * time.Second
	judoscaleUp   = 45 * time.Second
	judoscaleDown = 10 * time.Minute
)

// Judoscale keeps the 95th percentile of the queue times between least and most.
func Judoscale(most, least time.Duration) sim.Driver {
	return driver("judoscale", judoscaleTick, func(w *sim.World) func(time.Time, int, int) int {
		var up time.Time   // the newest upscale
		var high time.Time // when it was last not below the range, or last scaled down
		return func(now time.Time, n, _ int) int {
			seen := w.Observe(judoscaleTick)
			wait := seen.Wait(0.95)
			if wait >= least || high.IsZero() {
				high = now
			}
			switch {
			case wait > most && now.Sub(up) >= judoscaleUp:
				up = now
				return n + 1
			case now.Sub(high) >= judoscaleDown:
				high = now
				return n - 1
			}
			return n
		}
	})
}

// HireFire on queue times: one checkup a minute compares the last minute's percentile and adds or removes one dyno.
//
// Sources: https://help.hirefire.io/article/7-manager-checkup-frequency,
// https://help.hirefire.io/article/49-logplex-queue-time and https://help.hirefire.io/article/13-timeout-options
// (timeouts are off by default). The user sets the thresholds; the ones here, and the step of one, are assumed.
const hireFireCheckup = time.Minute

// HireFire keeps the 95th percentile of the queue times between least and most.
func HireFire(most, least time.Duration) sim.Driver {
	return driver("hirefire", hireFireCheckup, func(w *sim.World) func(time.Time, int, int) int {
		return func(_ time.Time, n, _ int) int {
			seen := w.Observe(hireFireCheckup)
			switch wait := seen.Wait(0.95); {
			case seen.Seconds == 0:
				return n
			case wait > most:
				return n + 1
			case wait < least:
				return n - 1
			}
			return n
		}
	})
}
