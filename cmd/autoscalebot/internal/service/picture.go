package service

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"log/slog"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/report"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/notify"
)

type withPicture struct {
	notify.Notifier
	db      *history.DB
	current func() *settings.Settings
	log     *slog.Logger
}

func (i withPicture) Notify(ctx context.Context, e notify.Event) error {
	if e.Kind == notify.Scaled && i.db != nil {
		e.Picture = &lastHour{db: i.db, s: i.current(), at: e.Time, log: i.log}
	}
	return i.Notifier.Notify(ctx, e)
}

// Sharp on a phone, with about 20 KB.
const pictureWidth, pictureScale = 560, 2

// A lastHour is a picture of the hour before a moment. It is painted once for all notifiers.
type lastHour struct {
	db *history.DB
	s  *settings.Settings
	at time.Time

	log *slog.Logger

	mu      sync.Mutex
	painted *notify.Picture
}

func (l *lastHour) Paint(ctx context.Context) (notify.Picture, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.painted != nil {
		return *l.painted, nil
	}
	p, err := l.paint(ctx)
	if err != nil {
		l.log.Info("a notice has no picture", "error", err)
		return p, err
	}
	l.painted = &p
	return p, nil
}

func (l *lastHour) paint(ctx context.Context) (notify.Picture, error) {
	// The record of this change may still be in the queue.
	if err := l.db.Flush(ctx); err != nil {
		return notify.Picture{}, err
	}
	r, err := report.ReadHour(ctx, l.db, l.s, l.at)
	if err != nil {
		return notify.Picture{}, fmt.Errorf("read the last hour: %w", err)
	}
	c := r.Chart()
	c.Subtitle, c.Width = "the hour before "+l.at.In(l.s.TimeZone.Location).Format("15:04 MST"), pictureWidth
	var file bytes.Buffer
	if err := c.PNG(&file, pictureScale); err != nil {
		return notify.Picture{}, err
	}
	made, err := png.DecodeConfig(bytes.NewReader(file.Bytes()))
	if err != nil {
		return notify.Picture{}, err
	}
	return notify.Picture{
		PNG: file.Bytes(), Alt: c.Description(), Width: made.Width / pictureScale, Height: made.Height / pictureScale,
	}, nil
}
