package record

import (
	"context"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/probe"
)

// LogTo returns a Recorder that writes each record to l as one line.
//
// The level is Warn for a failure. It is Info if the number of dynos or the rule changed, or if the last such line is
// summary ago (0 for never); then no data, or a need beyond the maximum, make it Warn. All other records are Debug.
func LogTo(l *slog.Logger, summary time.Duration) Recorder {
	return &logRecorder{log: l, summary: summary}
}

type logRecorder struct {
	log     *slog.Logger
	summary time.Duration

	mu    sync.Mutex
	rule  decide.Rule // of the newest record
	shown time.Time   // when the newest line at Info or above was written
}

func (l *logRecorder) level(r Record) slog.Level {
	l.mu.Lock()
	defer l.mu.Unlock()
	d := r.Decision
	changed := r.Action != Held || d.Found() || d.Rule != l.rule
	due := l.summary > 0 && r.Time.Sub(l.shown) >= l.summary
	if r.Action == Interrupted {
		return slog.LevelDebug
	}
	l.rule = d.Rule
	if r.Action != Failed && !changed && !due {
		return slog.LevelDebug
	}
	l.shown = r.Time
	if r.Action == Failed || d.Says() == decide.NoData || d.WantsMore() && d.To == d.From &&
		d.Clamped(decide.ClampSchedule) {
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

func (l *logRecorder) Record(ctx context.Context, r Record) error {
	level := l.level(r)
	d := r.Decision
	if !l.log.Enabled(ctx, level) {
		return nil
	}
	attrs := []slog.Attr{
		slog.String("app", r.App), slog.String("process_type", r.ProcessType),
		slog.Int("min", r.Limits.Min), slog.Int("max", r.Limits.Max), slog.String("verdict", string(d.Verdict)),
	}
	if hb, ok := r.Heartbeat(); ok {
		attrs = append(attrs, slog.Float64("response_time_ms", math.Round(hb.Value*10)/10))
		if hb.Outcome == probe.Answered {
			attrs = append(attrs, slog.Int("status", hb.Status))
		}
	}
	if r.Quota != nil {
		attrs = append(attrs, slog.Int("quota", *r.Quota))
	}
	l.log.LogAttrs(ctx, level, r.Headline()+": "+r.Why(), attrs...)
	return nil
}
