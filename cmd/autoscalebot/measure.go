package main

import (
	"context"
	"os"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/metrics"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/notify"
)

// measures are what the bot tells Prometheus and, where the environment asks for it, an OpenTelemetry collector.
type measures struct {
	*metrics.Metrics
	otlp *metrics.OTLP // nil for none
}

func measure(s *settings.Settings, h host, targets []notify.Target) (measures, error) {
	var names []string
	for _, t := range targets {
		names = append(names, t.Name)
	}
	m := measures{Metrics: metrics.New(metrics.Options{
		App: appName(s), ProcessType: string(s.HerokuProcessType), Version: version, Interval: time.Duration(s.HeartbeatInterval),
		DryRun: bool(s.DryRun), Started: h.now, Targets: names,
	})}
	if !metrics.WantsOTLP(os.Getenv) {
		return m, nil
	}
	var err error
	if m.otlp, err = metrics.NewOTLP(metrics.OTLPOptions{Metrics: []*metrics.Metrics{m.Metrics}, Env: os.Getenv, Log: h.log}); err != nil {
		return m, settings.Problems{{Name: "OTEL_…", What: err.Error()}}
	}
	return m, nil
}

func (m measures) recorders() []bot.Recorder {
	if m.otlp == nil {
		return []bot.Recorder{m.Metrics}
	}
	return []bot.Recorder{m.Metrics, m.otlp}
}

func (m measures) close(ctx context.Context, h host) {
	if m.otlp == nil {
		return
	}
	if err := m.otlp.Shutdown(ctx); err != nil {
		h.log.Warn("not all traces and metrics arrived", "error", err)
	}
}
