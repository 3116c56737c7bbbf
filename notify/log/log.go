// Package log writes notices to the program's log.
package log

import (
	"context"
	"log/slog"

	"github.com/autoscalebot/autoscalebot/notify"
)

// A Notifier writes a log entry for each event.
type Notifier struct{ l *slog.Logger }

// New returns a Notifier that writes to l.
func New(l *slog.Logger) *Notifier { return &Notifier{l} }

// Notify logs the event's subject as the message and its fields by their JSON names, unless ctx has ended. It omits
// phase, incident, response_time_ms, since and dry_run if they are empty. The time is the log's own. The level is WARN
// for a failure and for an incident that opens, and INFO otherwise.
func (n *Notifier) Notify(ctx context.Context, e notify.Event) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	level := slog.LevelInfo
	if e.Phase == notify.Opened || e.Phase == "" &&
		(e.Kind == notify.ScaleFailed || e.Kind == notify.ScaleDiffExceeded) {
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.String("id", e.ID), slog.String("type", string(e.Kind)), slog.String("app", e.App),
		slog.String("process_type", e.ProcessType), slog.Int("from", e.From), slog.Int("to", e.To),
		slog.Int("min", e.Min),
		slog.Int("max", e.Max), slog.String("reason", e.Reason),
	}
	if e.Advice != "" {
		attrs = append(attrs, slog.String("advice", e.Advice))
	}
	if e.Phase != "" {
		attrs = append(attrs, slog.String("phase", string(e.Phase)))
	}
	if e.Incident != "" {
		attrs = append(attrs, slog.String("incident", e.Incident))
	}
	if e.ResponseTimeMS != 0 {
		attrs = append(attrs, slog.Float64("response_time_ms", e.ResponseTimeMS))
	}
	if !e.Since.IsZero() {
		attrs = append(attrs, slog.Time("since", e.Since))
	}
	if e.DryRun {
		attrs = append(attrs, slog.Bool("dry_run", true))
	}
	n.l.LogAttrs(ctx, level, e.Subject(), attrs...)
	return nil
}
