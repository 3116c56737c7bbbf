package dashboard

import (
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/words"
)

// What the page waits for before the first record, and what comes then.
func (d *Dashboard) awaited(now time.Time) []string {
	what := reading(d.o.NoHeartbeat)
	out := []string{fmt.Sprintf("The bot started at %s. It takes the first %s at once, and then one every %s.",
		at(d.o.Started.In(d.o.Zone), now), what, words.Length(d.o.Interval))}
	p := d.o.Policy
	if !d.o.NoHeartbeat && p.Adaptive == nil && len(p.Breaches) == 0 {
		out = append(out,
			fmt.Sprintf("A scale-up needs %s, a scale-down %s.", quorum(p.Fails, decide.Slow),
				quorum(p.Passes, decide.Fast)))
	}
	if p.Stabilization > 0 {
		out = append(out, fmt.Sprintf("The first scale-down comes at least %s after the start.",
			words.Length(p.Stabilization)))
	}
	return append(out, fmt.Sprintf("The charts begin with the first %s, the cost with the second.", what))
}
