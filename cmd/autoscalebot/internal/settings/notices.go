package settings

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
)

// Notices configures who is notified, and of what.
type Notices struct {
	NotificationBackends Backends `envconfig:"NOTIFICATION_BACKENDS" once:"true" desc:"Notifiers, as a list: ''console'', ''log'', ''email'', ''slack'', ''pagerduty'', ''webhook'', ''urls''."`
	NotifyExceedMax      Bool     `envconfig:"NOTIFY_IF_NEEDS_EXCEED_MAX" default:"true" desc:"Send a notice if the app is at its maximum and still slow."`
	NotifyBelowMin       Bool     `envconfig:"NOTIFY_IF_NEEDS_BELOW_MIN" default:"false" desc:"Send a notice if the app is at its minimum, above one dyno, and still fast."`
	NotifyScaleFails     Bool     `envconfig:"NOTIFY_ON_SCALE_FAILS" default:"false" desc:"Send a notice if the platform fails; the bot tries again at the next heartbeat."`
	NotifyEveryScale     Bool     `envconfig:"NOTIFY_ON_EVERY_SCALE" default:"false" desc:"Send a notice of every change of the number or size of dynos."`
	NotifyEveryPing      Bool     `envconfig:"NOTIFY_ON_EVERY_PING" default:"false" desc:"Send a notice of every heartbeat."`
	NotifyScaleDiff      Number   `envconfig:"NOTIFY_IF_SCALE_DIFF_EXCEEDS_THRESHOLD" desc:"Send a notice if the number of dynos changes by more than this within ''NOTIFY_IF_SCALE_DIFF_EXCEEDS_PERIOD_IN_MINUTES''."`
	NotifyScalePeriod    Minutes  `envconfig:"NOTIFY_IF_SCALE_DIFF_EXCEEDS_PERIOD_IN_MINUTES" desc:"The period of ''NOTIFY_IF_SCALE_DIFF_EXCEEDS_THRESHOLD''; set both or neither."`
	NotifyReminder       Minutes  `envconfig:"NOTIFY_REMINDER_IN_MINUTES" once:"true" default:"60" desc:"Time between reminders of an open incident, at least 5; 0 = no reminders."`
	QuietHours           Text     `envconfig:"QUIET_HOURS" list:", " once:"true" desc:"When only incident-opened and incident-resolved notices are sent: ''22:00-7:00, sat,sun 0:00-24:00''."`

	// Quiet combines QuietHours and TimeZone.
	Quiet notify.Quiet `ignored:"true"`
}

// Backends is a list of notifiers.
type Backends []string

var pythonBackends = map[string]string{
	"consolebackend": "console", "loggerbackend": "log", "djangoemailbackend": "email",
}

// Decode reads a list of notifiers, by name or by their class names in autoscalebot 2.1. Duplicates are ignored.
func (b *Backends) Decode(s string) error {
	var out Backends
	for _, part := range Split(s) {
		name := strings.ToLower(part[strings.LastIndex(part, ".")+1:])
		if ours, ok := pythonBackends[name]; ok {
			name = ours
		}
		if !slices.Contains(adapterNames(backends()), name) {
			return fmt.Errorf("unknown notifier %q: must be %s", part,
				orList(adapterNames(backends())))
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	*b = out
	return nil
}

func (ps *Problems) checkNotices(s *Settings) {
	for _, b := range s.NotificationBackends {
		ps.checkAdapter(s, b, backends())
	}
	s.Quiet = ps.quiet("QUIET_HOURS", s.QuietHours, s.TimeZone)
	ps.secretURL("SLACK_WEBHOOK_URL", s.SlackWebhookURL, "http", "https")
	ps.secretURL("WEBHOOK_URL", s.WebhookURL, "http", "https")
	ps.secretURL("DEADMAN_URL", s.DeadmanURL, "http", "https")
	ps.secretURL("SMTP_URL", s.SMTPURL, "smtp", "smtps")
	ps.checkAddresses(s)
	if (s.NotifyScaleDiff > 0) != (s.NotifyScalePeriod > 0) {
		ps.add("NOTIFY_IF_SCALE_DIFF_EXCEEDS_THRESHOLD",
			"must be set together with NOTIFY_IF_SCALE_DIFF_EXCEEDS_PERIOD_IN_MINUTES: set both above 0, or "+
				"neither")
	}
}

// in UTC if the zone is invalid, so that the other mistakes are found too
func (ps *Problems) quiet(name string, text Text, zone Zone) notify.Quiet {
	window, err := notify.ParseQuiet(string(text), cmp.Or(zone.Location, time.UTC))
	if err != nil {
		ps.add(name, "%v", err)
	}
	return window
}
