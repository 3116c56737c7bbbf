package bot

import (
	"context"

	"github.com/autoscalebot/autoscalebot/probe"
)

// offline says whether it is the bot itself that is cut off: when a heartbeat cannot reach the app, and the control probe
// cannot reach anything either. Any answer of the control's, be it an error, shows that the bot is connected.
func (b *Bot) offline(ctx context.Context, readings []probe.Reading) bool {
	if b.o.Control == nil {
		return false
	}
	for _, r := range readings {
		if r.Outcome == probe.Unreachable {
			c := b.o.Control.Probe(ctx)
			return c.Outcome == probe.Unreachable || c.Outcome == probe.Timeout
		}
	}
	return false
}

// freeze is the record of a tick at which the bot is offline: nothing is asked and nothing decided, and what was seen before
// still counts afterwards.
func (b *Bot) freeze(r Record) Record {
	r.Decision = Decision{Rule: RuleOffline, Verdict: Blind, Reading: 0, From: -1, To: -1, Wish: -1}
	return r
}
