// Package notice derives events from records: which to send, and when an incident opens, is reminded and is resolved.
package notice

import (
	"crypto/rand"
	"maps"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
)

// Notices select the events to send. The zero value sends only what keeps the bot from deciding, and manual changes.
type Notices struct {
	// ExceedMax: at the maximum and still too slow. An incident.
	ExceedMax bool
	// BelowMin: at the minimum, above one dyno, and still too fast. An incident.
	BelowMin bool
	// ScaleFails: the platform did not make a change or report the number of dynos. An incident.
	ScaleFails bool
	// EveryScale: the number of dynos or their size changed.
	EveryScale bool
	// EveryPing: every heartbeat.
	EveryPing bool
	// ScaleDiff: the number of dynos changed by more than this within ScaleDiffPeriod. 0 never notifies.
	ScaleDiff       int
	ScaleDiffPeriod time.Duration
	// Paused: the setting PAUSED pauses the bot. An incident.
	Paused bool
	// Reminder is the time between reminders of an open incident; 0 sends none.
	Reminder time.Duration
}

// A Reporter turns records into events. It remembers what it has reported.
type Reporter struct {
	want     Notices
	notified Notified
	// recalled: Recall was called since the last tick. merged holds the incidents that were open on both sides.
	recalled bool
	merged   []mergedIncident
}

// NewReporter returns a reporter that continues from notified.
func NewReporter(want Notices, notified Notified) *Reporter {
	return &Reporter{want: want, notified: notified}
}

// Notified returns what was reported so far. The reporter does not change the returned value.
func (t *Reporter) Notified() Notified {
	n := t.notified
	n.Calm = maps.Clone(n.Calm) // the only part that is changed in place
	return n
}

// Recall merges the reports of an earlier run that could not be read at the start.
func (t *Reporter) Recall(former Notified) {
	for k, i := range t.notified.Incidents {
		if was, open := former.Incidents[k]; open && was.Since.Before(i.Since) {
			t.merged = append(t.merged, mergedIncident{k, i, was})
		}
	}
	t.notified, t.recalled = t.notified.Recalled(former), true
}

// Notified is what later reports depend on. It survives as JSON.
type Notified struct {
	Incidents notify.Incidents `json:"incidents,omitempty"`
	// Calm counts the heartbeats in a row without the cause of an open incident at a limit.
	Calm map[notify.Kind]int `json:"calm,omitempty"`
	// Would and WouldSize are the change that a dry run reported last, from and to.
	Would     [2]int    `json:"would,omitzero"`
	WouldSize [2]string `json:"would_size,omitzero"`
	// Sizes are the numbers of dynos over ScaleDiffPeriod, oldest first.
	Sizes []Sized `json:"sizes,omitempty"`
	// Decided is the time of the last decision on fresh data that was carried out, or of the first tick without one.
	Decided time.Time `json:"decided,omitzero"`
	// Refused is the time of the last failed change; zero if a change succeeded since.
	Refused time.Time `json:"refused,omitzero"`
	// Conflict is the evidence of another autoscaler.
	Conflict Conflict `json:"conflict,omitzero"`
}

// Events returns the events of a tick. Call it once for each record, in order.
func (t *Reporter) Events(r record.Record) []notify.Event {
	if r.Action == record.Interrupted {
		return nil
	}
	e := &tickReport{Reporter: t, r: r}
	defer func() { t.recalled = false }()
	e.ofTheRecall()
	e.ofTheTick()
	e.undecided()
	offline := r.Decision.Rule == decide.RuleOffline
	e.incident(notify.Offline, offline, offline, record.Record.Offline)
	if offline { // then the app and the platform are unknown
		return e.out
	}
	e.ofTheBot()
	if r.Dynos >= 0 {
		e.ofTheApp()
	}
	return e.out
}

type tickReport struct {
	*Reporter
	r   record.Record
	out []notify.Event
}

func (e *tickReport) once(happened bool, k notify.Kind, why func(record.Record) string) {
	if happened {
		e.out = append(e.out, event(e.r, k, why(e.r)))
	}
}

