package dashboard

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/bot/words"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// The style sheet has a color for each tone.
type tone string

const (
	calm  tone = "calm"
	good  tone = "good"
	busy  tone = "busy"
	alert tone = "alert"
	quiet tone = "quiet"
)

type present struct {
	NoHeartbeat bool
	Seen        bool
	Beat, Late  time.Time // the last tick, and when the next is overdue
	Pill        mark

	formation
	newest

	Signals []signal
	Servers []serverMark // nil without a pool

	InForce   []intervention
	Awaited   []string // before the first record
	Warnings  []string
	Waits     []wait
	Incidents []incident
	Headline  string
	Why       string
	Tone      tone
	Ahead     ahead
	Title     string
}

type formation struct {
	Noun     words.Unit
	Dynos    string
	Limits   schedule.Limits
	Pips     []bool // one for each dyno up to the maximum, true if it runs; nil if there are too many
	NextText string
}

// The newest heartbeat, and the run of verdicts that it belongs to.
type newest struct {
	Response, Unit string
	Verdict        mark
	Thresholds     string
	Phases         []phase
	Transfer       string

	Run     string
	RunPips []bool
	RunNote string
}

type mark struct {
	Text string
	Tone tone
}

// From and Width are in percent of the response time.
type phase struct {
	Name, Class, Text string
	From, Width       string
}

// A reason to wait before a change, or the word "ready".
type wait struct {
	Name, Text string
	Tone       tone
	Until      time.Time     // zero if it has no end
	Share      float64       // what is left of Whole, from 0 to 1
	Whole      time.Duration // the length of a cooldown or a hold
}

// In percent.
func (w wait) Width() string { return percent(w.Share) }

type incident struct {
	Title, Reason, Advice string
	Since                 time.Time
}

type ahead struct {
	Band    string // an SVG path in a box of 240 by 40
	Hours   []string
	Changes []string
}

func percent(share float64) string {
	return strconv.FormatFloat(math.Round(share*1e4)/100, 'f', -1, 64)
}

func (d *Dashboard) present(now time.Time) present {
	now = now.In(d.o.Zone)
	r, seen := d.hub.newest()
	state, control := d.o.State(), d.o.Control()
	p := present{
		NoHeartbeat: d.o.NoHeartbeat, InForce: d.interventions(control, now),
		formation: formation{Noun: d.o.Unit, Limits: d.o.Schedule.At(now), Dynos: "–"}, newest: newest{Response: "–"},
	}
	p.Ahead = d.ahead(now)
	if when, l, ok := d.o.Schedule.Next(now); ok {
		p.NextText = fmt.Sprintf("limits %s from %s", between(l.Min, l.Max), at(when.In(d.o.Zone), now))
	}
	if d.o.Warnings != nil {
		p.Warnings = d.o.Warnings()
	}
	if d.o.Servers != nil {
		p.Servers = serverMarks(d.o.Servers())
	}
	p.Waits = d.waits(&state, control, now)
	for _, e := range d.incidents.list() {
		if e.Kind.ByPeople() {
			continue // it is in force, see above
		}
		title := e
		title.App, title.Since = "", time.Time{} // shown next to it
		p.Incidents = append(p.Incidents,
			incident{
				Title: title.Subject(), Reason: e.ReasonLine(), Advice: e.AdviceLine(),
				Since: e.Since.In(d.o.Zone),
			})
	}
	if seen {
		p.fill(r, d.o.Zone, d.o.Interval)
		p.run(r.Decision, d.o.Policy)
	} else {
		p.Awaited = d.awaited(now)
	}
	p.Pill = d.pill(r, seen, control, now)
	p.Title = d.o.App
	switch {
	case seen && d.o.NoHeartbeat:
		p.Title = fmt.Sprintf("%s – %s", p.dynos(), d.o.App)
	case seen:
		p.Title = fmt.Sprintf("%s, %s %s – %s", p.dynos(), p.Response, p.Unit, d.o.App)
	}
	return p
}

func (p *present) dynos() string {
	if p.Dynos == "1" {
		return p.Noun.Of(1)
	}
	return p.Dynos + " " + p.Noun.Many()
}

