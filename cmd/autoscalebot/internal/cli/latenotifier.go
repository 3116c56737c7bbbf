package cli

import (
	"context"
	"errors"

	"github.com/autoscalebot/autoscalebot/notify"
)

// A lateNotifier hands each event to all in it. It grows until the bot's first tick.
type lateNotifier struct{ all []notify.Notifier }

func (c *lateNotifier) add(n notify.Notifier) { c.all = append(c.all, n) }

// Notify hands e on; its error joins those of all.
func (c *lateNotifier) Notify(ctx context.Context, e notify.Event) error {
	var errs []error
	for _, n := range c.all {
		errs = append(errs, n.Notify(ctx, e))
	}
	return errors.Join(errs...)
}
