package bot

import (
	"context"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

// offline says whether it is the bot itself that is cut off, and by which reading: no heartbeat reaches the app, and the control probe
// cannot reach anything either. Any answer of the control's, be it an error, shows that the bot is connected. Other signals have no say:
// one that cannot be reached says nothing about the way to the app. Without a heartbeat the bot is never offline.
// began is when the tick did.
func (b *Bot) offline(ctx context.Context, began time.Time, readings []probe.Reading) (heartbeat int, yes bool) {
	heartbeat = -1
	for i := range readings {
		switch r := &readings[i]; {
		case !isHeartbeat(r):
		case !unreached(r):
			return -1, false
		case heartbeat < 0:
			heartbeat = i
		}
	}
	if b.o.Control == nil || heartbeat < 0 {
		return -1, false
	}
	// The heartbeat may have waited for long, and the control must not make the next one late.
	ctx, cancel := context.WithTimeout(ctx, max(b.o.Interval/20, (b.o.Interval-time.Since(began))*9/10))
	defer cancel()
	c := b.o.Control.Probe(ctx)
	return heartbeat, unreached(&c) || c.Outcome == probe.Timeout
}

// unreached says whether a probe had no answer, and no connection on which to wait for one.
func unreached(r *probe.Reading) bool {
	return r.Outcome == probe.Unreachable || r.Outcome == probe.ConnectTimeout
}

// freeze makes r the record of a tick at which the bot is offline, by the reading of a heartbeat: nothing is asked and nothing decided, and
// what was seen before still counts afterwards.
func freeze(r Record, heartbeat int) Record {
	r.Decision = Decision{Rule: RuleOffline, Verdict: NoData, Reading: heartbeat, From: -1, To: -1, Desired: -1}
	return r
}
