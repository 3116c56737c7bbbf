package peers

import (
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/sim"
)

// App Autoscaler of Pivotal and VMware: every 35 s it compares the mean of the last 120 s with the thresholds, and adds
// or removes one instance.
//
// Source:
// https://docs.vmware.com/en/VMware-Tanzu-Application-Service/2.12/tas-for-vms/autoscaler-about-app-autoscaler.html
// (interval, window, factors of one). The user sets the thresholds.
const (
	appAutoscalerInterval = 35 * time.Second
	appAutoscalerWindow   = 120 * time.Second
)

// AppAutoscaler keeps the mean response time between least and most.
func AppAutoscaler(most, least time.Duration) sim.Driver {
	name := fmt.Sprintf("app-autoscaler-%d-%d", most.Milliseconds(), least.Milliseconds())
	return driver(name, appAutoscalerInterval, func(w *sim.World) func(time.Time, int, int) int {
		return func(_ time.Time, n, _ int) int {
			seen := w.Observe(appAutoscalerWindow)
			switch mean := seen.MeanResponse; {
			case seen.Answered == 0:
				return n
			case mean > most:
				return n + 1
			case mean < least:
				return n - 1
			}
			return n
		}
	})
}
