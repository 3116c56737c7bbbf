package settings

import (
	"math"
	"strconv"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/cfautoscaler"
)

// RuleText returns a rule in the form of RULES.
func RuleText(r decide.SignalRule) string {
	var b strings.Builder
	b.WriteString(r.Signal)
	say := func(when bool, key, value string) {
		if when {
			b.WriteString(" " + key + "=" + value)
		}
	}
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	say(r.By != "", "by", r.By)
	say(r.PerDyno, "per", "dyno")
	say(!math.IsNaN(r.Max), "max", number(r.Max))
	say(!math.IsNaN(r.Min), "min", number(r.Min))
	say(r.Fails.N > 0, "fails", cfautoscaler.QuorumText(r.Fails))
	say(r.Passes.N > 0, "passes", cfautoscaler.QuorumText(r.Passes))
	say(r.Window > 0 && r.Percentile == 0, "mean", number(r.Window.Seconds())+"s")
	say(r.Window > 0 && r.Percentile > 0, "p"+number(r.Percentile), number(r.Window.Seconds())+"s")
	say(r.Wait != 0, "wait", number(max(0, r.Wait).Seconds())+"s")
	say(r.Up != decide.Step{}, "up", stepText(r.Up))
	say(r.Down != decide.Step{}, "down", stepText(r.Down))
	say(r.Size, "scale", "size")
	return b.String()
}

func stepText(s decide.Step) string {
	if s.Percent > 0 {
		return strconv.FormatFloat(s.Percent, 'g', -1, 64) + "%"
	}
	return strconv.Itoa(s.Dynos)
}
