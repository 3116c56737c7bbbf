package pagerduty

import (
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
)

// Limits of PagerDuty's reference, in characters.
const (
	maxSummary = 1024
	maxKey     = 255
)

const maxName = 100 // characters; longer than any platform's names

// The request body of the Events API v2.
type event struct {
	RoutingKey string   `json:"routing_key"`
	Action     string   `json:"event_action"`
	DedupKey   string   `json:"dedup_key,omitempty"`
	Client     string   `json:"client,omitempty"`
	Payload    *payload `json:"payload,omitempty"` // only for a trigger
}

type payload struct {
	Summary   string            `json:"summary"`
	Source    string            `json:"source"`
	Severity  string            `json:"severity"`
	Timestamp string            `json:"timestamp,omitempty"`
	Component string            `json:"component,omitempty"`
	Class     string            `json:"class,omitempty"`
	Details   map[string]string `json:"custom_details,omitempty"`
}

// ok is false if PagerDuty does not get e.
func newEvent(e notify.Event) (ev event, ok bool) {
	key := e.Incident
	if key == "" {
		switch e.Kind {
		case notify.ScaleFailed:
			key = notify.IncidentID(e.App, e.ProcessType, e.Kind, time.Time{})
		case notify.Test:
			key = e.ID
		default:
			return event{}, false
		}
	}
	ev = event{Action: "trigger", DedupKey: notify.OneLine(key, maxKey-1)}
	if e.Phase == notify.Resolved {
		ev.Action = "resolve"
		return ev, true
	}
	ev.Client = "autoscalebot"
	ev.Payload = &payload{
		Summary: notify.OneLine(e.Subject(), maxSummary-1), Source: notify.OneLine(e.App, maxName),
		Severity:  severity(e.Kind),
		Component: notify.OneLine(e.ProcessType, maxName), Class: notify.OneLine(string(e.Kind), maxName),
		Details: map[string]string{},
	}
	if ev.Payload.Source == "" {
		ev.Payload.Source = "autoscalebot" // it must not be empty
	}
	if y := e.Time.Year(); y > 1 && y <= 9999 {
		ev.Payload.Timestamp = e.Time.Format("2006-01-02T15:04:05.000Z07:00")
	}
	if reason := e.ReasonLine(); reason != "" {
		ev.Payload.Details["Reason"] = reason
	}
	if advice := e.AdviceLine(); advice != "" {
		ev.Payload.Details["What to do"] = advice
	}
	for _, f := range e.Facts() {
		ev.Payload.Details[f.Name] = f.Value
	}
	return ev, true
}

// critical: the app may be down. error: the app is slow, and the bot cannot fix that. warning: people should know.
func severity(k notify.Kind) string {
	switch k {
	case notify.HeartbeatUnreachable:
		return "critical"
	case notify.NeedsExceedMax, notify.ScaleFailed:
		return "error"
	case notify.Test:
		return "info"
	}
	return "warning"
}
