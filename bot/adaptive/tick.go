package adaptive

import (
	"math"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

// A Tick is what a model learns at a tick.
type Tick struct {
	Now time.Time
	// Dynos is the number of dynos.
	Dynos int
	// Readings are those of the tick. ConnectTimeouts: a heartbeat that was given up before it was connected counts as
	// load.
	Readings        []probe.Reading
	ConnectTimeouts bool
	// Boot is the time that boots took lately, 0 if not known. Booting: some dynos are still booting.
	Boot    time.Duration
	Booting bool
	// NoData: the heartbeats say nothing about the load. Answered: all of them were answered.
	NoData   bool
	Answered bool
	// Fails is the number of slow ticks in a row that call for Step more dynos if the load does not explain them.
	// Failing: enough ticks in a row failed.
	Fails   int
	Failing bool
	Step    int
	// Begun is when the bot started, LastUp the time of its last scale-up, and Unchanged how long the number of dynos
	// has been the same.
	Begun     time.Time
	LastUp    time.Time
	Unchanged time.Duration
	// SmallerBy is the capacity of a dyno in dynos of the next smaller size; 0 if there is no smaller size to choose.
	SmallerBy float64
}

func (t *Tick) boot() time.Duration {
	if t.Boot == 0 {
		return firstBoot
	}
	return t.Boot
}

// A beat is a heartbeat that says something about load: the seconds it took, and whether it was given up after them.
type beat struct {
	took float64
	late bool
}

// An error that comes at once is not a sign of load.
func (t *Tick) beats() []beat {
	out := make([]beat, 0, mostBeats)
	for i := range t.Readings {
		r := &t.Readings[i]
		late := r.Outcome == probe.Timeout ||
			(r.Outcome == probe.ServerError || r.Outcome == probe.Overloaded) && r.Value > 5000 ||
			r.Outcome == probe.ConnectTimeout && t.ConnectTimeouts
		if isBeat(r) && (late || r.Outcome == probe.Answered) && len(out) < mostBeats {
			out = append(out, beat{min(max(0.0005, r.Value/1000), longestBeat), late})
		}
	}
	return out
}

func isBeat(r *probe.Reading) bool {
	return r.IsHeartbeat() && r.Unit == "ms" && !math.IsNaN(r.Value) && !math.IsInf(r.Value, 0)
}
