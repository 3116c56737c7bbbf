package service

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/notify"
)

const testTime = 15 * time.Second

// SendTest sends a test notice to one notifier, at once and without a second attempt. unit is the platform's word for
// a dyno, reason a sentence for people. The error has no secret.
func SendTest(ctx context.Context, t notify.Target, s *settings.Settings, unit, reason string) error {
	ctx, cancel := context.WithTimeout(ctx, testTime)
	defer cancel()
	now := time.Now()
	l := s.Table.At(now)
	return t.Notifier.Notify(ctx, notify.Event{
		ID: rand.Text(), Kind: notify.Test, Time: now, App: s.App(), ProcessType: string(s.HerokuProcessType),
		From: -1, To: -1, Min: l.Min, Max: l.Max, Dyno: notify.Dyno{Unit: unit}, Reason: reason,
	})
}

// The page sends test notices through all notifiers of the bot, side by side.
type testNotices struct {
	targets []notify.Target
	s       *settings.Settings
	unit    string
}

// Names returns the notifiers' names.
func (n testNotices) Names() []string {
	names := make([]string, len(n.targets))
	for i, t := range n.targets {
		names[i] = t.Name
	}
	return names
}

// Send returns when all have answered, at most after testTime.
func (n testNotices) Send(ctx context.Context, by string) error {
	errs := make([]error, len(n.targets))
	var sent sync.WaitGroup
	for i, t := range n.targets {
		sent.Go(func() {
			if err := SendTest(ctx, t, n.s, n.unit, by+" requested a test notice"); err != nil {
				errs[i] = fmt.Errorf("%s: %w", t.Name, err)
			}
		})
	}
	sent.Wait()
	return errors.Join(errs...)
}
