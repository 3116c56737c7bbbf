package notice

import (
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
)

const (
	// conflictWindow is the time over which changes by others are counted, and for which a suspicion is not told again.
	conflictWindow = time.Hour
	// conflictChanges is how many changes by others in that time are no person's any more.
	conflictChanges = 4
	// maxConflictChanges bounds what is remembered of them.
	maxConflictChanges = 20
)

// Conflict is what speaks for another autoscaler on the same dynos: a plain value that survives as JSON.
//
// A platform has no place where two autoscalers could find out about each other without a restart of the app, so the
// bot goes by what it sees: a number of dynos that is not the one it left, be it that somebody set another, or undid
// the bot's change.
type Conflict struct {
	// Known says that there was a tick before. It left Dynos or, where it is not known whether the platform took a
	// change, Asked.
	Known bool `json:"known,omitempty"`
	Dynos int  `json:"dynos,omitempty"`
	Asked int  `json:"asked,omitempty"`
	// Changes are when others changed the number within the last hour, at most the newest 20, oldest first.
	Changes []time.Time `json:"changes,omitempty"`
	// Notified is when a suspicion was told last.
	Notified time.Time `json:"notified,omitzero"`
}

// see takes in a tick that read the number of dynos, and says whether a suspicion is to be told.
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

// manual tells that others changed the number of dynos, and once an hour what it looks like when they keep doing so.
func (e *tickReport) manual() {
	was := e.notified.Conflict
	suspicious := e.notified.Conflict.see(e.r)
	a := e.r.Decision.ManualChange
	manual := a != nil && a.From != 0 && a.To != 0 // to 0 and from 0 is told as hands off, and its end
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
