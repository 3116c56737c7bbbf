package sim

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/autoscalebot/autoscalebot/schedule"
)

// oracleInterval is in seconds.
const oracleInterval = 5

// Foresight is how far the oracle looks ahead: as long as the longest boot takes, and 15 s more, so that what it
// commands at one of its decisions, 5 s apart, is up in time.
func (f Fleet) Foresight() time.Duration { return f.BootMax + 3*oracleInterval*time.Second }

// Oracle drives by perfect knowledge of the demand: it asks for as many dynos as the largest demand within its
// [Fleet.Foresight] needs. It waits for the same boots as everybody.
func Oracle() Driver {
	return Driver{"oracle", oracleInterval * time.Second, func(w *World) func(context.Context, time.Time) {
		return func(context.Context, time.Time) { w.Want(w.need.ahead(int(w.now))) }
	}}
}

// OracleOf drives as [Oracle] does, but asks for factor times as many dynos, rounded up: for an app whose dynos bear
// less than their slots and the mean time of an answer tell. factor is more than 0.
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
	capacity float64 // requests per second that one dyno serves
	limits   schedule.Limits
	seconds  int // that it looks ahead

	// A window of the seconds ahead whose demand is larger than that of all later ones in it, in the order of time.
	largest []ahead
	seen    int // up to which second
}

type ahead struct {
	second int
	rate   float64
}

func (n *need) at(rate float64) int {
	return max(1, int(math.Ceil(min(rate/n.capacity, maxDynos))))
}

// ahead must not be asked of an earlier second than before.
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
