package peers

import (
	"fmt"
	"math"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/sim"
)

// Kubernetes' HorizontalPodAutoscaler, with the defaults of autoscaling/v2.
//
// Sources: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/ (algorithm, tolerance, sync
// period, default behavior) and calcPlainMetricReplicas of pkg/controller/podautoscaler/replica_calculator.go (pods
// that are not ready); https://github.com/kubernetes-sigs/metrics-server (resolution).
const (
	hpaSync          = 15 * time.Second
	hpaTolerance     = 0.1
	hpaStabilization = 5 * time.Minute // of scale-downs only
	hpaResolution    = 15 * time.Second
	// In 15 s, the sync period: at most twice the pods or 4 more, whichever is larger.
	hpaDouble, hpaPods = 2, 4
)

// HPA tracks the share of busy slots, from 0 to 1, as if it were CPU.
func HPA(target float64) sim.Driver {
	return driver(fmt.Sprintf("hpa-%.0f", 100*target), hpaSync, func(w *sim.World) func(time.Time, int, int) int {
		recent := window{length: hpaStabilization}
		return func(now time.Time, n, up int) int {
			seen := w.Observe(hpaResolution)
			want := n
			if seen.Serving > 0 {
				busy := min(1, seen.Busy/(seen.Serving*float64(w.Slots())))
				want = hpaReplicas(busy/target, n, up)
			}
			want = max(want, min(n, recent.most(now, want)))
			return min(want, max(hpaDouble*n, n+hpaPods))
		}
	})
}

// The number of pods for a ratio of usage to target. Pods that are not ready count as idle when scaling up, and do not
// count when scaling down.
func hpaReplicas(ratio float64, n, ready int) int {
	if ready >= n || ratio <= 1 {
		if math.Abs(1-ratio) <= hpaTolerance {
			return n
		}
		return int(math.Ceil(ratio * float64(ready)))
	}
	spread := ratio * float64(ready) / float64(n)
	if spread <= 1+hpaTolerance {
		return n
	}
	return int(math.Ceil(spread * float64(n)))
}

type window struct {
	length time.Duration
	times  []time.Time
	values []int
}

// Adds a number and returns the largest within the window.
func (w *window) most(now time.Time, value int) int {
	for len(w.values) > 0 && w.values[len(w.values)-1] <= value {
		w.times, w.values = w.times[:len(w.times)-1], w.values[:len(w.values)-1]
	}
	w.times, w.values = append(w.times, now), append(w.values, value)
	for now.Sub(w.times[0]) > w.length {
		w.times, w.values = w.times[1:], w.values[1:]
	}
	return w.values[0]
}
