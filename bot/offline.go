package bot

import (
	"context"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

// Any answer of the control URL, even an error, shows that the bot is online. Other signals may use another route, so
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
	// The heartbeat may have taken long, and the control must not delay the next one.
	ctx, cancel := context.WithTimeout(ctx, max(b.o.Interval/20, (b.o.Interval-time.Since(began))*9/10))
	defer cancel()
	c := b.o.Control.Probe(ctx)
	return unreached(&c) || c.Outcome == probe.Timeout
}

// A timeout on an open connection does not count.
func unreached(r *probe.Reading) bool {
	return r.Outcome == probe.Unreachable || r.Outcome == probe.ConnectTimeout
}
