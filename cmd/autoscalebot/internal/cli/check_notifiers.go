package cli

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/notify"
)

const testTime = 15 * time.Second

func (c *checker) notifiers(ctx context.Context, to []notify.Target, s *settings.Settings, send bool) {
	if len(to) == 0 {
		c.note("notices", "no notices are sent: NOTIFICATION_BACKENDS is not set")
	}
	for _, b := range []struct {
		name  string
		given settings.Secret
	}{
		{"email", s.SMTPURL},
		{"slack", s.SlackWebhookURL + s.SlackBotToken},
		{"pagerduty", s.PagerDutyRoutingKey},
		{"webhook", s.WebhookURL},
		{"urls", s.NotifyURLs},
	} {
		if b.given != "" && !slices.Contains(s.NotificationBackends, b.name) {
			c.note(b.name, "has settings, but is not in NOTIFICATION_BACKENDS, so it gets no notices")
		}
	}
	for _, t := range to {
		if !send {
			c.report(t.Name, "configured. Run autoscalebot check --notify to send a test notice", nil)
			continue
		}
		c.report(t.Name, "test notice", c.test(ctx, t, s))
	}
}

func (c *checker) test(ctx context.Context, t notify.Target, s *settings.Settings) error {
	ctx, cancel := context.WithTimeout(ctx, testTime)
	defer cancel()
	now := time.Now()
	l := s.Table.At(now)
	return t.Notifier.Notify(ctx, notify.Event{
		ID: rand.Text(), Kind: notify.Test, Time: now, App: s.App(), ProcessType: string(s.HerokuProcessType),
		From: -1, To: -1, Min: l.Min, Max: l.Max, Dyno: notify.Dyno{Unit: string(c.unit)},
		Reason: "a test notice from autoscalebot check --notify",
	})
}
