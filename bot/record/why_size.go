package record

import (
	"fmt"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

// sizing says what becomes of the dyno size, and why; "" where no rule judges that, and where the order is why and the
// rest says it all.
func (r Record) sizing() string {
	d := r.Decision
	if !d.JudgesSize() {
		return r.ladderText()
	}
	text := r.sizeSignals()
	if !strings.EqualFold(d.SizeDesired, d.SizeFrom) {
		dynos := fmt.Sprintf("dynos of %s instead of %s", d.SizeDesired, d.SizeFrom)
		if d.SizeHeld == "" {
			return text + ": " + dynos
		}
		return text + ": wanted " + dynos + ", but " + r.sizeHeld()
	}
	switch {
	case d.SizeFrom == "":
		return text + ", but the dyno size is not known"
	case d.SizeHeld != "":
		return text + ", but " + r.sizeHeld()
	}
	return text
}

// sizeSignals says what the signals say that the dyno size is judged by: those that ask for what is wished, if any do.
func (r Record) sizeSignals() string {
	step := r.Decision.SizeStep()
	return r.signals(func(j *decide.Judged) bool { return j.Size && (step == 0 || j.SizeStep == step) })
}

func (r Record) sizeHeld() string {
	d := r.Decision
	left := left(d.SizeSecondsLeft)
	switch timed := d.SizeSecondsLeft > 0; {
	case d.SizeHeld == decide.HeldLadder:
		return fmt.Sprintf("%s is none of the sizes to choose from, so the size is left alone", d.SizeFrom)
	case d.SizeHeld == decide.HeldLargest:
		return d.SizeFrom + " is the largest of the sizes to choose from"
	case d.SizeHeld == decide.HeldRecent:
		return fmt.Sprintf("larger ones were needed not long ago, which counts for %s longer", left)
	case d.SizeHeld == decide.HeldFit:
		return "those would not bear the load"
	case d.SizeHeld == decide.HeldPending:
		return "the last change of the size goes on: " + d.SizePending
	case d.SizeHeld == decide.HeldLeftAlone:
		return "the app is left alone"
	case d.SizeHeld == decide.HeldOverride:
		return "somebody asked for a number of dynos, which stay as they are meanwhile"
	case d.SizeHeld == decide.HeldCount:
		return "their number changes first"
	case d.SizeHeld == decide.ClampCooldown:
		return fmt.Sprintf("the cooldown of the size has %s left", left)
	case d.SizeHeld == decide.ClampPause && timed:
		return fmt.Sprintf("that is paused for %s longer", left)
	case d.SizeHeld == decide.ClampPause:
		return "that is paused"
	case d.SizeHeld == decide.ClampBudget && timed:
		return fmt.Sprintf("the month's budget is used up: %v", d.Bill)
	case d.SizeHeld == decide.ClampBudget:
		return fmt.Sprintf("with them the month would cost more than its budget of $%g", d.Bill.Budget)
	case d.SizeHeld == decide.ClampDeploy && timed:
		return fmt.Sprintf("the newest release is young, which counts for %s longer", left)
	case d.SizeHeld == decide.ClampDeploy && r.Error != "":
		return "whether a release is under way is not known"
	case d.SizeHeld == decide.ClampDeploy:
		return "a release is under way"
	}
	return "an earlier change is still under way"
}

func (r Record) sizeFirst(c decide.Clamp) string {
	if c.SecondsLeft > 0 {
		return fmt.Sprintf("wanted %d, but the size changed not long ago, and is watched for %s longer", c.From,
			left(c.SecondsLeft))
	}
	switch more := c.From > c.To; {
	case more && c.To >= r.Limits.Max:
		return fmt.Sprintf("wanted %d, the maximum of this hour is %d%s, so larger dynos are next", c.From,
			r.Limits.Max, row(r.MaxRow))
	case more:
		return fmt.Sprintf("wanted %d, but larger dynos come before more", c.From)
	case r.Decision.Ladder == decide.Vertical:
		return fmt.Sprintf("wanted %d, the minimum of this hour is %d%s, so smaller dynos are next", c.From,
			r.Limits.Min, row(r.MinRow))
	}
	return fmt.Sprintf("wanted %d, but smaller dynos come before fewer", c.From)
}

func (r Record) ladderText() string {
	switch d := r.Decision; {
	case d.SizeHeld == "":
		return ""
	case !strings.EqualFold(d.SizeDesired, d.SizeFrom):
		return fmt.Sprintf("wanted dynos of %s instead of %s, but %s", d.SizeDesired, d.SizeFrom, r.sizeHeld())
	case d.Desired != d.From:
		return r.sizeHeld()
	}
	return ""
}
