// Package record is the account of a tick. record.go has its data; the files that begin with why explain it in words.
package record

import (
	"cmp"
	"context"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/words"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// An Action is the result of a tick.
type Action string

const (
	// Held: nothing changed.
	Held Action = "held"
	// Scaled: the platform accepted a change of the number of dynos.
	Scaled Action = "scaled"
	// WouldScale: a dry run would have changed the number.
	WouldScale Action = "would scale"
	// Resized: the platform accepted a change of the dyno size.
	Resized Action = "resized"
	// WouldResize: a dry run would have changed the size.
	WouldResize Action = "would resize"
	// Failed: the platform did not report the number of dynos, or did not accept the change.
	Failed Action = "failed"
	// Interrupted: the bot was stopped during the tick.
	Interrupted Action = "interrupted"
)

// A Record holds everything about one tick. Log lines, notices and all other views are made from it.
type Record struct {
	// Time is the start of the tick.
	Time time.Time `json:"time"`
	// App and ProcessType name what is scaled.
	App         string `json:"app"`
	ProcessType string `json:"process_type"`
	// Unit is the platform's word for a dyno, in the singular; "" for "dyno".
	Unit string `json:"unit,omitempty"`
	// Readings are one for each prober, or several heartbeats. Burst is the reason for several.
	Readings []probe.Reading `json:"readings"`
	Burst    string          `json:"burst,omitempty"`
	// Limits are the limits in force at Time.
	Limits schedule.Limits `json:"limits"`
	// MinRow and MaxRow are the rows of the schedule that set them; "" for a number that never changes, and while an
	// override of the limits is in force.
	MinRow string `json:"min_row,omitempty"`
	MaxRow string `json:"max_row,omitempty"`
	// Dynos is the number that the platform reported, -1 if it is unknown.
	Dynos int `json:"dynos"`
	// Settled is false while an earlier change is in progress.
	Settled bool `json:"settled"`
	// Decision is the decision of the tick.
	Decision decide.Decision `json:"decision"`
	// Action is the result.
	Action Action `json:"action"`
	// Error is the platform's error. It contains no secret.
	Error string `json:"error,omitempty"`
	// Control holds the pauses and the overrides in force.
	Control decide.Control `json:"control,omitzero"`
	// Price is the price of one dyno in dollars a month; 0 if it is unknown.
	Price float64 `json:"price,omitempty"`
	// Quota is the number of API calls left; nil if the platform does not say.
	Quota *int `json:"quota,omitempty"`
	// DurationMS is the length of the tick in milliseconds.
	DurationMS float64 `json:"duration_ms"`
}

// A Recorder stores records. Record must return when ctx ends. An error means that the record was not stored.
type Recorder interface {
	Record(ctx context.Context, r Record) error
}

// After returns the requested number of dynos after the tick; -1 if it is unknown.
func (r Record) After() int {
	if r.Action == Scaled {
		return r.Decision.To
	}
	return r.Dynos
}

// Of returns n in the platform's words: "1 dyno", "3 servers".
func (r Record) Of(n int) string { return words.Unit(r.Unit).Of(n) }

// Units returns the platform's word for dynos.
func (r Record) Units() string { return words.Unit(r.Unit).Many() }

// Heartbeat returns the heartbeat that the decision rests on. ok is false without one.
func (r Record) Heartbeat() (hb probe.Reading, ok bool) {
	if i := r.Decision.Reading; i >= 0 && i < len(r.Readings) {
		return r.Readings[i], true
	}
	return probe.Reading{}, false
}

// InMaintenance reports whether the heartbeat found the app in maintenance mode.
func (r Record) InMaintenance() bool {
	hb, _ := r.Heartbeat()
	return hb.Outcome == probe.Maintenance
}

// Undecided returns why no decision on fresh data was carried out: the bot is offline or has no data, the number of
// dynos is unknown, or the platform refused the change. It returns "" if one was carried out, also one to hold or to
// leave the app alone.
func (r Record) Undecided() string {
	d := r.Decision
	switch {
	case r.Action == Interrupted:
		return stopping
	case d.Rule == decide.RuleOffline:
		return "the bot is offline"
	case r.Dynos < 0:
		return "the number of " + r.Units() + " is unknown: " + r.Error
	case r.Action == Failed:
		return "the platform refused the change: " + r.Error
	case d.Rule == decide.RuleLeftAlone || d.Rule == decide.RuleMaintenance:
		return ""
	case d.Says() == decide.NoData:
		if _, heard := r.Heartbeat(); heard && d.Verdict == decide.NoData && !d.ByRules {
			return r.Observed()
		}
		return cmp.Or(r.signals(noData), "no data")
	}
	return ""
}
