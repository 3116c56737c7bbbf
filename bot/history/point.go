package history

import (
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

// A Point sums up the heartbeats of a bucket of time.
type Point struct {
	// Time is the beginning of the bucket.
	Time time.Time `json:"time"`
	// Heartbeats is their number. Slow, Fast and NoData count those with that verdict; the rest were ok.
	Heartbeats int `json:"heartbeats"`
	Slow       int `json:"slow"`
	Fast       int `json:"fast"`
	NoData     int `json:"no_data"`
	// Unanswered counts the heartbeats without a response time, whatever their verdict.
	Unanswered int `json:"unanswered"`
	// MedianMS, P95MS and MaxMS are response times in milliseconds, -1 without any.
	MedianMS float64 `json:"median_ms"`
	P95MS    float64 `json:"p95_ms"`
	MaxMS    float64 `json:"max_ms"`
	// LowMS and HighMS are the thresholds of the last heartbeat.
	LowMS  float64 `json:"low_ms"`
	HighMS float64 `json:"high_ms"`
	// Dynos is the number after the last heartbeat that knew it, -1 if none did. DynoSeconds is dynos times the seconds
	// that they ran.
	Dynos       int     `json:"dynos"`
	DynoSeconds float64 `json:"dyno_seconds"`
	// Seconds is the time that DynoSeconds covers: from each heartbeat that knew the number to the next, at most an
	// hour each. MaxDynoSeconds is the maximum times these seconds.
	Seconds        float64 `json:"seconds"`
	MaxDynoSeconds float64 `json:"max_dyno_seconds"`
	// Min and Max are the limits of the last heartbeat.
	Min int `json:"min"`
	Max int `json:"max"`
	// Ups and Downs count scale-ups and scale-downs.
	Ups   int `json:"ups"`
	Downs int `json:"downs"`
}

// A Series is a period in buckets of Step, in the order of time. Buckets without heartbeats are missing.
type Series struct {
	Step   time.Duration
	Points []Point
}

// A Query selects records. The zero Query selects the newest 100.
type Query struct {
	// From (inclusive) and To (exclusive) bound the records' times; zero means no bound.
	From, To time.Time
	// Changed selects heartbeats that changed something, failed to, would have in a dry run, or found a manual change.
	Changed bool
	// Verdict and Rule select records with that value; empty selects all.
	Verdict decide.Verdict
	Rule    decide.Rule
	// Oldest selects the oldest of the matching records instead of the newest.
	Oldest bool
	// Limit is the maximum number of records; 0 means 100.
	Limit int
}

// A Reach is how far back a history goes. What changed something is kept since First, for [Retention.Changes].
type Reach struct {
	// First is the beginning of the history, to the hour; zero without any.
	First time.Time `json:"first,omitzero"`
	// All is the time since which every record is kept. Minutes is the time since which summaries of each minute are
	// kept. Zero means First.
	All     time.Time `json:"all,omitzero"`
	Minutes time.Time `json:"minutes,omitzero"`
}
