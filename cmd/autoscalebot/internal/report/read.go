package report

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/cost"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/words"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

const (
	// About one point for each pixel column. Of more changes the newest are shown.
	mostPoints, mostChanges = 1000, 1000
	hourPoints, hourChanges = 240, 60
	pricedRecords           = 200 // several, as records have no price while the platform fails
)

// Read reads the report of the settings' app for a period. The price comes from the settings, or else from the newest
// record that has one.
func Read(ctx context.Context, db *history.DB, s *settings.Settings, from, to time.Time) (Report, error) {
	r, err := read(ctx, db, s, from, to, mostPoints, mostChanges)
	if err == nil {
		r.Months, err = months(ctx, db, s, from, to)
	}
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

const mostMonths = 12 // the newest of more

// A month without a history is left out.
func months(ctx context.Context, db *history.DB, s *settings.Settings, from, to time.Time) ([]cost.Month, error) {
	zone, now := s.TimeZone.Location, time.Now()
	if zone == nil {
		zone = time.UTC
	}
	var all []cost.Month
	begin := cost.MonthOf(to.Add(-1), zone)
	for ; begin.AddDate(0, 1, 0).After(from) && len(all) < mostMonths; begin = begin.AddDate(0, -1, 0) {
		m, err := cost.Read(ctx, db, begin, now, float64(s.DynoPrice))
		if err != nil {
			return nil, err
		}
		if m.First.IsZero() {
			break
		}
		all = append(all, m)
	}
	slices.Reverse(all)
	return all, nil
}

// ReadHour reads the report of the hour before a moment, without the price.
func ReadHour(ctx context.Context, db *history.DB, s *settings.Settings, at time.Time) (Report, error) {
	return read(ctx, db, s, at.Add(-time.Hour), at.Add(time.Second), hourPoints, hourChanges)
}

func read(
	ctx context.Context, db *history.DB, s *settings.Settings, from, to time.Time, points, changes int,
) (Report, error) {
	series, err := db.Points(ctx, from, to, points)
	changed, cerr := db.Records(ctx, history.Query{From: from, To: to, Changed: true, Limit: changes})
	newest := changed
	if len(newest) == 0 && err == nil && cerr == nil {
		newest, err = db.Records(ctx, history.Query{From: from, To: to, Limit: 1})
	}
	r := Report{
		App: s.App(), ProcessType: string(s.HerokuProcessType), From: from, To: to, Zone: s.TimeZone.Location,
		Series: series, Changes: changed,
	}
	if n := len(newest); n > 0 {
		r.Unit = words.Unit(newest[n-1].Unit)
	}
	return r, errors.Join(err, cerr)
}
