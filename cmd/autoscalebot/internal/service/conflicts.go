package service

import (
	"context"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// A conflicter is a platform that knows what keeps it from being scaled to most dynos: sure is what certainly does,
// likely what may. What was found is told beside an error too.
type conflicter interface {
	Conflicts(ctx context.Context, most int) (sure, likely []string, err error)
}

const (
	lookTime = time.Minute
	// ahead is how far the limits are looked at for the greatest number that is ever wanted: what comes every year is
	// in it.
	ahead = 366 * 24 * time.Hour
	// maxChanges bounds that look by the changes of the limits, about 8 a day.
	maxChanges = 3_000
)

// greatest returns the greatest maximum of the year from now on.
func greatest(t schedule.Table, now time.Time) int {
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

// Conflicts is what keeps a platform from being scaled to the most dynos that the settings ever ask for, as
// [conflicter] has it; nothing where the platform does not know.
func Conflicts(
	ctx context.Context, p bot.Scaler, s *settings.Settings, now time.Time,
) (sure, likely []string, err error) {
	knows, ok := p.(conflicter)
	if !ok {
		return nil, nil, nil
	}
	sure, likely, err = knows.Conflicts(ctx, greatest(s.Table, now))
	for _, texts := range [][]string{sure, likely} {
		for i, text := range texts {
			texts[i] = s.Named(text)
		}
	}
	return sure, likely, err
}

// warnOfConflicts looks for conflicts in the background, so that no heartbeat waits for it, and logs a warning of each.
// end waits until that has ended, which it does at once.
func warnOfConflicts(ctx context.Context, p bot.Scaler, s *settings.Settings, h Host) (end func()) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	var wg sync.WaitGroup
	wg.Go(func() {
		sure, likely, err := Conflicts(ctx, p, s, h.Now)
		for _, text := range append(sure, likely...) {
			h.Log.Warn("in the way of scaling: " + text)
		}
		if err != nil && ctx.Err() == nil {
			h.Log.Info("not all that may be in the way of scaling is known", "error", err)
		}
	})
	return func() {
		cancel()
		wg.Wait()
	}
}
