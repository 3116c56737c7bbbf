// Package peers has the scaling policies of other autoscalers, with their published constants, to run in the same
// simulation as ours. All of them see more than heartbeats: what happens inside every dyno, or every request.
//
// They follow public documents and sources, which each of them names. None is the original program. A comment says so
// if a number is not published or is set by the user.
package peers

import (
	"context"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/sim"
)

// All returns every peer with the thresholds for the comparison. The app has fleet f, and an answer is slow after a
// second.
func All(f sim.Fleet) []sim.Driver {
	// The capacity of a dyno, per minute.
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

// begin is called for each simulation. It returns the policy: the desired dynos from the present number and those up.
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
