package peers

import (
	"fmt"
	"math"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/sim"
)

// Knative's pod autoscaler, with its defaults.
//
// Sources: https://knative.dev/docs/serving/autoscaling/kpa-specific/ (windows, panic, rates) and Scale of
// pkg/autoscaler/scaling/autoscaler.go of github.com/knative/serving (algorithm, tick).
const (
	knativeTick      = 2 * time.Second
	knativeStable    = time.Minute
	knativePanic     = 6 * time.Second // 10 % of the stable window
	knativeThreshold = 2.0             // panic at 200 % of the target of the ready pods
	knativeUpRate    = 1000.0
	knativeDownRate  = 2.0
)

// Knative tracks the mean concurrency of a pod, as a share of its slots from 0 to 1. The default is 0.7. The
// concurrency includes requests that wait.
func Knative(target float64) sim.Driver {
	return driver(fmt.Sprintf("knative-%.0f", 100*target), knativeTick,
		func(w *sim.World) func(time.Time, int, int) int {
			k := knative{perPod: target * float64(w.Slots())}
			return func(now time.Time, n, up int) int {
				stable, panicking := w.Observe(knativeStable), w.Observe(knativePanic)
				if stable.Seconds == 0 {
					return n
				}
				return k.scale(now, stable.InFlight, panicking.InFlight, max(1, float64(up)))
			}
		})
}

type knative struct {
	perPod  float64
	panicAt time.Time // zero while not panicking
	most    int       // requested since then
}

func (k *knative) scale(now time.Time, stable, short, ready float64) int {
	least, most := math.Floor(ready/knativeDownRate), math.Ceil(knativeUpRate*ready)
	clamp := func(x float64) int { return int(min(max(math.Ceil(x/k.perPod), least), most)) }
	want, fast := clamp(stable), clamp(short)
	switch over := math.Ceil(short/k.perPod)/ready >= knativeThreshold; {
	case over:
		k.panicAt = now
	case !k.panicAt.IsZero() && now.Sub(k.panicAt) > knativeStable:
		k.panicAt, k.most = time.Time{}, 0
	}
	if k.panicAt.IsZero() {
		return want
	}
	k.most = max(k.most, want, fast)
	return k.most
}
