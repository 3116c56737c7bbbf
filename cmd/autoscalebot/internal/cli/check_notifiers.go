package cli

import (
	"context"
	"slices"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/notify"
)

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
		c.report(t.Name, "test notice", service.SendTest(ctx, t, s, string(c.unit),
			"a test notice from autoscalebot check --notify"))
	}
}
