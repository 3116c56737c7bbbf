package bot

import (
	"fmt"
	"math"
)

// An Estimate is what the adaptive policy makes of the heartbeats.
type Estimate struct {
	// Likely is the load in dynos that it would keep busy all the time; 4 times in 5 it is between Low and High.
	Low    float64 `json:"low"`
	Likely float64 `json:"likely"`
	High   float64 `json:"high"`
	// Busy is the share of their time, from 0 to 1, that dynos are to be busy at the most.
	Busy float64 `json:"busy"`
	// Need is how many dynos that needs. Most is the largest need of the last PatienceSeconds; none below it is removed.
	Need            int     `json:"need"`
	Most            int     `json:"most"`
	PatienceSeconds float64 `json:"patience_seconds"`
	// Trial says that fewer dynos are tried, since heartbeats that do not wait cannot tell how low the load is.
	Trial bool `json:"trial,omitempty"`
}

// String writes the estimate for people.
func (e *Estimate) String() string {
	text := fmt.Sprintf("load is about %.1f dynos' worth (%.1f–%.1f); for %.0f %% busy at most that needs %d", e.Likely, e.Low, e.High, 100*e.Busy, e.Need)
	if e.Most > e.Need {
		text += fmt.Sprintf(", and %d were needed within the last %.0f min", e.Most, math.Ceil(e.PatienceSeconds/60))
	}
	if e.Trial {
		text += "; no heartbeat has waited for long, so fewer are tried"
	}
	return text
}
