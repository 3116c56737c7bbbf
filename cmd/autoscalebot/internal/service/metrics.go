package service

import (
	"context"
	"os"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/metrics"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/notify"
)

func measure(s *settings.Settings, h Host, targets []notify.Target, db *history.DB) *metrics.Metrics {
	var names []string
	for _, t := range targets {
		names = append(names, t.Name)
	}
	o := metrics.Options{
		App: s.App(), ProcessType: string(s.HerokuProcessType), Version: Version(),
		Interval: time.Duration(s.HeartbeatInterval),
		DryRun:   bool(s.DryRun), Started: h.Now, Targets: names,
	}
	if db != nil {
		o.History = db.Backlog
	}
	return metrics.New(o)
}

// Only if the environment has OTEL_… variables. end sends the last data.
func export(services []*Service, h Host) (end func(context.Context), err error) {
	if !metrics.WantsOTLP(os.Getenv) {
		return func(context.Context) {}, nil
	}
	var all []*metrics.Metrics
	for _, v := range services {
		all = append(all, v.metrics)
	}
	o, err := metrics.NewOTLP(metrics.OTLPOptions{Metrics: all, Env: os.Getenv, Log: h.Log})
	if err != nil {
		return nil, settings.Problems{{Name: "OTEL_…", What: err.Error()}}
	}
	for _, v := range services {
		v.Bot.RecordTo(o)
	}
	return func(ctx context.Context) {
		if err := o.Shutdown(ctx); err != nil {
			h.Log.Warn("some traces and metrics were not delivered", "error", err)
		}
	}, nil
}
