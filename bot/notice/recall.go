package notice

import (
	"maps"
	"slices"

	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
)

// A mergedIncident was opened twice: before the start, and since.
type mergedIncident struct {
	kind         notify.Kind
	newer, older notify.Incident
}

func (e *tickReport) ofTheRecall() {
	for _, m := range e.merged {
		ev := event(e.r, m.kind, "it continues as the incident that opened at "+record.Clock(m.older.Since))
		if m.kind == notify.HeartbeatUnreachable {
			ev.Kind = notify.HeartbeatRecovered
		}
		ev.Phase, ev.Since = notify.Resolved, m.newer.Since
		ev.Incident = notify.IncidentID(e.r.App, e.r.ProcessType, m.kind, m.newer.Since)
		e.out = append(e.out, ev)
	}
	e.merged = nil
}

// Recalled returns t with what it lacks of former, the reports from before a start without them. An incident in both
// dates from the older one. Recalling twice changes nothing.
func (t Notified) Recalled(former Notified) Notified {
	if len(former.Incidents) > 0 {
		incidents := maps.Clone(former.Incidents)
		for k, i := range t.Incidents {
			if was, open := incidents[k]; open && was.Since.Before(i.Since) {
				i.Since = was.Since
			}
			incidents[k] = i
		}
		t.Incidents = incidents
	}
	if len(former.Sizes) > 0 && (len(t.Sizes) == 0 ||
		former.Sizes[len(former.Sizes)-1].Since.Before(t.Sizes[0].Since)) {
		t.Sizes = append(slices.Clone(former.Sizes), t.Sizes...)
	}
	if t.Refused.IsZero() {
		t.Refused = former.Refused
	}
	return t
}