func (p *present) fill(r record.Record, zone *time.Location, interval time.Duration) {
	p.Seen, p.Beat = true, r.Time.In(zone)
	p.Late = p.Beat.Add(3 * interval)
	if n := r.After(); n >= 0 {
		p.Dynos = strconv.Itoa(n)
		if most := max(n, p.Limits.Max); most <= 24 {
			p.Pips = pips(n, most)
		}
	}
	p.Headline, p.Why, p.Tone = r.Headline(), r.Why(), toneOf(r)
	hb, ok := r.Heartbeat()
	p.Verdict = verdictMark(r.Decision.Verdict, hb)
	p.Signals = signals(r.Decision.Signals)
	p.Thresholds = fmt.Sprintf("ok from %s to %s", words.Millis(r.Decision.MinResponseMS),
		words.Millis(r.Decision.MaxResponseMS))
	if ok {
		p.Response, p.Unit, _ = strings.Cut(words.Millis(hb.Value), " ")
		p.Phases = phases(hb.Phases)
		if hb.Phases.Transfer > 0 {
			p.Transfer = words.Phase(hb.Phases.Transfer)
		}
	}
}

func pips(n, of int) []bool {
	out := make([]bool, of)
	for i := range min(n, of) {
		out[i] = true
	}
	return out
}

func (p *present) run(d decide.Decision, policy decide.Policy) {
	if d.Load != nil && d.Verdict != decide.NoData {
		p.Run, p.RunNote = fmt.Sprintf("%d needed", d.Load.Need), d.Load.String()
		return
	}
	switch {
	case d.ByRules:
		p.Run, p.RunNote = "scaling rules", "the signals below decide"
		return
	case d.Rule == decide.RuleBooting:
		p.Run, p.RunNote = p.Noun.Many()+" are booting", "slow heartbeats do not count yet"
	case d.Verdict == decide.OK || d.Needed == 0:
		p.Run = "none"
		p.RunNote = fmt.Sprintf("scale-up after %s, scale-down after %s", quorum(policy.Fails, decide.Slow),
			quorum(policy.Passes, decide.Fast))
		if len(d.Signals) > 0 {
			p.RunNote = "heartbeats: " + p.RunNote
		}
	case d.Verdict == decide.NoData:
		p.Run, p.RunNote = fmt.Sprintf("%d of %d without data", min(d.Run, d.Needed), d.Needed),
			"heartbeats without data change nothing"
	default:
		p.Run = fmt.Sprintf("%d of %d %s", min(d.Run, d.Needed), d.Needed, d.Verdict)
		what := "scale-up"
		if d.Verdict == decide.Fast {
			what = "scale-down"
		}
		p.RunNote = what + " after " + quorum(decide.Quorum{N: d.Needed, M: d.Of}, d.Verdict)
	}
	if d.Needed > 0 && d.Needed <= 24 && d.Verdict != decide.OK {
		p.RunPips = pips(d.Run, d.Needed)
	}
}

func quorum(q decide.Quorum, v decide.Verdict) string {
	if q.M > q.N {
		return fmt.Sprintf("%d %s of the last %d", q.N, v, q.M)
	}
	return fmt.Sprintf("%d %s in a row", q.N, v)
}

func toneOf(r record.Record) tone {
	switch {
	case r.Action == record.Failed || r.Decision.Rule == decide.RuleOffline:
		return alert
	case r.Decision.Says() == decide.NoData || r.Decision.Rule == decide.RuleLeftAlone:
		return quiet
	case r.Action == record.Scaled || r.Action == record.WouldScale || r.Action == record.Resized ||
		r.Action == record.WouldResize:
		return calm
	case r.Decision.Says() == decide.Slow:
		return busy
	}
	return good
}

// Without a heartbeat the verdict is about the signals.
func verdictMark(v decide.Verdict, hb probe.Reading) mark {
	switch none := hb.Outcome == ""; v {
	case decide.Slow:
		if none {
			return mark{"above", busy}
		}
		if hb.Outcome != probe.Answered {
			return mark{"slow: " + string(hb.Outcome), busy}
		}
		return mark{"slow", busy}
	case decide.Fast:
		if none {
			return mark{"below", calm}
		}
		return mark{"fast", calm}
	case decide.OK:
		return mark{"ok", good}
	}
	if hb.Outcome == "" {
		return mark{"no data", quiet}
	}
	return mark{"no data: " + string(hb.Outcome), quiet}
}

