package record

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/words"
	"github.com/autoscalebot/autoscalebot/probe"
)

const (
	stopping   = "the bot is stopping"
	inProgress = "an earlier change is still in progress"
)

// Headline returns the result of the tick in a few words: "scaled 2 → 3".
func (r Record) Headline() string {
	switch d := r.Decision; r.Action {
	case Scaled:
		return fmt.Sprintf("scaled %d → %d", d.From, d.To)
	case WouldScale:
		return fmt.Sprintf("dry run: would scale %d → %d", d.From, d.To)
	case Resized:
		return fmt.Sprintf("resized %s → %s", d.SizeFrom, d.SizeTo)
	case WouldResize:
		return fmt.Sprintf("dry run: would resize %s → %s", d.SizeFrom, d.SizeTo)
	case Failed:
		if r.Dynos < 0 {
			return "the number of " + r.Units() + " could not be read"
		}
		if d.To == d.From {
			return fmt.Sprintf("resizing %s → %s failed", d.SizeFrom, d.SizeTo)
		}
		return fmt.Sprintf("scaling %d → %d failed", d.From, d.To)
	case Interrupted:
		return "interrupted"
	}
	if r.Dynos < 0 {
		return "held"
	}
	return fmt.Sprintf("held at %d", r.Dynos)
}

// Why explains the decision, including a hold, without a full stop at the end.
func (r Record) Why() string {
	if r.Action == Interrupted {
		return stopping
	}
	var parts []string
	add := func(text string) {
		if text != "" {
			parts = append(parts, text)
		}
	}
	sizing, first := r.sizing(), r.Decision.Resizes() && r.Decision.JudgesSize()
	if first {
		add(sizing)
	}
	add(r.Completed())
	add(r.CompletedSize())
	add(r.cause())
	for _, c := range r.Decision.Clamps {
		add(fmt.Sprintf("desired %d, but %s", c.From, r.clampText(c)))
	}
	if !first {
		add(sizing)
	}
	if r.Burst != "" {
		add(r.burst())
	}
	add(r.Error)
	return strings.Join(parts, "; ")
}

func (r Record) cause() string {
	switch d := r.Decision; d.Rule {
	case decide.RuleOffline:
		return "the bot is offline: it cannot reach the app or the control URL, so it changes nothing"
	case decide.RuleOverride:
		return r.Override()
	case decide.RuleLeftAlone:
		if d.LeftAlone != "" {
			return d.LeftAlone + ", so the bot leaves the app alone"
		}
		return "somebody set 0 " + r.Units() + ", so the bot leaves the app alone"
	case decide.RuleLimits:
		return r.outside(d.From)
	case decide.RuleIneffective:
		return r.Ineffective()
	case decide.RuleSlow, decide.RuleFast:
		return r.progress() + r.load()
	case decide.RuleMoreLoad, decide.RuleLessLoad:
		return r.estimate()
	case decide.RuleAbove:
		return r.above()
	case decide.RuleBelow:
		return r.below()
	case decide.RuleBreach:
		return d.Breach.String()
	}
	if d := r.Decision; len(d.Signals) > 0 && (d.Reading < 0 || d.ByRules && d.Rule != decide.RuleMaintenance) {
		return r.signals(ofCount)
	}
	text := r.Observed() + r.load()
	if signals := r.signals(ofCount); signals != "" {
		text += "; " + signals
	}
	return text
}

func ofCount(j *decide.Judged) bool { return !j.Size }

func (r Record) load() string {
	if r.Decision.Load == nil {
		return ""
	}
	return "; " + r.estimate()
}

func (r Record) estimate() string {
	unit := words.Unit(r.Unit)
	return r.Decision.Load.Text(unit.One(), unit.Many())
}

func (r Record) outside(n int) string {
	if n > r.Limits.Max {
		return fmt.Sprintf("%d is above the maximum of %s", n, r.maximum())
	}
	return fmt.Sprintf("%d is below the minimum of %s", n, r.minimum())
}

func (r Record) maximum() string { return strconv.Itoa(r.Limits.Max) + r.setBy(r.MaxRow) }
func (r Record) minimum() string { return strconv.Itoa(r.Limits.Min) + r.setBy(r.MinRow) }

func (r Record) setBy(row string) string {
	o, ok := r.Control.LimitsAt(r.Time)
	switch {
	case ok:
		return fmt.Sprintf(" (set by %s until %s)", cmp.Or(o.By, "somebody"), Clock(o.Until))
	case row == "":
		return ""
	}
	return " (" + row + ")"
}

