package record

import (
	"fmt"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

// It is "" if no rule judges the size, unless the ladder holds it.
func (r Record) sizing() string {
	d := r.Decision
	if !d.JudgesSize() {
		return r.ladderText()
	}
	text := r.sizeSignals()
	if !strings.EqualFold(d.SizeDesired, d.SizeFrom) {
		if d.SizeHeld == "" {
			return text
		}
		return text + "; " + r.sizeDesired()
	}
	switch {
	case d.SizeFrom == "":
		return text + "; the size is unknown"
	case d.SizeHeld != "":
		return text + "; " + r.sizeHeld()
	}
	return text
}

// Only the signals that ask for the desired step are listed, if there is one.
func (r Record) sizeSignals() string {
	step := r.Decision.SizeStep()
	return r.signals(func(j *decide.Judged) bool { return j.Size && (step == 0 || j.SizeStep == step) })
}

func (r Record) sizeDesired() string {
	return fmt.Sprintf("desired size %s, but %s", r.Decision.SizeDesired, r.sizeHeld())
}

func (r Record) sizeHeld() string {
	d := r.Decision
	switch {
	case d.SizeHeld == decide.HeldLadder:
		return fmt.Sprintf("%s is not on the ladder, so the bot leaves the size alone", d.SizeFrom)
	case d.SizeHeld == decide.HeldLargest:
		return d.SizeFrom + " is the largest size on the ladder"
	case d.SizeHeld == decide.HeldRecent:
		return fmt.Sprintf("larger %s were needed recently (%s left)", r.Units(), left(d.SizeSecondsLeft))
	case d.SizeHeld == decide.HeldFit:
		return "smaller " + r.Units() + " could not carry the load"
	case d.SizeHeld == decide.HeldPending:
		return "the last size change is not complete: " + d.SizePending
	case d.SizeHeld == decide.HeldLeftAlone:
		return "the app is left alone"
	case d.SizeHeld == decide.HeldOverride:
		return "the size does not change during an override"
	case d.SizeHeld == decide.HeldCount:
		return "the number of " + r.Units() + " changes first"
	case d.SizeHeld == decide.ClampCooldown:
		return fmt.Sprintf("the size cooldown has %s left", left(d.SizeSecondsLeft))
	case d.SizeHeld == decide.ClampPause:
		return paused(d.SizeLarger, d.SizeSecondsLeft)
	case d.SizeHeld == decide.ClampBudget && d.SizeSecondsLeft > 0:
		return r.budgetUsed()
	case d.SizeHeld == decide.ClampBudget:
		return fmt.Sprintf("the month would cost more than the budget of $%g", d.Bill.Budget)
	case d.SizeHeld == decide.ClampDeploy:
		return r.deploy(d.SizeSecondsLeft)
	}
	return inProgress
}

func (r Record) sizeFirst(c decide.Clamp) string {
	if c.SecondsLeft > 0 {
		return fmt.Sprintf("the size changed recently (%s left)", left(c.SecondsLeft))
	}
	switch more := c.From > c.To; {
	case more && c.To >= r.Limits.Max:
		return fmt.Sprintf("the maximum is %s, so larger %s come next", r.maximum(), r.Units())
	case more:
		return "larger " + r.Units() + " come first"
	case r.Decision.Ladder == decide.Vertical:
		return fmt.Sprintf("the minimum is %s, so smaller %s come next", r.minimum(), r.Units())
	}
	return "smaller " + r.Units() + " come first"
}

func (r Record) ladderText() string {
	switch d := r.Decision; {
	case d.SizeHeld == "":
		return ""
	case !strings.EqualFold(d.SizeDesired, d.SizeFrom):
		return r.sizeDesired()
	case d.Desired != d.From:
		return r.sizeHeld()
	}
	return ""
}
