package report

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

const (
	// mostPoints is about one for each pixel column; the newest changes count.
	mostPoints, mostChanges = 1000, 1000
	hourPoints, hourChanges = 240, 60
	pricedRecords           = 200 // the records of a start have no price while the platform fails
)

// Read reads what happened to the settings' app from one moment to another. The price is that of the settings, or else
// of the newest heartbeat that knew it.
func Read(ctx context.Context, db *history.DB, s *settings.Settings, from, to time.Time) (Report, error) {
	r, err := read(ctx, db, s, from, to, mostPoints, mostChanges)
	if r.Price = float64(s.DynoPrice); err != nil || r.Price > 0 {
		return r, err
	}
	newest, err := db.Records(ctx, history.Query{From: from, To: to, Limit: pricedRecords})
	for _, rec := range slices.Backward(newest) {
		if rec.Price > 0 {
			r.Price = rec.Price
			break
		}
	}
	return r, err
}

// ReadHour reads the hour up to a moment, without its price.
func ReadHour(ctx context.Context, db *history.DB, s *settings.Settings, at time.Time) (Report, error) {
	return read(ctx, db, s, at.Add(-time.Hour), at.Add(time.Second), hourPoints, hourChanges)
}

func read(
	ctx context.Context, db *history.DB, s *settings.Settings, from, to time.Time, points, changes int,
) (Report, error) {
	series, err := db.Points(ctx, from, to, points)
	changed, cerr := db.Records(ctx, history.Query{From: from, To: to, Changed: true, Limit: changes})
	return Report{
		App: s.App(), ProcessType: string(s.HerokuProcessType), From: from, To: to, Zone: s.TimeZone.Location,
		Series: series, Changes: changed,
	}, errors.Join(err, cerr)
}
