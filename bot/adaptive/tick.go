package adaptive

import (
	"math"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

// A Tick is what a model is told at one.
type Tick struct {
	Now time.Time
	// Dynos is how many there are.
	Dynos int
	// Readings are those of the tick. ConnectTimeouts says that a heartbeat that was given up before it was connected
	// tells of load.
	Readings        []probe.Reading
	ConnectTimeouts bool
	// Boot is how long dynos lately took to boot, 0 where that is not known, and Booting says that some are yet to.
	Boot    time.Duration
	Booting bool
	// NoData: the heartbeats say nothing about the load. Answered: all were.
	NoData   bool
	Answered bool
	// Fails is how many slow ticks in a row call for Step more dynos where the load does not explain them, and Failing
	// says that enough in a row failed.
	Fails   int
	Failing bool
	Step    int
	// Begun is when the bot began to watch, LastUp when it last added dynos, and Unchanged for how long their number
	// has been the same.
	Begun     time.Time
	LastUp    time.Time
	Unchanged time.Duration
	// SmallerBy is how many times as much a dyno bears as one of the next smaller size; 0 where there is none, or none
	// is to be chosen.
	SmallerBy float64
}

// boot is how long a boot is taken to last.
func (t *Tick) boot() time.Duration {
	if t.Boot == 0 {
		return firstBoot
	}
	return t.Boot
}

// A beat is a heartbeat that tells of load: how many seconds it took, and whether it was given up then.
type beat struct {
	took float64
	late bool
}

// beats finds the heartbeats among the readings. An error that comes at once tells nothing of load.
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
