package service

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/dashboard"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/words"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/notify"
)

// Nil without a history, as the page shows the history.
func (v *Service) page(
	base string, others []dashboard.Link, sessions *dashboard.Sessions,
) (*dashboard.Dashboard, error) {
	if v.kept.db == nil {
		v.host.Log.Info("no web page without a history, only /metrics, /healthz and /readyz")
		return nil, nil
	}
	s, o := v.settings, v.options
	return dashboard.New(dashboard.Options{
		Target: dashboard.Target{App: o.App, ProcessType: o.ProcessType, Unit: words.Unit(v.Bot.Unit())},
		Base:   base, Others: others,
		NoHeartbeat: !s.HasHeartbeat(), Version: Version(), Started: v.host.Now, DryRun: o.DryRun, Interval: o.Interval,
		Schedule: v.Bot.InForce(s.Table), Zone: s.TimeZone.Location, Policy: o.Policy, Control: v.Bot.Control,
		State: v.Bot.State, History: v.kept.db, Controls: v.Bot, Warnings: v.warnings,
		Servers:  serversOf(o.Scaler),
		Settings: inForce(s),
		Access: dashboard.Access{
			Password: s.DashboardPassword.Reveal(), Token: s.AdminToken.Reveal(), Sessions: sessions,
			Throttle: v.host.throttle,
			Secure:   os.Getenv("DYNO") != "", // Heroku's router serves HTTPS
		},
		Log: v.host.Log,
	})
}

const (
	// An incident whose last notice is older than openFor counts as ended.
	openFor    = 7 * 24 * time.Hour
	openEvents = 1000
)

// The incidents that were open when the bot ended.
func showOpen(ctx context.Context, page *dashboard.Dashboard, db *history.DB, h Host) {
	ctx, cancel := context.WithTimeout(ctx, OpenTime)
	defer cancel()
	events, err := db.Events(ctx, h.Now.Add(-openFor), time.Time{}, openEvents)
	if err != nil {
		h.Log.Info("the page will show open incidents from before the start only after their next notice", "error", err)
	}
	open := map[string]notify.Event{}
	for _, e := range events {
		switch {
		case e.Incident == "":
		case e.Phase == notify.Resolved:
			delete(open, e.Incident)
		default:
			open[e.Incident] = e
		}
	}
	for _, e := range open {
		_ = page.Notify(ctx, e) // never fails
	}
}

func inForce(s *settings.Settings) []dashboard.Setting {
	var out []dashboard.Setting
	for _, in := range s.AllInForce() {
		source := "default"
		if in.From != "" {
			source = in.From
		}
		out = append(out, dashboard.Setting{
			Group: in.Group, Name: in.Name, Value: in.Value, Source: source,
			Meaning: strings.ReplaceAll(in.Meaning, "`", ""),
		})
	}
	return out
}
