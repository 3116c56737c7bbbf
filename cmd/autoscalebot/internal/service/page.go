package service

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/dashboard"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/bot/words"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/report"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/notify"
)

// Nil without a history, as the page shows the history.
func (v *Service) openPage(
	base string, others []dashboard.Link, sessions *dashboard.Sessions,
) (*dashboard.Dashboard, error) {
	if v.kept.db == nil {
		v.host.Log.Info("no web page without a history, only /metrics, /healthz and /readyz")
		return nil, nil
	}
	s, p := v.inForce()
	o := v.pageOptions(s, p, v.Bot.Options().Policy)
	o.Base, o.Others = base, others
	o.Access = dashboard.Access{
		Password: s.DashboardPassword.Reveal(), Token: s.AdminToken.Reveal(), Sessions: sessions,
		Throttle: v.host.throttle,
		Secure:   os.Getenv("DYNO") != "", // Heroku's router serves HTTPS
	}
	return dashboard.New(o)
}

// The page's options without its place and its access.
func (v *Service) pageOptions(s *settings.Settings, p Parts, policy decide.Policy) dashboard.Options {
	return dashboard.Options{
		Target: dashboard.Target{
			App: s.App(), ProcessType: string(s.HerokuProcessType), Unit: words.Unit(v.Bot.Unit()),
		},
		NoHeartbeat: !s.HasHeartbeat(), Version: Version(), Started: v.host.Now, DryRun: bool(s.DryRun),
		Interval: time.Duration(s.HeartbeatInterval),
		Schedule: v.Bot.InForce(s.Table), Zone: s.TimeZone.Location, Policy: policy, Control: v.Bot.Control,
		State: v.Bot.State, History: v.kept.db, Files: files{v.kept.db, s}, Controls: v.Bot, Warnings: v.pageWarnings,
		TestNotices: testNotices{p.Targets, s, v.Bot.Unit()},
		Servers:     serversOf(p.Platform),
		Settings:    settingsOf(s),
		Log:         v.host.Log,
	}
}

// A livePage passes everything on to the page that a reload last made. It is nil until Store.
type livePage struct {
	atomic.Pointer[dashboard.Dashboard]
}

func (p *livePage) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.Load().ServeHTTP(w, r) }

func (p *livePage) Record(ctx context.Context, r record.Record) error { return p.Load().Record(ctx, r) }

func (p *livePage) Notify(ctx context.Context, e notify.Event) error { return p.Load().Notify(ctx, e) }

// The page's files of the history.
type files struct {
	db *history.DB
	s  *settings.Settings
}

func (f files) Export(ctx context.Context, w io.Writer, format string, from, to time.Time) error {
	out := bufio.NewWriter(w)
	write := report.JSONLines
	if format == "csv" {
		write = report.CSV
	}
	each := func(do func(record.Record) error) error { return f.db.Each(ctx, from, to, do) }
	return errors.Join(write(out, each), out.Flush())
}

func (f files) Report(ctx context.Context, w io.Writer, from, to time.Time) error {
	r, err := report.Read(ctx, f.db, f.s, from, to)
	if err != nil {
		return err
	}
	return r.HTML(w)
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
