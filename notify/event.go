// Package notify sends notices of what the bot did and why.
//
// It defines [Event] and [Notifier], fans events out to several notifiers without delaying the caller, and tracks
// incidents: a notice when one opens, reminders while it lasts, and a notice when it is resolved. Each notifier is a
// package below this one.
package notify

import (
	"context"
	"time"
)

// A Notifier sends an event to people in one way. Notify returns no later than ctx ends. An error means that the event
// may not have arrived, and contains no secret. A caller may retry with the same event, which keeps its ID.
type Notifier interface {
	Notify(ctx context.Context, e Event) error
}

// A Kind is what an event is about.
type Kind string

// The kinds of event. The webhook sends these names.
const (
	// Scaled: the bot changed the number of dynos or their size.
	Scaled Kind = "scaled"
	// ScaleFailed: the platform failed to change the number or size of dynos, or to report the number. An incident.
	ScaleFailed Kind = "scale_failed"
	// NeedsExceedMax: the app is at its maximum and needs more. An incident.
	NeedsExceedMax Kind = "needs_exceed_max"
	// IneffectiveScaleUps: several scale-ups in a row did not make the heartbeat faster. An incident.
	IneffectiveScaleUps Kind = "ineffective_scale_ups"
	// NeedsBelowMin: the app is at its minimum, has more than one dyno, and needs fewer. An incident.
	NeedsBelowMin Kind = "needs_below_min"
	// ScaleDiffExceeded: the number of dynos changed by more than a threshold within a period.
	ScaleDiffExceeded Kind = "scale_diff_exceeded"
	// HeartbeatUnreachable: the heartbeat gives no data. An incident.
	HeartbeatUnreachable Kind = "heartbeat_unreachable"
	// HeartbeatRecovered: the heartbeat gives data again. It resolves the incident of HeartbeatUnreachable.
	HeartbeatRecovered Kind = "heartbeat_recovered"
	// SignalUnreachable: a signal other than the heartbeat gives no data, so the bot does not scale down. An incident.
	SignalUnreachable Kind = "signal_unreachable"
	// ServerFailed: a server of a pool could not be created, failed, or disappeared.
	ServerFailed Kind = "server_failed"
	// PoolBlocked: a pool cannot get the servers that it should have. An incident.
	PoolBlocked Kind = "pool_blocked"
	// SecondBot: another autoscalebot scales the same process type. An incident.
	SecondBot Kind = "second_bot"
	// NoDecisions: for 15 minutes the bot made no decision on fresh data, or the platform carried out none. An
	// incident.
	NoDecisions Kind = "no_decisions"
	// LeftAlone: the app is stopped, in maintenance mode or managed elsewhere, so the bot does not scale it. An
	// incident.
	LeftAlone Kind = "left_alone"
	// ManualChange: somebody else changed the number of dynos.
	ManualChange Kind = "manual_change"
	// BudgetForecast: at the present number of dynos the month will exceed its budget. An incident.
	BudgetForecast Kind = "budget_forecast"
	// BudgetReached: the month's budget is used up, so the bot adds no dynos until the month ends. An incident.
	BudgetReached Kind = "budget_reached"
	// Offline: the bot reaches neither the app nor anything else. An incident.
	Offline Kind = "offline"
	// Paused: somebody paused scaling, in one direction or both. An incident.
	Paused Kind = "paused"
	// Override: somebody set the number of dynos for a time. An incident.
	Override Kind = "override"
	// Limits: somebody replaced the limits of the schedule for a time. An incident.
	Limits Kind = "limits"
	// SettingsReloaded: the bot has read its settings again, and uses those that have changed.
	SettingsReloaded Kind = "settings_reloaded"
	// SettingsRefused: the settings file has mistakes, so the former settings stay in force. An incident.
	SettingsRefused Kind = "settings_refused"
	// Ping: a heartbeat was sent, answered or not.
	Ping Kind = "ping"
	// Test: somebody requested a notice to see whether it arrives.
	Test Kind = "test"
)

