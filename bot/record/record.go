// Package record is the account of a tick: its data in record.go, and its words, which explain every decision, in the
// files that begin with why.
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

// An Action is what came of a tick.
type Action string

const (
	// Held: nothing was changed.
	Held Action = "held"
	// Scaled: the platform accepted the change.
	Scaled Action = "scaled"
	// WouldScale: the change was decided on but, in a dry run, not asked for.
	WouldScale Action = "would scale"
	// Resized: the platform accepted dynos of another size.
	Resized Action = "resized"
	// WouldResize: that was decided on but, in a dry run, not asked for.
	WouldResize Action = "would resize"
	// Failed: the platform could not tell the number of dynos, or did not accept the change.
	Failed Action = "failed"
	// Interrupted: the bot was told to stop in the middle of the tick.
	Interrupted Action = "interrupted"
)

// A Record holds everything about one tick. The log line, the notices and every other view are made from it.
type Record struct {
	// Time is when the tick began.
	Time time.Time `json:"time"`
	// App and ProcessType say what is scaled.
	App         string `json:"app"`
	ProcessType string `json:"process_type"`
	// Unit is the platform's word for a dyno, in the singular; "" for "dyno".
	Unit string `json:"unit,omitempty"`
	// Readings are this tick's, one for each prober, or several heartbeats. Burst says why there are several.
	Readings []probe.Reading `json:"readings"`
	Burst    string          `json:"burst,omitempty"`
	// Limits are those of this hour.
	Limits schedule.Limits `json:"limits"`
	// MinRow and MaxRow are the rows of the schedule that they come from; "" where a number is the same at all times.
	MinRow string `json:"min_row,omitempty"`
	MaxRow string `json:"max_row,omitempty"`
	// Dynos is the number that the platform told, -1 when it did not.
	Dynos int `json:"dynos"`
	// Settled is false while an earlier change is still under way.
	Settled bool `json:"settled"`
	// Decision is what was decided.
	Decision decide.Decision `json:"decision"`
	// Action is what came of it.
	Action Action `json:"action"`
	// Error is what the platform answered when the action failed. It holds no secret.
	Error string `json:"error,omitempty"`
	// Control is what people have asked of the bot.
	Control decide.Control `json:"control,omitzero"`
	// Price is what one dyno costs a month, in dollars; 0 where it is not known.
	Price float64 `json:"price,omitempty"`
	// Quota is the number of API calls that the platform still allows; nil when it does not say.
	Quota *int `json:"quota,omitempty"`
	// DurationMS is how long the tick took in milliseconds, from its first request to the platform's last answer.
	DurationMS float64 `json:"duration_ms"`
}

// A Recorder keeps records. Record returns when ctx ends at the latest; an error means that this record was not kept.
type Recorder interface {
	Record(ctx context.Context, r Record) error
}

// After returns the number of dynos asked for after the tick: what the platform was told, or what it had; -1 if
// unknown.
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

// Heartbeat returns the reading that the decision was taken from. ok is false when there was none.
func (r Record) Heartbeat() (hb probe.Reading, ok bool) {
	if i := r.Decision.Reading; i >= 0 && i < len(r.Readings) {
		return r.Readings[i], true
	}
	return probe.Reading{}, false
}

// InMaintenance says whether the heartbeat met the app in maintenance mode.
func (r Record) InMaintenance() bool {
	hb, _ := r.Heartbeat()
	return hb.Outcome == probe.Maintenance
}

// Undecided says why the tick was no decision on fresh facts that was carried out: the bot was offline, had no data,
// did not know the number of dynos, or the platform refused the change. It is "" where it was one, be it to hold or to
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
