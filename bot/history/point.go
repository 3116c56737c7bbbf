package history

import (
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

// A Point sums up the heartbeats of one bucket of time.
type Point struct {
	// Time is when the bucket begins.
	Time time.Time `json:"time"`
	// Heartbeats is how many there were. Slow, Fast and NoData are how many of them had that verdict; the rest were ok.
	Heartbeats int `json:"heartbeats"`
	Slow       int `json:"slow"`
	Fast       int `json:"fast"`
	NoData     int `json:"no_data"`
	// Unanswered is how many heartbeats measured no response time: those that timed out or failed, whatever their
	// verdict.
	Unanswered int `json:"unanswered"`
	// MedianMS, P95MS and MaxMS are response times in milliseconds, of the heartbeats that measured one; -1 when none
	// did.
	MedianMS float64 `json:"median_ms"`
	P95MS    float64 `json:"p95_ms"`
	MaxMS    float64 `json:"max_ms"`
	// LowMS and HighMS are the bounds that were used last: below the first is too fast, above the second too slow.
	LowMS  float64 `json:"low_ms"`
	HighMS float64 `json:"high_ms"`
	// Dynos is the number after the last heartbeat, -1 when none was told. DynoSeconds is what ran, in dynos times
	// seconds.
	Dynos       int     `json:"dynos"`
	DynoSeconds float64 `json:"dyno_seconds"`
	// Seconds is for how long that was seen: from each heartbeat that knew the number to the next, an hour at the most.
	// MaxDynoSeconds is what the maximum would have come to in that time.
	Seconds        float64 `json:"seconds"`
	MaxDynoSeconds float64 `json:"max_dyno_seconds"`
	// Min and Max are the limits of the last heartbeat.
	Min int `json:"min"`
	Max int `json:"max"`
	// Ups and Downs are how many times dynos were added and removed.
	Ups   int `json:"ups"`
	Downs int `json:"downs"`
}

// A Series is a stretch of history in buckets of Step, in the order of time. A bucket without a heartbeat is left out.
type Series struct {
	Step   time.Duration
	Points []Point
}

// A Query says which records are wanted. The zero Query wants the newest 100.
type Query struct {
	// From and To bound the records' times, From included and To not; zero does not bound.
	From, To time.Time
	// Changed leaves out the records of heartbeats that changed nothing: what stays scaled, failed to, would have in a
	// dry run, or found that somebody else had.
	Changed bool
	// Verdict and Rule leave out the records with another one; "" takes all.
	Verdict decide.Verdict
	Rule    decide.Rule
	// Limit is how many of the newest are wanted; 0 = 100.
	Limit int
}
