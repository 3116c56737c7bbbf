package service

import (
	"context"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// A conflicter is a platform that can find what prevents it from scaling to most dynos: sure are certain obstacles,
// likely are possible ones. It returns what it found even with an error.
type conflicter interface {
	Conflicts(ctx context.Context, most int) (sure, likely []string, err error)
}

const (
	lookTime   = time.Minute
	ahead      = 366 * 24 * time.Hour // a year covers every row of a schedule
	maxChanges = 3_000                // of the limits in that time, about 8 a day
)

// Greatest returns the largest maximum of the year from now.
func Greatest(t schedule.Table, now time.Time) int {
	most := t.At(now).Max
	for at, n := now, 0; n < maxChanges; n++ {
		when, l, ok := t.Next(at)
		if !ok || when.Sub(now) > ahead {
			break
		}
		most, at = max(most, l.Max), when
	}
	return most
}

// Conflicts returns what prevents the platform from scaling to the largest MAX_DYNOS of the next year: sure are certain
// obstacles, likely are possible ones. Both are empty if the platform cannot tell. With an error they may be
// incomplete.
func Conflicts(
	ctx context.Context, p bot.Scaler, s *settings.Settings, now time.Time,
) (sure, likely []string, err error) {
	knows, ok := p.(conflicter)
	if !ok {
		return nil, nil, nil
	}
	sure, likely, err = knows.Conflicts(ctx, Greatest(s.Table, now))
	for _, texts := range [][]string{sure, likely} {
		for i, text := range texts {
			texts[i] = s.Named(text)
		}
	}
	return sure, likely, err
}

// The search runs in the background, so no heartbeat waits for it. end cancels it.
func warnOfConflicts(ctx context.Context, p bot.Scaler, s *settings.Settings, h Host) (end func()) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	var wg sync.WaitGroup
	wg.Go(func() {
		sure, likely, err := Conflicts(ctx, p, s, h.Now)
		for _, text := range append(sure, likely...) {
			h.Log.Warn("obstacle to scaling: " + text)
		}
		if err != nil && ctx.Err() == nil {
			h.Log.Info("cannot check all obstacles to scaling", "error", err)
		}
	})
	return func() {
		cancel()
		wg.Wait()
	}
}