// The incident opens if begins is true, and stays open while goesOn is.
func (e *tickReport) incident(k notify.Kind, begins, goesOn bool, why func(record.Record) string) {
	_, open := e.notified.Incidents[k]
	phase, since := e.notified.Incidents.Update(k, begins || open && goesOn, e.r.Time, e.want.Reminder)
	if phase == "" && !since.IsZero() && e.recalled && k.ByPeople() {
		phase = notify.Reminded // it was not in force since the start
	}
	if phase == "" {
		return
	}
	ev := event(e.r, k, why(e.r))
	if k == notify.HeartbeatUnreachable && phase == notify.Resolved {
		ev.Kind = notify.HeartbeatRecovered
	}
	ev.Affects = affected(&e.r.Decision, k)
	if phase != notify.Resolved {
		ev.Advice = Advice(k, e.r)
	}
	ev.Phase, ev.Since, ev.Incident = phase, since, notify.IncidentID(e.r.App, e.r.ProcessType, k, since)
	e.out = append(e.out, ev)
}

func (e *tickReport) ofTheTick() {
	r, w := e.r, e.want
	e.once(w.EveryPing && r.Decision.Reading >= 0, notify.Ping, record.Record.Observed)
	if c := r.Decision.Completed; c != nil && w.EveryScale {
		ev := e.unheard(r.Completed())
		ev.From, ev.To = c.From, c.To
		e.out = append(e.out, ev)
	}
	if c := r.Decision.CompletedSize; c != nil && w.EveryScale {
		ev := e.unheard(r.CompletedSize())
		ev.SizeFrom, ev.SizeTo = c.From, c.To
		e.out = append(e.out, ev)
	}
	e.once(w.EveryScale && (r.Action == record.Scaled || r.Action == record.Resized || e.would(r)),
		notify.Scaled, record.Record.Why)
}

// refusedFor is the time after the last failed change at which the incident ends if no other change is made.
const refusedFor = 15 * time.Minute

// All failures of the platform are one incident. It ends when a change succeeds, or refusedFor after the last failed
// one.
func (e *tickReport) failures() {
	r := e.r
	fails := r.Action == record.Failed
	if r.Dynos < 0 && !fails {
		return // not answered yet
	}
	switch {
	case fails && r.Dynos >= 0:
		e.notified.Refused = r.Time
	case r.Action == record.Scaled || r.Action == record.Resized || r.Decision.Completed != nil ||
		r.Decision.CompletedSize != nil || r.Time.Sub(e.notified.Refused) >= refusedFor:
		e.notified.Refused = time.Time{}
	}
	// Between two failures there is nothing to report.
	if goesOn := !e.notified.Refused.IsZero() && r.Dynos >= 0; fails || !goesOn {
		e.incident(notify.ScaleFailed, fails, fails, record.Record.Failure)
	}
}

// The event of a change that was made although its answer did not arrive. Its numbers are those of now.
func (e *tickReport) unheard(why string) notify.Event {
	ev := event(e.r, notify.Scaled, why)
	ev.From, ev.To, ev.SizeFrom, ev.SizeTo, ev.DryRun = e.r.Dynos, e.r.Dynos, "", "", false
	return ev
}

func (e *tickReport) ofTheBot() {
	r, d := e.r, e.r.Decision
	if e.want.ScaleFails {
		e.failures()
	}
	noData := d.Verdict == decide.NoData && d.Reading >= 0
	e.incident(notify.HeartbeatUnreachable, noData && d.Run >= d.Needed && !r.InMaintenance(), noData,
		record.Record.Observed)
	unread, long := d.Unread()
	e.incident(notify.SignalUnreachable, long, unread, record.Record.Unread)
	paused := e.want.Paused || record.Paused(r.Control, r.Time) != ""
	e.incident(notify.Paused, paused, paused, e.paused)
	ordered := r.Control.Override.Active(r.Time)
	e.incident(notify.Override, ordered, ordered, record.Record.Override)
	limited := len(r.Control.Limits) > 0
	e.incident(notify.Limits, limited, limited, record.Record.LimitsOverride)
}

