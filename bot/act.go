package bot

import (
	"context"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
)

func (b *Bot) act(ctx context.Context, r *record.Record, f decide.Facts, began time.Time) {
	d := r.Decision
	if r.Action != record.Held || d.To == d.From && !d.Resizes() {
		return
	}
	before, outcome := b.state, decide.DryRun
	if !b.o.DryRun {
		// Report the earlier failure now; the next tick asks again.
		if refused := b.platform.Refused(); d.To != d.From && refused != nil {
			r.Action, r.Error = record.Failed, refused.Error()
			return
		}
		b.state = b.o.Policy.Asked(before, f, d)
		b.remember(f.Now)
		var err error
		if outcome, err = b.platform.Change(ctx, began, d); outcome == decide.Late || outcome == decide.Refused {
			r.Error = err.Error()
		}
	}
	b.state, r.Decision = b.o.Policy.Answered(before, f, d, outcome)
	r.Action = actionOf(d, outcome)
	if outcome == decide.Accepted {
		r.Quota = b.platform.CallsLeft()
	}
}

func actionOf(d decide.Decision, o decide.Outcome) record.Action {
	switch {
	case o == decide.Refused:
		return record.Failed
	case o == decide.Accepted && d.To != d.From:
		return record.Scaled
	case o == decide.Accepted:
		return record.Resized
	case o == decide.DryRun && d.To != d.From:
		return record.WouldScale
	case o == decide.DryRun:
		return record.WouldResize
	}
	return record.Held
}
