// Package admin is how people ask a running bot: a server that stands beside the bot, and its client. They speak plain
// HTTP and JSON, as docs/openapi.yaml says, over a Unix socket that only its user can open, or over TCP with a token.
package admin

import (
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// Kept is how many records a server keeps and gives at the most: four hours of them at a heartbeat every 30 s.
const Kept = 500

const longest = 366 * 24 * time.Hour

// Status is what the bot does at a moment.
type Status struct {
	// Time is that moment, Started when the bot was.
	Time    time.Time `json:"time"`
	Started time.Time `json:"started"`
	// Version is the bot's.
	Version string `json:"version"`
	// App and ProcessType say what is scaled.
	App         string `json:"app"`
	ProcessType string `json:"process_type"`
	// DryRun: the bot changes nothing.
	DryRun bool `json:"dry_run"`
	// Limits are those of the hour.
	Limits schedule.Limits `json:"limits"`
	// PausedBySettings are the directions that PAUSED names: nobody can resume them here.
	PausedBySettings []bot.Direction `json:"paused_by_settings,omitempty"`
	// Control is what people have asked of the bot and holds yet.
	Control decide.Control `json:"control"`
	// CooldownUp and CooldownDown are how long adding and removing dynos must wait yet after the last change, in
	// seconds.
	CooldownUp   float64 `json:"cooldown_up_seconds_left"`
	CooldownDown float64 `json:"cooldown_down_seconds_left"`
	// Last is the newest heartbeat's record, LastChange that of the newest change since the bot was started; nil for
	// none.
	Last       *record.Record `json:"last,omitempty"`
	LastChange *record.Record `json:"last_change,omitempty"`
	// Warnings are sentences about what keeps the bot from its work or from keeping what it knows.
	Warnings []string `json:"warnings,omitempty"`
	// Pool is what the servers are and do where the platform is a pool of them; else nil.
	Pool *pool.Status `json:"pool,omitempty"`
}

type records struct { // the oldest first
	Records []record.Record `json:"records"`
}

// For is a Go duration, "" until somebody resumes.
type pauseRequest struct {
	Direction bot.Direction `json:"direction"`
	For       string        `json:"for,omitempty"`
}

type resumeRequest struct {
	Direction bot.Direction `json:"direction"`
}

// For is a Go duration, "" for as long as a manual change is left alone.
type scaleRequest struct {
	Dynos *int   `json:"dynos"`
	For   string `json:"for,omitempty"`
}

type problem struct {
	Error string `json:"error"`
}
