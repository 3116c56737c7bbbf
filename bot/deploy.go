package bot

import (
	"context"
	"errors"
	"time"
)

// deployed keeps a down, and another dyno size, waiting while a release is under way or young: its dynos may be starting, its caches are cold, and the
// load of a while ago says little about it.
func (b *Bot) deployed(a asking, r *Record) {
	d := &r.Decision
	down := d.To < d.From && d.Rule != RuleLimits && d.Rule != RuleOverride
	if b.releases == nil || b.o.DeployGrace < 0 || !down && !d.resizes() {
		return
	}
	newest, err := ask(a, "release", func(ctx context.Context) (release, error) {
		at, done, err := b.releases.Release(ctx)
		return release{at, done}, err
	})
	at, done := newest.at, newest.done
	if err == nil && !done {
		b.state.ReleaseSeen = r.Time
	}
	// A release that was long under way is young when it is done, however long ago it was made.
	if b.state.ReleaseSeen.After(at) {
		at = b.state.ReleaseSeen
	}
	left := b.o.DeployGrace - r.Time.Sub(at)
	switch {
	case err != nil: // which it may well be
		d.deployed(0)
		r.Error = err.Error()
	case !done:
		d.deployed(0)
	case left > 0:
		d.deployed(left)
	}
}

// A release is what a [Releaser] tells.
type release struct {
	at   time.Time
	done bool
}

func (d *Decision) deployed(left time.Duration) {
	d.clamp(ClampDeploy, d.From, left)
	d.holdSize(ClampDeploy, left)
}

// deploying says whether err is the platform's refusal to change anything while a deploy is under way.
func deploying(err error) bool {
	var refusal interface{ Deploying() bool }
	return errors.As(err, &refusal) && refusal.Deploying()
}