// Offline explains that the bot is offline, or is connected again.
func (r Record) Offline() string {
	if r.Decision.Rule == decide.RuleOffline {
		return r.cause()
	}
	return "the bot is connected again and continues from what it knew"
}

// Bill returns the month's costs and their forecast.
func (r Record) Bill() string { return r.Decision.Bill.String() }

// Override names the override in force, and who set it.
func (r Record) Override() string {
	o := r.Control.Override
	if !o.Active(r.Time) {
		return "the override has ended"
	}
	return fmt.Sprintf("%s set an override of %s until %s", cmp.Or(o.By, "somebody"), r.Of(o.Dynos), Clock(o.Until))
}

// LimitsOverride names the override of the limits in force, and who set it.
func (r Record) LimitsOverride() string {
	o, ok := r.Control.LimitsAt(r.Time)
	if !ok {
		return fmt.Sprintf("the limits are %d to %d again", r.Limits.Min, r.Limits.Max)
	}
	return fmt.Sprintf("%s set limits of %d to %s until %s", cmp.Or(o.By, "somebody"), r.Limits.Min, r.Of(r.Limits.Max),
		Clock(o.Until))
}

// Ineffective explains that scale-ups do not help, and where to look.
func (r Record) Ineffective() string {
	c := r.Decision.Ineffective
	if c == nil {
		return "the heartbeat has recovered, or scale-ups help again"
	}
	before := words.Millis(c.Before.Mean())
	if c.Before.Failing() {
		before = "failing"
	}
	at := cmp.Or(c.Left, max(c.From, r.Dynos))
	return fmt.Sprintf("scale-ups are ineffective: the heartbeat is not faster with %s than with %d (%s); "+
		"check the database and slow routes", r.Of(at), c.From, before)
}

// ManualChange describes the change of the number of dynos by somebody else.
func (r Record) ManualChange() string {
	a := r.Decision.ManualChange
	text := fmt.Sprintf("somebody changed the number of %s from %d to %d", r.Units(), a.From, a.To)
	if r.Decision.Rule == decide.RuleLimits {
		return text + "; " + r.outside(r.Decision.From)
	}
	return text + "; the bot continues from there"
}

// Completed describes a change that was made although its answer did not arrive; "" without one.
func (r Record) Completed() string {
	c := r.Decision.Completed
	if c == nil {
		return ""
	}
	return unheard(fmt.Sprintf("%d → %d", c.From, c.To), c.Asked)
}

// CompletedSize is Completed for the dyno size.
func (r Record) CompletedSize() string {
	c := r.Decision.CompletedSize
	if c == nil {
		return ""
	}
	return unheard(c.From+" → "+c.To, c.Asked)
}

func unheard(change string, asked time.Time) string {
	return fmt.Sprintf("the change %s requested at %s was made although the platform's answer did not arrive",
		change, Clock(asked))
}

// Observed describes a heartbeat that does not call for a change.
func (r Record) Observed() string {
	d := r.Decision
	hb, ok := r.Heartbeat()
	switch {
	case !ok:
		return "there is no reading"
	case hb.Outcome == probe.Maintenance:
		return hb.Error + "; the heartbeat is ignored"
	case d.Verdict == decide.NoData:
		return fmt.Sprintf("no data: %s: %s", hb.Outcome, explained(hb))
	// The second condition is a boot that another rule overrules.
	case d.Rule == decide.RuleBooting, d.Verdict == decide.Slow && d.Needed == 0:
		text := "the heartbeat " + r.one() + " but does not count while new " + r.Units() + " boot"
		if d.BootSeconds > 0 {
			text += fmt.Sprintf(" (recent boots took %.0f s or less)", d.BootSeconds)
		}
		return text
	case d.Verdict == decide.OK:
		return fmt.Sprintf("%s is ok (between %g and %g ms)", words.Millis(hb.Value),
			d.MinResponseMS, d.MaxResponseMS)
	}
	return r.progress()
}

func (r Record) one() string {
	hb, _ := r.Heartbeat()
	if hb.Outcome != probe.Answered {
		return "failed (" + hb.Error + ")"
	}
	return fmt.Sprintf("%s (slower than %g ms)", spent(hb), r.Decision.MaxResponseMS)
}

func (r Record) evidence() string {
	d := r.Decision
	hb, _ := r.Heartbeat()
	switch {
	case hb.Outcome != probe.Answered:
		return fmt.Sprintf("failed or slower than %g ms (the last: %s)", d.MaxResponseMS, hb.Error)
	case d.Verdict == decide.Slow:
		return fmt.Sprintf("slower than %g ms (the last %s)", d.MaxResponseMS, spent(hb))
	}
	return fmt.Sprintf("faster than %g ms (the last %s)", d.MinResponseMS, spent(hb))
}

