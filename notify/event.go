// Package notify tells people what the bot did and why.
//
// It knows what an [Event] is and what a [Notifier] is, fans events out to several notifiers off the caller's path, and
// keeps incidents: told once when they begin, again as a reminder, and once when they end. Each way of telling lives in
// a package of its own below this one.
package notify

import (
	"context"
	"time"
)

// A Notifier tells people one event in one way. Notify returns when ctx ends at the latest; an error means that the
// event may not have arrived, and holds no secret. It can be called again with the same event, which carries the same
// ID.
type Notifier interface {
	Notify(ctx context.Context, e Event) error
}

// A Kind says what an event is about.
type Kind string

// The kinds of event. The names are part of the webhook's contract.
const (
	// Scaled: the number of dynos, or their size, was changed.
	Scaled Kind = "scaled"
	// ScaleFailed: the platform refused or failed to change the number of dynos or their size, or to tell the number.
	ScaleFailed Kind = "scale_failed"
	// NeedsExceedMax: at the maximum, and still too slow. An incident.
	NeedsExceedMax Kind = "needs_exceed_max"
	// IneffectiveScaleUps: dynos were added that did not make the heartbeat faster. An incident.
	IneffectiveScaleUps Kind = "ineffective_scale_ups"
	// NeedsBelowMin: at the minimum, above one dyno, and still too fast. An incident.
	NeedsBelowMin Kind = "needs_below_min"
	// ScaleDiffExceeded: the number of dynos changed by more than a threshold within a period.
	ScaleDiffExceeded Kind = "scale_diff_exceeded"
	// HeartbeatUnreachable: the heartbeat gives no reading, so the bot is blind. An incident.
	HeartbeatUnreachable Kind = "heartbeat_unreachable"
	// HeartbeatRecovered: the heartbeat gives readings again. It ends the incident of HeartbeatUnreachable.
	HeartbeatRecovered Kind = "heartbeat_recovered"
	// SignalUnreachable: a signal beside the heartbeat is not known, so no dyno is removed or becomes smaller. An
	// incident.
	SignalUnreachable Kind = "signal_unreachable"
	// ServerFailed: a server of a pool could not be made, failed, or is no more.
	ServerFailed Kind = "server_failed"
	// PoolBlocked: something keeps a pool from the servers that it should have. An incident.
	PoolBlocked Kind = "pool_blocked"
	// SecondBot: another autoscalebot scales the same process type. An incident.
	SecondBot Kind = "second_bot"
	// NoDecisions: for a quarter of an hour the bot could decide nothing, or nothing that the platform took. An
	// incident.
	NoDecisions Kind = "no_decisions"
	// LeftAlone: somebody set the app to 0 dynos, told the platform to leave it alone, or put it into maintenance mode,
	// so the bot does not scale it. An incident.
	LeftAlone Kind = "left_alone"
	// ManualChange: somebody else has changed the number of dynos.
	ManualChange Kind = "manual_change"
	// BudgetForecast: with the present dynos the month will cost more than it may. An incident.
	BudgetForecast Kind = "budget_forecast"
	// BudgetReached: the month has cost what it may, so no dyno is added before it ends. An incident.
	BudgetReached Kind = "budget_reached"
	// Offline: the bot itself is cut off from the app and from everything else. An incident.
	Offline Kind = "offline"
	// Paused: somebody paused scaling, in one direction or both. An incident.
	Paused Kind = "paused"
	// Override: somebody asked the bot for a number of dynos for a time. An incident.
	Override Kind = "override"
	// Ping: a heartbeat was answered, or not.
	Ping Kind = "ping"
	// Test: somebody asked for a notice to see whether it arrives.
	Test Kind = "test"
)

// A Phase is where an incident stands when it is told. Events that are no incident have none.
type Phase string

const (
	// Opened: the incident has begun.
	Opened Phase = "opened"
	// Reminded: it goes on.
	Reminded Phase = "reminded"
	// Resolved: it is over.
	Resolved Phase = "resolved"
)

// Affects is what an incident keeps from. Without one, a heartbeat that is not known keeps from all scaling, and a
// signal from scaling down.
type Affects string

const (
	// AffectsNothing: scaling goes on.
	AffectsNothing Affects = "nothing"
	// AffectsDown: scaling down.
	AffectsDown Affects = "down"
	// AffectsSize: smaller dynos.
	AffectsSize Affects = "size"
	// AffectsRules: the scaling rules about it.
	AffectsRules Affects = "rules"
)

// An Event is one thing to tell. Its JSON form is what the webhook sends.
type Event struct {
	// ID is unique to the event, and the same in every attempt to deliver it.
	ID string `json:"id"`
	// Kind says what the event is about.
	Kind Kind `json:"type"`
	// Phase is where the incident stands; empty when the event is no incident.
	Phase Phase `json:"phase,omitempty"`
	// Incident is the incident's id, the same when it is opened, reminded and resolved; see [IncidentID]. It is empty
	// when the event is no incident.
	Incident string `json:"incident,omitempty"`
	// Time is when it happened.
	Time time.Time `json:"time"`
	// App is the app's name on its platform.
	App string `json:"app"`
	// ProcessType is the process type that is scaled: "web".
	ProcessType string `json:"process_type"`
	// From and To are the number of dynos before and after; equal when nothing changed, -1 when the number is not
	// known. When scaling failed, To is the number that was wanted.
	From int `json:"from"`
	To   int `json:"to"`
	// SizeFrom and SizeTo are the dyno size before and after, where that was changed, or was to be; else empty.
	SizeFrom string `json:"size_from,omitempty"`
	SizeTo   string `json:"size_to,omitempty"`
	// Min and Max are the limits in force.
	Min int `json:"min"`
	Max int `json:"max"`
	// Reason says why, in a sentence without a full stop.
	Reason string `json:"reason"`
	// ResponseTimeMS is the newest heartbeat's time to the first body byte in milliseconds, 0 when there was none.
	ResponseTimeMS float64 `json:"response_time_ms"`
	// BySignals says that rules about signals, and not the heartbeat, ask for what the maximum or the minimum keeps
	// them from.
	BySignals bool `json:"by_signals,omitempty"`
	// Affects says what a heartbeat or a signal that is not known keeps from, where that is not what its Kind says.
	Affects Affects `json:"affects,omitempty"`
	// Since is when the incident began; zero when the event is no incident.
	Since time.Time `json:"since,omitzero"`
	// DryRun says that nothing was changed, because the bot only says what it would do.
	DryRun bool `json:"dry_run,omitempty"`
	// Picture makes a picture for the notifiers that show one: e-mail, and Slack as a bot. Nil means none. It is no
	// part of the JSON form.
	Picture Painter `json:"-"`
}

// UnmarshalText reads a kind, also by the name that it had in version 0.1. It never fails.
func (k *Kind) UnmarshalText(text []byte) error {
	switch was := Kind(text); was {
	case "no_help":
		*k = IneffectiveScaleUps
	case "hands_off":
		*k = LeftAlone
	case "ordered":
		*k = Override
	default:
		*k = was
	}
	return nil
}
