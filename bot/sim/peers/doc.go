// Package peers holds the scaling policies of others, with the constants that they publish, to run in the same
// simulation as ours. All of them see more than heartbeats do: what happens inside every dyno, or every request.
//
// They are readings of public documents and sources, which each of them names, and none is the original program. Where
// a number is nowhere published, or is the user's to choose, the comment says so.
package peers

import (
	"context"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/sim"
)

// All returns every peer with the thresholds that it is compared by, for an app of fleet f whose longest right response
// time is a second.
func All(f sim.Fleet) []sim.Driver {
	// What a dyno can do at most, per minute.
	most := 60 * f.Capacity() / f.Busy
	return []sim.Driver{
		HPA(0.7), HPA(0.8), Knative(0.7), AWS(0.75 * most),
		Heroku(700 * time.Millisecond),
		HireFire(100*time.Millisecond, 10*time.Millisecond),
		Judoscale(100*time.Millisecond, 10*time.Millisecond),
		AppAutoscaler(time.Second, 200*time.Millisecond),
		AppAutoscaler(250*time.Millisecond, 130*time.Millisecond),
	}
}

// driver makes a driver of what a peer wants at each tick, given the dynos asked for and those up. begin is called for
// each simulation.
func driver(
	name string, interval time.Duration, begin func(w *sim.World) func(now time.Time, n, up int) int,
) sim.Driver {
	return sim.Driver{Name: name, Interval: interval, Begin: func(w *sim.World) func(context.Context, time.Time) {
		want := begin(w)
		return func(ctx context.Context, now time.Time) {
			n, _, _ := w.Size(ctx) // never fails
			up, _ := w.Up(ctx)
			w.Want(want(now, n, up))
		}
	}}
}
