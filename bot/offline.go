package bot

import (
	"context"

	"github.com/autoscalebot/autoscalebot/probe"
)

// offline says whether it is the bot itself that is cut off, and by which reading: no heartbeat reaches the app, and the control probe
// cannot reach anything either. Any answer of the control's, be it an error, shows that the bot is connected. Other signals have no say:
// one that cannot be reached says nothing about the way to the app. Without a heartbeat the bot is never offline.
func (b *Bot) offline(ctx context.Context, readings []probe.Reading) (heartbeat int, yes bool) {
	heartbeat = -1
	for i := range readings {
		switch r := &readings[i]; {
		case !isHeartbeat(r):
		case r.Outcome != probe.Unreachable:
			return -1, false
		case heartbeat < 0:
			heartbeat = i
		}
	}
	if b.o.Control == nil || heartbeat < 0 {
		return -1, false
	}
	c := b.o.Control.Probe(ctx)
	return heartbeat, c.Outcome == probe.Unreachable || c.Outcome == probe.Timeout
}

// freeze makes r the record of a tick at which the bot is offline, by the reading of a heartbeat: nothing is asked and nothing decided, and
// what was seen before still counts afterwards.
func freeze(r Record, heartbeat int) Record {
	r.Decision = Decision{Rule: RuleOffline, Verdict: Blind, Reading: heartbeat, From: -1, To: -1, Wish: -1}
	return r
}
