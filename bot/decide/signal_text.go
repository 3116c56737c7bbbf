package decide

import (
	"fmt"
	"math"
	"strconv"
)

// String describes the signal and its thresholds in one clause.
func (j Judged) String() string {
	switch {
	case j.Verdict == NoData:
		return j.Rule + " has no data: " + j.Error
	case j.obeyed():
		return j.wanted()
	}
	text := fmt.Sprintf("%s is %s", j.Rule, amount(j.Value, j.Unit))
	if j.WindowSeconds > 0 {
		text += fmt.Sprintf(", the %s over %g s", j.measure(), j.WindowSeconds)
	}
	if b := j.Beyond; b != nil {
		return text + fmt.Sprintf(", %s %s for %.0f of %g s", b.Operator, number(b.Threshold),
			math.Floor(j.BeyondSeconds), b.Seconds)
	}
	switch {
	case j.LastDyno && j.Verdict == Above:
		return text + ", and no dyno runs"
	case j.LastDyno:
		return text + ", and the last dyno stays while there is something to do"
	}
	text += ", " + j.thresholds()
	switch {
	case j.Booting && j.Verdict != OK:
		text += ", not counted during a boot"
	case j.Needed > 1 && j.Of == j.Needed && j.Run >= j.Needed:
		text += fmt.Sprintf(", %d in a row", j.Run)
	case j.Needed > 1 && j.Of == j.Needed:
		text += fmt.Sprintf(", %d of %d in a row", j.Run, j.Needed)
	case j.Needed > 0 && j.Of > j.Needed:
		text += fmt.Sprintf(", %d of the last %d, %d needed", j.Run, j.Of, j.Needed)
	case j.WaitSeconds > 0 && j.Verdict != OK:
		text += fmt.Sprintf(", takes effect in %.0f s", math.Ceil(j.WaitSeconds))
	}
	return text
}

// A request of the app has no upper threshold, and equals its lower one.
func (j *Judged) obeyed() bool {
	return j.Max == nil && j.Min != nil && *j.Min == j.Value && j.Verdict != NoData
}

func (j *Judged) wanted() string {
	switch {
	case j.Size && j.Verdict == Above:
		return j.Rule + " asks for a larger size"
	case j.Size && j.Verdict == Below:
		return j.Rule + " asks for a smaller size"
	case j.Verdict == Above:
		return fmt.Sprintf("%s asks to scale up to %d", j.Rule, j.Desired)
	case j.Verdict == Below:
		return fmt.Sprintf("%s asks to scale down to %d", j.Rule, j.Desired)
	}
	return j.Rule + " asks for no change"
}

func (j *Judged) measure() string {
	if j.Percentile > 0 {
		return fmt.Sprintf("p%g", j.Percentile)
	}
	return "mean"
}

func (j *Judged) thresholds() string {
	switch {
	case j.Verdict == Above:
		return "above " + number(*j.Max)
	case j.Verdict == Below:
		return "below " + number(*j.Min)
	case j.Max == nil:
		return "not below " + number(*j.Min)
	case j.Min == nil:
		return "not above " + number(*j.Max)
	}
	return fmt.Sprintf("between %s and %s", number(*j.Min), number(*j.Max))
}

func amount(x float64, unit string) string {
	switch {
	case unit == "":
		return number(x)
	case unit == "%":
		return number(x) + " %"
	}
	return number(x) + " " + unit
}

func number(x float64) string {
	if math.Abs(x) >= 1000 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}

// String names what was breached, and for how long.
func (b Breached) String() string {
	return fmt.Sprintf("%s %s %s for %g s", b.Metric, b.Operator, amount(b.Threshold, b.Unit), b.Seconds)
}
