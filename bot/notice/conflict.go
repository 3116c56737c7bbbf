package notice

import (
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
)

const (
	// conflictWindow is the time over which changes by others are counted. It is also the minimum time between two such
	// notices.
	conflictWindow = time.Hour
	// conflictChanges is the number of changes in that time that no person makes.
	conflictChanges = 4
	// maxConflictChanges limits the number of remembered changes.
	maxConflictChanges = 20
)

// Conflict is the evidence of another autoscaler of the same dynos. It survives as JSON.
//
// On most platforms two autoscalers cannot discover each other without a restart of the app. The bot therefore looks at
// the number of dynos: a number that differs from the one it left was set by somebody else.
type Conflict struct {
	// Known: there was an earlier tick. It left Dynos, or Asked if the platform's answer to a change is unknown.
	Known bool `json:"known,omitempty"`
	Dynos int  `json:"dynos,omitempty"`
	Asked int  `json:"asked,omitempty"`
	// Changes are the times of changes by others within the last hour, at most the newest 20, oldest first.
	Changes []time.Time `json:"changes,omitempty"`
	// Notified is the time of the last notice of a conflict.
	Notified time.Time `json:"notified,omitzero"`
}

// It returns whether to notify of a conflict. The tick must know the number of dynos.
func (v *Conflict) see(r record.Record) bool {
	changed := v.Known && r.Dynos != v.Dynos && r.Dynos != v.Asked
	v.Known, v.Dynos, v.Asked = true, r.After(), r.After()
	if r.Action == record.Failed {
		v.Asked = r.Decision.To
	}
	for len(v.Changes) > 0 && r.Time.Sub(v.Changes[0]) >= conflictWindow {
		v.Changes = v.Changes[1:]
	}
	if !changed {
		return false
	}
	v.Changes = append(v.Changes, r.Time)
	v.Changes = v.Changes[max(0, len(v.Changes)-maxConflictChanges):]
	if len(v.Changes) < conflictChanges || r.Time.Sub(v.Notified) < conflictWindow {
		return false
	}
	v.Notified = r.Time
	return true
}

func (v Conflict) text(units string) string {
	times := fmt.Sprintf("%d times", len(v.Changes))
	if len(v.Changes) == maxConflictChanges {
		times += " or more"
	}
	return fmt.Sprintf("something else keeps changing the number of %s (%s in the last hour): is another "+
		"autoscaler running?", units, times)
}

// A conflict is reported once an hour, with the manual change that revealed it if there is one.
func (e *tickReport) manual() {
	was := e.notified.Conflict
	suspicious := e.notified.Conflict.see(e.r)
	a := e.r.Decision.ManualChange
	manual := a != nil && a.From != 0 && a.To != 0 // changes to 0 and from 0 are reported as left alone, and its end
	why := ""
	switch {
	case manual && suspicious:
		why = e.r.ManualChange() + "; " + e.notified.Conflict.text(e.r.Units())
	case manual:
		why = e.r.ManualChange()
	case suspicious:
		why = e.notified.Conflict.text(e.r.Units())
	default:
		return
	}
	ev := event(e.r, notify.ManualChange, why)
	ev.From = was.Dynos
	if manual {
		ev.From = a.From
	}
	e.out = append(e.out, ev)
}
