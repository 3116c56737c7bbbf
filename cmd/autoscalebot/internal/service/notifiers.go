package service

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/statefile"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/notify/email"
	"github.com/autoscalebot/autoscalebot/notify/pagerduty"
	"github.com/autoscalebot/autoscalebot/notify/shoutrrr"
	"github.com/autoscalebot/autoscalebot/notify/slack"
	"github.com/autoscalebot/autoscalebot/notify/webhook"
)

// A lateNotifier passes each event to all its notifiers. Notifiers are added only before the bot's first tick.
type lateNotifier struct{ all []notify.Notifier }

func (c *lateNotifier) add(n notify.Notifier) { c.all = append(c.all, n) }

func (c *lateNotifier) Notify(ctx context.Context, e notify.Event) error {
	var errs []error
	for _, n := range c.all {
		errs = append(errs, n.Notify(ctx, e))
	}
	return errors.Join(errs...)
}

func openTargets(s *settings.Settings, h Host, problems *settings.Problems) []notify.Target {
	var all []notify.Target
	for _, name := range s.NotificationBackends {
		if name == "urls" {
			targets, err := openURLs(s)
			problems.Note("NOTIFY_URLS", err)
			for _, t := range targets {
				t.Quiet = s.Quiet
				all = append(all, t)
			}
			continue
		}
		n, err := backends()[name](s, h)
		problems.Note("NOTIFICATION_BACKENDS "+name, err)
		t := notify.Target{Name: name, Notifier: n}
		if name != "console" && name != "log" { // these wake nobody
			t.Quiet = s.Quiet
		}
		all = append(all, t)
	}
	return all
}

func openEmail(s *settings.Settings, _ Host) (notify.Notifier, error) {
	return email.New(email.Options{URL: s.SMTPURL.Reveal(), From: string(s.EmailFrom), To: s.EmailTo})
}

func openSlack(s *settings.Settings, h Host) (notify.Notifier, error) {
	if s.SlackWebhookURL != "" {
		return slack.NewWebhook(s.SlackWebhookURL.Reveal(), slack.Options{})
	}
	o := slack.Options{APIURL: string(s.SlackAPIURL), Log: h.Log}
	if s.StateFile != "" {
		note := statefile.Beside[[]slack.Thread](string(s.StateFile), "slack")
		var err error
		if o.Threads, err = note.Load(); err != nil {
			h.Log.Warn("the Slack threads of open incidents cannot be read, so new threads begin", "error", err)
		}
		o.Remember = func(threads []slack.Thread) {
			if err := note.Save(threads); err != nil {
				h.Log.Warn("the Slack threads of open incidents cannot be written, so a restart would begin "+
					"new threads",
					"error", err)
			}
		}
	}
	return slack.NewBot(s.SlackBotToken.Reveal(), string(s.SlackChannel), o)
}

func openPagerDuty(s *settings.Settings, _ Host) (notify.Notifier, error) {
	return pagerduty.New(pagerduty.Options{
		RoutingKey: s.PagerDutyRoutingKey.Reveal(), URL: string(s.PagerDutyURL),
		UserAgent: UserAgent(),
	})
}

// Each URL is a notifier of its own, named after its service, so a slow or broken one does not affect the others.
func openURLs(s *settings.Settings) (targets []notify.Target, err error) {
	for i, u := range strings.Fields(s.NotifyURLs.Reveal()) {
		n, nerr := shoutrrr.New(shoutrrr.Options{URL: u})
		if nerr != nil {
			err = errors.Join(err, fmt.Errorf("URL %d: %w", i+1, nerr))
			continue
		}
		targets = append(targets, notify.Target{Name: n.Service(), Notifier: n})
	}
	return targets, err
}

func openWebhook(s *settings.Settings, _ Host) (notify.Notifier, error) {
	return webhook.New(webhook.Options{
		URL: s.WebhookURL.Reveal(), Secret: s.WebhookSecret.Reveal(),
		UserAgent: UserAgent(),
	})
}