func explained(hb probe.Reading) string {
	if hb.Hint == "" {
		return hb.Error
	}
	return hb.Error + " (" + hb.Hint + ")"
}

func spent(hb probe.Reading) string {
	switch hb.Measure {
	case probe.MeasureProcessing:
		return "was processed for " + words.Millis(hb.Value)
	case probe.MeasureQueue:
		return "waited " + words.Millis(hb.Value) + " in the queue"
	}
	return "took " + words.Millis(hb.Value)
}

func (r Record) clampText(c decide.Clamp) string {
	switch {
	case c.By == decide.ClampSize:
		return r.sizeFirst(c)
	case c.By == decide.ClampUnsettled:
		return inProgress
	case c.By == decide.ClampIneffective:
		return r.Ineffective()
	case c.By == decide.ClampStabilization && c.To != r.Decision.From:
		return fmt.Sprintf("%d were needed within the stabilization window (%s left)", c.To, left(c.SecondsLeft))
	case c.By == decide.ClampStabilization:
		return fmt.Sprintf("the stabilization window has %s left", left(c.SecondsLeft))
	case c.By == decide.ClampCooldown:
		return fmt.Sprintf("the cooldown has %s left", left(c.SecondsLeft))
	case c.By == decide.ClampHold:
		return fmt.Sprintf("a manual change to %d is kept for another %s", c.To, left(c.SecondsLeft))
	case c.By == decide.ClampBudget && c.SecondsLeft > 0:
		return r.budgetUsed()
	case c.By == decide.ClampBudget:
		return r.nearBudget(c)
	case c.By == decide.ClampDeploy:
		return r.deploy(c.SecondsLeft)
	case c.By == decide.ClampPause:
		return paused(c.From > c.To, c.SecondsLeft)
	case c.To < c.From:
		return "the maximum is " + r.maximum()
	}
	return "the minimum is " + r.minimum()
}

func (r Record) budgetUsed() string { return "the month's budget is used up: " + r.Bill() }

func (r Record) nearBudget(c decide.Clamp) string {
	b := r.Decision.Bill
	text := fmt.Sprintf("the month would cost $%.2f and the budget is $%g, so the scale-up needs twice the evidence",
		b.Spend.Forecast(c.From, b.Price), b.Budget)
	if e := r.Decision.Evidence; e != nil {
		text += ": " + e.Missing()
	}
	return text
}

func (r Record) deploy(seconds float64) string {
	switch {
	case seconds > 0:
		return fmt.Sprintf("the release is recent: the deploy grace period has %s left", left(seconds))
	case r.Error != "":
		return "the platform did not say whether a release is under way"
	}
	return "a release is under way"
}

func paused(up bool, seconds float64) string {
	text := "scaling down is paused"
	if up {
		text = "scaling up is paused"
	}
	if seconds > 0 {
		text += " for another " + left(seconds)
	}
	return text
}

func left(seconds float64) string { return words.Left(time.Duration(seconds * float64(time.Second))) }

func (r Record) progress() string {
	d, evidence := r.Decision, r.evidence()
	enough := d.Run >= d.Needed
	switch {
	case d.Of > d.Needed && enough:
		return fmt.Sprintf("%d of the last %s %s", d.Run, heartbeats(d.Of), evidence)
	case d.Of > d.Needed:
		return fmt.Sprintf("%d of the last %s %s, %d needed", d.Run, heartbeats(d.Of), evidence, d.Needed)
	case !enough:
		return fmt.Sprintf("%d of %s in a row %s", d.Run, heartbeats(d.Needed), evidence)
	case d.Run == 64:
		return "64 or more heartbeats in a row " + evidence
	}
	return heartbeats(d.Run) + " in a row " + evidence
}

func heartbeats(n int) string {
	if n == 1 {
		return "1 heartbeat"
	}
	return fmt.Sprintf("%d heartbeats", n)
}

func (r Record) burst() string {
	n := 0
	for i := range r.Readings {
		if r.Readings[i].IsHeartbeat() {
			n++
		}
	}
	return fmt.Sprintf("%s, because %s", heartbeats(n), r.Burst)
}

// Failure explains the failure of the platform, or that it works again.
func (r Record) Failure() string {
	if r.Action == Failed {
		return r.Why()
	}
	if r.Action == Scaled || r.Action == Resized {
		return r.Headline()
	}
	return "the platform works again; " + r.Why()
}
