package bot

import (
	"context"
	"errors"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
)

// act asks the platform for what was decided, and takes in what it answers.
func (b *Bot) act(ctx context.Context, r *record.Record, f decide.Facts, began time.Time) {
	d := r.Decision
	if r.Action != record.Held || d.To == d.From && !d.Resizes() {
		return
	}
	change, before, outcome := b.changeTo(d), b.state, decide.DryRun
	if change != nil {
		if d.To != d.From && b.refused != nil { // which is told now, and asked for again at the next tick
			r.Action, r.Error = record.Failed, b.refused.Error()
			return
		}
		b.state = b.o.Policy.Asked(before, f, d)
		b.remember(f.Now)
		err := b.change(ctx, began, change)
		if outcome = outcomeOf(err); outcome == decide.Late || outcome == decide.Refused {
			r.Error = err.Error()
		}
	}
	b.state, r.Decision = b.o.Policy.Answered(before, f, d, outcome)
	r.Action = actionOf(d, outcome)
	if outcome == decide.Accepted {
		r.Quota = b.callsLeft()
		if d.Resizes() {
			b.priced = time.Time{}
		}
	}
}

// changeTo returns the call that makes the change that was decided on, nil where a dry run makes none.
func (b *Bot) changeTo(d decide.Decision) func(context.Context) error {
	switch {
	case d.To != d.From && b.resize != nil:
		return func(ctx context.Context) error { return b.resize(ctx, d.To) }
	case d.To == d.From && b.setDynoSize != nil:
		return func(ctx context.Context) error { return b.setDynoSize(ctx, d.SizeTo) }
	}
	return nil
}

func outcomeOf(err error) decide.Outcome {
	switch {
	case err == nil:
		return decide.Accepted
	case isLate(err):
		return decide.Late
	case isDeploying(err):
		return decide.Deploying
	}
	return decide.Refused
}

// isDeploying says whether err is the platform's refusal to change anything while a deploy is under way.
func isDeploying(err error) bool {
	var refusal interface{ Deploying() bool }
	return errors.As(err, &refusal) && refusal.Deploying()
}

// actionOf is what came of a change that was decided on.
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