func (e *tickReport) ofTheApp() {
	r, d := e.r, e.r.Decision
	e.manual()
	e.incident(notify.IneffectiveScaleUps, d.Ineffective != nil, d.Ineffective != nil, record.Record.Ineffective)
	off := d.Rule == decide.RuleLeftAlone
	e.incident(notify.LeftAlone, off || d.Rule == decide.RuleMaintenance, off || r.InMaintenance(), record.Record.Why)
	if b := d.Bill; b != nil {
		over, used := b.Forecast > b.Budget, b.Dollars >= b.Budget
		e.incident(notify.BudgetForecast, over && !used, over, record.Record.Bill)
		e.incident(notify.BudgetReached, used, used, record.Record.Bill)
	}
	pinned := d.To == d.From && d.Clamped(decide.ClampSchedule)
	if e.want.ExceedMax {
		e.atLimit(notify.NeedsExceedMax, pinned && d.WantsMore(), d.Says() == decide.Slow && r.Dynos >= r.Limits.Max)
	}
	if e.want.BelowMin {
		e.atLimit(notify.NeedsBelowMin, pinned && d.WantsFewer() && d.From > 1, d.Says() == decide.Fast &&
			r.Dynos <= r.Limits.Min)
	}
	if e.want.ScaleDiff > 0 {
		e.out = append(e.out, e.scaleDiff(r)...)
	}
}

// Without data an incident at a limit neither opens nor ends.
func (e *tickReport) atLimit(k notify.Kind, begins, cause bool) {
	if e.r.Decision.Says() != decide.NoData {
		e.incident(k, begins, e.lasts(k, cause), record.Record.Why)
	}
}

// It is "" if the kind alone says what does not work.
func affected(d *decide.Decision, k notify.Kind) notify.Affects {
	count := slices.ContainsFunc(d.Signals, func(j decide.Judged) bool {
		return !j.Size && (k != notify.SignalUnreachable || j.Verdict == decide.NoData)
	})
	switch {
	case k == notify.HeartbeatUnreachable && d.ByRules:
		return notify.AffectsNothing
	case k == notify.HeartbeatUnreachable && (count || d.Load != nil && d.Load.PerDyno > 0):
		return notify.AffectsDown
	case k == notify.SignalUnreachable && d.ByRules:
		return notify.AffectsRules
	case k == notify.SignalUnreachable && !count:
		return notify.AffectsSize
	}
	return ""
}

func (t *Reporter) paused(r record.Record) string {
	switch text := record.Paused(r.Control, r.Time); {
	case text != "":
		return text
	case t.want.Paused:
		return "scaling is paused by the setting PAUSED"
	}
	return "scaling is no longer paused"
}

// A dry run reports a change once, although it decides the same at every heartbeat.
func (t *Reporter) would(r record.Record) bool {
	d := r.Decision
	change, size := [2]int{d.From, d.To}, [2]string{d.SizeFrom, d.SizeTo}
	switch {
	case r.Action == record.WouldScale && change != t.notified.Would:
		t.notified.Would = change
		return true
	case r.Action == record.WouldResize && size != t.notified.WouldSize:
		t.notified.WouldSize = size
		return true
	}
	return false
}

func (t *Reporter) lasts(k notify.Kind, cause bool) bool {
	if _, open := t.notified.Incidents[k]; !open {
		return false
	}
	if t.notified.Calm == nil {
		t.notified.Calm = map[notify.Kind]int{}
	}
	t.notified.Calm[k]++
	if cause {
		t.notified.Calm[k] = 0
	}
	return t.notified.Calm[k] < decide.CalmAfter
}

func event(r record.Record, k notify.Kind, why string) notify.Event {
	hb, _ := r.Heartbeat()
	e := notify.Event{
		ID: rand.Text(), Kind: k, Time: r.Time, App: r.App, ProcessType: r.ProcessType, Dyno: notify.Dyno{Unit: r.Unit},
		From: r.Dynos, To: r.Dynos, Min: r.Limits.Min, Max: r.Limits.Max,
		Reason: why, ResponseTimeMS: hb.Value, DryRun: r.Action == record.WouldScale || r.Action == record.WouldResize,
	}
	switch {
	case k == notify.Ping && hb.Outcome != probe.Answered:
		e.ResponseTimeMS = 0
	case k == notify.NeedsExceedMax || k == notify.NeedsBelowMin:
		d := r.Decision
		e.BySignals = d.ByRules || d.Reading < 0 || d.Rule == decide.RuleAbove
	}
	if k == notify.Scaled || k == notify.ScaleFailed {
		e.To = r.Decision.To
		if d := r.Decision; d.Resizes() {
			e.SizeFrom, e.SizeTo = d.SizeFrom, d.SizeTo
		}
	}
	return e
}
