package sim

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/autoscalebot/autoscalebot/schedule"
)

// Seconds.
const oracleInterval = 5

// Foresight is how far the oracle looks ahead: the longest boot and 15 s more. Its decisions are 5 s apart, so the
// dynos it asks for are up in time.
func (f Fleet) Foresight() time.Duration { return f.BootMax + 3*oracleInterval*time.Second }

// Oracle drives by perfect knowledge of the demand. It asks for the dynos that the largest demand within its
// [Fleet.Foresight] needs, and waits for the same boots as every policy.
func Oracle() Driver {
	return Driver{"oracle", oracleInterval * time.Second, func(w *World) func(context.Context, time.Time) {
		return func(context.Context, time.Time) { w.Want(w.need.ahead(int(w.now))) }
	}}
}

// OracleOf drives as [Oracle] does, but asks for factor times as many dynos, rounded up. It is for an app whose dynos
// have less capacity than their slots and the mean time of an answer suggest. factor must be more than 0.
func OracleOf(factor float64) Driver {
	return Driver{
		fmt.Sprintf("oracle × %g", factor), oracleInterval * time.Second,
		func(w *World) func(context.Context, time.Time) {
			need := w.need
			need.capacity /= factor
			return func(context.Context, time.Time) { w.Want(need.ahead(int(w.now))) }
		},
	}
}

type need struct {
	demand   Demand
	capacity float64 // of one dyno, in requests per second
	limits   schedule.Limits
	seconds  int // how far it looks ahead

	// The seconds ahead whose demand exceeds that of all later ones in the window, in order of time.
	largest []ahead
	seen    int // the last second examined
}

type ahead struct {
	second int
	rate   float64
}

func (n *need) at(rate float64) int {
	return max(1, int(math.Ceil(min(rate/n.capacity, maxDynos))))
}

// now must not be earlier than in the call before.
func (n *need) ahead(now int) int {
	for ; n.seen < now+n.seconds; n.seen++ {
		rate := n.demand.Rate(float64(n.seen) + 0.5)
		for len(n.largest) > 0 && n.largest[len(n.largest)-1].rate <= rate {
			n.largest = n.largest[:len(n.largest)-1]
		}
		n.largest = append(n.largest, ahead{n.seen, rate})
	}
	for n.largest[0].second < now {
		n.largest = n.largest[1:]
	}
	return n.limits.Clamp(n.at(n.largest[0].rate))
}
