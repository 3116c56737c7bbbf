// Package admin lets people query and control a running bot. A server runs next to the bot, and the commands are its
// client. They speak HTTP and JSON as docs/openapi.yaml describes, over a Unix socket that only the bot's user and root
// can open, or over TCP with a token.
package admin

import (
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// Kept is the number of records that a server keeps: four hours at a heartbeat every 30 s. A request returns no more.
const Kept = 500

const (
	day     = 24 * time.Hour
	longest = 366 * day
)

// A Status is the state of the bot at one moment.
type Status struct {
	// Time is that moment. Started is the start of the bot.
	Time    time.Time `json:"time"`
	Started time.Time `json:"started"`
	// Version is the bot's version.
	Version string `json:"version"`
	// App and ProcessType name what the bot scales.
	App         string `json:"app"`
	ProcessType string `json:"process_type"`
	// Unit is the platform's word for a dyno, in the singular; "" for "dyno".
	Unit string `json:"unit,omitempty"`
	// DryRun: the bot changes nothing.
	DryRun bool `json:"dry_run"`
	// Limits are the limits now in force.
	Limits schedule.Limits `json:"limits"`
	// PausedBySettings are the directions that PAUSED pauses. A resume request does not end them.
	PausedBySettings []bot.Direction `json:"paused_by_settings,omitempty"`
	// Control holds the pauses and the overrides in force, and the limits that are planned.
	Control decide.Control `json:"control"`
	// CooldownUp and CooldownDown are the seconds left before the bot may scale up and down again; 0 when there is no
	// cooldown.
	CooldownUp   float64 `json:"cooldown_up_seconds_left"`
	CooldownDown float64 `json:"cooldown_down_seconds_left"`
	// Last is the record of the newest heartbeat, nil before the first. LastChange is the record of the newest change
	// since the bot's start, nil without one.
	Last       *record.Record `json:"last,omitempty"`
	LastChange *record.Record `json:"last_change,omitempty"`
	// NextYear are the rows that make the same limits a year later, in the answer to a request that sets limits; nil if
	// the schedule cannot have them.
	NextYear *Rows `json:"next_year,omitempty"`
	// Incidents are the open incidents, the newest first, without those that people set.
	Incidents []Incident `json:"incidents,omitempty"`
	// Warnings are sentences about what keeps the bot from working or from storing its state.
	Warnings []string `json:"warnings,omitempty"`
	// Reload is the last reload of the settings since the bot's start; nil without one.
	Reload *Reload `json:"reload,omitempty"`
	// Pool is the state of the servers; nil if the platform is not a pool.
	Pool *pool.Status `json:"pool,omitempty"`
}

// Rows are MIN_DYNOS and MAX_DYNOS, whole.
type Rows struct {
	Min string `json:"min"`
	Max string `json:"max"`
}

// An Incident is open at the moment of a [Status].
type Incident struct {
	Kind notify.Kind `json:"type"`
	// Since is when it began.
	Since time.Time `json:"since"`
	// Text says what is wrong, and Advice what people can do about it, in sentences; "" without advice.
	Text   string `json:"text"`
	Advice string `json:"advice,omitempty"`
}

// Reach is nil unless the request selects records of a period.
type records struct { // the oldest first
	Records []record.Record `json:"records"`
	Reach   *history.Reach  `json:"reach,omitempty"`
}

// An End is when a pause or an override ends: after the duration For, or at the moment Until. The zero End is the
// default: a pause lasts until a resume, and an override for [bot.Options.OverrideLength].
type End struct {
	For   time.Duration
	Until time.Time
}

func (e End) request() endRequest {
	var r endRequest
	if e.For != 0 {
		r.For = e.For.String()
	}
	if !e.Until.IsZero() {
		r.Until = e.Until.Format(time.RFC3339Nano)
	}
	return r
}

// The fields are in the forms of package when. At most one is set.
type endRequest struct {
	For   string `json:"for,omitempty"`
	Until string `json:"until,omitempty"`
}

type pauseRequest struct {
	Direction bot.Direction `json:"direction"`
	endRequest
}

type resumeRequest struct {
	Direction bot.Direction `json:"direction"`
}

type scaleRequest struct {
	Dynos *int `json:"dynos"`
	endRequest
}

// One of the fields of endRequest is required. From is in the forms of package when; "" is now.
type limitsRequest struct {
	Min  *int   `json:"min"`
	Max  *int   `json:"max"`
	From string `json:"from,omitempty"`
	endRequest
}

type problem struct {
	Error string `json:"error"`
}