func phases(ph probe.Phases) []phase {
	total := ph.Total()
	if total <= 0 {
		return nil
	}
	var out []phase
	var from time.Duration
	for _, part := range []struct {
		name, class string
		d           time.Duration
	}{
		{"DNS", "dns", ph.DNS},
		{"connect", "connect", ph.Connect},
		{"TLS", "tls", ph.TLS},
		{"processing", "processing", ph.Processing},
	} {
		if part.d <= 0 {
			continue
		}
		out = append(out, phase{
			Name: part.name, Class: "phase-" + part.class, Text: words.Phase(part.d),
			From: percent(float64(from) / float64(total)), Width: percent(float64(part.d) / float64(total)),
		})
		from += part.d
	}
	return out
}

func (d *Dashboard) pill(r record.Record, seen bool, c decide.Control, now time.Time) mark {
	what := reading(d.o.NoHeartbeat)
	up, down := c.Up.Active(now) || d.o.Policy.PauseUp, c.Down.Active(now) || d.o.Policy.PauseDown
	switch {
	case !seen:
		return mark{"waiting for the first " + what, quiet}
	case d.o.Interval > 0 && now.Sub(r.Time) > 3*d.o.Interval:
		return mark{"no " + what + " for " + words.Length(now.Sub(r.Time)), alert}
	case r.Decision.Rule == decide.RuleOffline:
		return mark{"offline", alert}
	case r.Action == record.Failed:
		return mark{"platform error", alert}
	case r.Decision.Rule == decide.RuleMaintenance:
		return mark{"maintenance", quiet}
	case r.Decision.Says() == decide.NoData:
		return mark{"no data", quiet}
	case r.Decision.Rule == decide.RuleLeftAlone:
		return mark{"left alone", quiet}
	case c.Override.Active(now):
		return mark{fmt.Sprintf("override: %d", c.Override.Dynos), calm}
	case up && down:
		return mark{"paused", quiet}
	case up:
		return mark{"scaling up paused", quiet}
	case down:
		return mark{"scaling down paused", quiet}
	}
	return mark{"running", good}
}

func (d *Dashboard) waits(st *decide.State, c decide.Control, now time.Time) []wait {
	up, down := d.o.Policy.Cooldowns(st, now)
	out := []wait{
		d.wait("Scale-up", d.o.Policy.PauseUp, c.Up, up, d.o.Policy.CooldownUp, now),
		d.wait("Scale-down", d.o.Policy.PauseDown, c.Down, down, d.o.Policy.CooldownDown, now),
	}
	if st.Size != "" {
		left, whole := d.o.Policy.SizeCooldown(st, now)
		out = append(out, d.wait("Size "+notify.OneLine(st.Size, 100), false, decide.Pause{}, left, whole, now))
	}
	if left := st.HoldUntil.Sub(now); left > 0 {
		out = append(out, wait{
			Name: "Manual change", Text: "left alone", Tone: quiet, Until: st.HoldUntil, Whole: d.o.Policy.ManualHold,
			Share: share(left, d.o.Policy.ManualHold),
		})
	}
	if !st.BootSince.IsZero() {
		text := "booting since " + at(st.BootSince.In(d.o.Zone), now)
		if usual := st.BootTime(); usual > 0 {
			text += ", usually " + words.Length(usual)
		}
		out = append(out, wait{Name: "New " + d.o.Unit.Many(), Text: text, Tone: calm})
	}
	for i := range out {
		out[i].Until = out[i].Until.In(d.o.Zone)
	}
	return out
}

func (d *Dashboard) wait(name string, always bool, p decide.Pause, cooldown, whole time.Duration, now time.Time) wait {
	switch {
	case always:
		return wait{Name: name, Text: "paused by the setting PAUSED", Tone: quiet}
	case p.Active(now) && p.Until.IsZero():
		return wait{Name: name, Text: "paused by " + who(p.By) + " until resumed", Tone: quiet}
	case p.Active(now):
		return wait{Name: name, Text: "paused by " + who(p.By), Tone: quiet, Until: p.Until}
	case cooldown > 0:
		return wait{
			Name: name, Text: "cooldown", Tone: busy, Until: now.Add(cooldown), Whole: whole,
			Share: share(cooldown, whole),
		}
	}
	return wait{Name: name, Text: "ready", Tone: good}
}

func who(by string) string {
	if by == "" {
		return "somebody"
	}
	return notify.OneLine(by, 100)
}

func share(left, whole time.Duration) float64 {
	if whole <= 0 {
		return 1
	}
	return min(1, float64(left)/float64(whole))
}
