package bot

import (
	"context"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

// offline says whether no heartbeat reaches the app and the control reaches nothing either. Any answer of the
// control's, be it an error, shows that the bot is connected. Other signals say nothing about the way to the app, and
// without a heartbeat the bot is never offline.
func (b *Bot) offline(ctx context.Context, began time.Time, readings []probe.Reading) bool {
	if b.o.Control == nil || !slices.ContainsFunc(readings, probe.Reading.IsHeartbeat) {
		return false
	}
	for i := range readings {
		if r := &readings[i]; r.IsHeartbeat() && !unreached(r) {
			return false
		}
	}
	// The heartbeat may have waited for long, and the control must not make the next one late.
	ctx, cancel := context.WithTimeout(ctx, max(b.o.Interval/20, (b.o.Interval-time.Since(began))*9/10))
	defer cancel()
	c := b.o.Control.Probe(ctx)
	return unreached(&c) || c.Outcome == probe.Timeout
}

// unreached says whether a probe had no answer, and no connection on which to wait for one.
func unreached(r *probe.Reading) bool {
	return r.Outcome == probe.Unreachable || r.Outcome == probe.ConnectTimeout
}
