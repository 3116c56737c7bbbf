package service

import (
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
	"github.com/autoscalebot/autoscalebot/notify"
)

// Every notifier opens by its name in the settings. All but console and log observe the quiet hours.
func TestEveryNotifierOpensAndKeepsQuietHours(t *testing.T) {
	settingstest.Env(t)
	names := append(slices.Sorted(maps.Keys(backends())), "urls")
	for name, value := range map[string]string{
		"HEROKU_APP_NAME": "dancing-forest", "HEROKU_API_KEY": "0123-4567", "NOTIFICATION_BACKENDS": strings.Join(names, ","),
		"QUIET_HOURS": "0:00-24:00", "SMTP_URL": "smtp://mail.example.com", "EMAIL_FROM": "bot@example.com", "EMAIL_TO": "ops@example.com",
		"SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T/B/x", "WEBHOOK_URL": "https://example.com/hook",
		"PAGERDUTY_ROUTING_KEY": "e93facc04764012d7bfb002500d5d1a6", "NOTIFY_URLS": "ntfy://ntfy.sh/topic  discord://token@123",
	} {
		t.Setenv(name, value)
	}
	s, err := settingstest.Load()
	if err != nil {
		t.Fatal(err)
	}
	p, err := Open(s, Host{Stdout: io.Discard, Stderr: io.Discard, Log: slog.New(slog.DiscardHandler), Now: time.Now()}, &Receivers{})
	if err != nil {
		t.Fatal(err)
	}
	names = append(names[:len(names)-1], "ntfy", "discord")
	if len(p.Targets) != len(names) {
		t.Fatalf("%d notifiers opened, want %q", len(p.Targets), names)
	}
	var always []string
	for i, target := range p.Targets {
		if target.Name != names[i] || target.Notifier == nil {
			t.Errorf("%s opened as %q", names[i], target.Name)
		}
		if target.Quiet.Delivers(notify.Event{Kind: notify.Scaled, Time: time.Now()}) {
			always = append(always, target.Name)
		}
	}
	if !slices.Equal(always, []string{"console", "log"}) {
		t.Errorf("in quiet hours %q get everything, want console and log", always)
	}
}

func TestEveryWrongURLIsNamedByItsPlace(t *testing.T) {
	_, err := openURLs(&settings.Settings{URLs: settings.URLs{NotifyURLs: "ntfy://ntfy.sh/topic https://example.com/s3cr3t discord://s3cr3t"}})
	if err == nil || !strings.Contains(err.Error(), "URL 2: shoutrrr: unknown service in the URL") ||
		!strings.Contains(err.Error(), "URL 3: shoutrrr: invalid discord URL") || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("openURLs = %v", err)
	}
}