// ByPeople reports whether k is an incident that people have set themselves: a pause, an override, or other limits.
func (k Kind) ByPeople() bool { return k == Paused || k == Override || k == Limits }

// A Phase is the state of an incident at the time of an event. It is empty for an event that is not an incident.
type Phase string

const (
	// Opened: the incident has begun.
	Opened Phase = "opened"
	// Reminded: the incident continues.
	Reminded Phase = "reminded"
	// Resolved: the incident is over.
	Resolved Phase = "resolved"
)

// Affects is what an incident about missing data prevents. Empty means all scaling for the heartbeat, and scaling down
// for a signal.
type Affects string

const (
	// AffectsNothing: the incident prevents nothing.
	AffectsNothing Affects = "nothing"
	// AffectsDown: it prevents scaling down.
	AffectsDown Affects = "down"
	// AffectsSize: it prevents a smaller dyno size.
	AffectsSize Affects = "size"
	// AffectsRules: the scaling rules about the signal do not act.
	AffectsRules Affects = "rules"
)

// An Event is something to notify people of. The webhook sends its JSON form.
type Event struct {
	// ID is unique to the event, and the same in every attempt to deliver it.
	ID string `json:"id"`
	// Kind is what the event is about.
	Kind Kind `json:"type"`
	// Phase is the incident's state; empty for an event that is not an incident.
	Phase Phase `json:"phase,omitempty"`
	// Incident is the incident's ID, the same in all of its events; see [IncidentID]. It is empty for an event that is
	// not an incident.
	Incident string `json:"incident,omitempty"`
	// Time is when the event happened.
	Time time.Time `json:"time"`
	// App is the app's name on its platform.
	App string `json:"app"`
	// ProcessType is the scaled process type, such as "web".
	ProcessType string `json:"process_type"`
	// From and To are the number of dynos before and after: equal when nothing changed, -1 when unknown. When scaling
	// failed, To is the desired number.
	From int `json:"from"`
	To   int `json:"to"`
	// Dyno is embedded, so its fields are fields of the JSON form too.
	Dyno
	// Min and Max are the limits in force.
	Min int `json:"min"`
	Max int `json:"max"`
	// Reason is a sentence without a full stop.
	Reason string `json:"reason"`
	// Advice says what people can do about an incident, in sentences; empty for a resolved one and for other events.
	Advice string `json:"advice,omitempty"`
	// ResponseTimeMS is the newest heartbeat's time to the first body byte in milliseconds, 0 without one.
	ResponseTimeMS float64 `json:"response_time_ms"`
	// BySignals means that rules about signals, not the heartbeat, ask for more than the maximum or less than the
	// minimum.
	BySignals bool `json:"by_signals,omitempty"`
	// Affects is what missing data prevents; empty means what is usual for the Kind.
	Affects Affects `json:"affects,omitempty"`
	// Since is when the incident began; zero for an event that is not an incident.
	Since time.Time `json:"since,omitzero"`
	// DryRun means that the bot reports what it would do, and changes nothing.
	DryRun bool `json:"dry_run,omitempty"`
	// Picture makes the event's picture, for notifiers that show one; nil for no picture. It is not part of the JSON
	// form.
	Picture Painter `json:"-"`
}

// A Dyno is what an event says about each dyno.
type Dyno struct {
	// Unit is the platform's word for one dyno, such as "instance"; empty means "dyno".
	Unit string `json:"unit,omitempty"`
	// SizeFrom and SizeTo are the dyno size before and after; empty unless the event is about the size. When the change
	// failed, SizeTo is the desired size.
	SizeFrom string `json:"size_from,omitempty"`
	SizeTo   string `json:"size_to,omitempty"`
}

// UnmarshalText accepts any kind, and translates the names of version 0.1. It never fails.
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
