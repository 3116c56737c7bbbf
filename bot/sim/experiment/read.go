package experiment

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
)

const mostBeats = 5_000_000

// ErrTooMany is returned for a time with too many heartbeats.
var ErrTooMany = fmt.Errorf("more than %d heartbeats", mostBeats)

// ReadAll adds the records at from or later and before to, until ctx ends.
func (r *Record) ReadAll(ctx context.Context, records iter.Seq2[record.Record, error], from, to time.Time) error {
	n := 0
	for rec, err := range records {
		if err == nil {
			err = ctx.Err()
		}
		if n++; err == nil && n > mostBeats {
			err = ErrTooMany
		}
		if err != nil {
			return err
		}
		if !rec.Time.Before(from) && rec.Time.Before(to) {
			r.Add(rec)
		}
	}
	return nil
}

// ReadHistory adds a history at from or later and before to. now determines which days still have every heartbeat; for
// older times it reads the minutes' summaries. timeout is that of a heartbeat. seen receives the times that are read,
// in order; nil discards them.
func (r *Record) ReadHistory(
	ctx context.Context, db *history.DB, from, to, now time.Time, timeout time.Duration, seen func(at time.Time),
) error {
	if seen == nil {
		seen = func(time.Time) {}
	}
	full := now.Add(-db.Keep().Raw).Add(time.Hour).Truncate(time.Minute) // some of the first may be deleted already
	if from.Before(full) {
		summed := to
		if full.Before(to) {
			summed = full
		}
		if err := db.EachPoint(ctx, from, summed, time.Minute, func(p history.Point) error {
			seen(p.Time)
			r.AddMinute(p, float64(timeout.Milliseconds()))
			return r.bounded()
		}); err != nil {
			return err
		}
		from = full
	}
	if !from.Before(to) {
		return nil
	}
	return db.Each(ctx, from, to, func(rec record.Record) error {
		seen(rec.Time)
		r.Add(rec)
		return r.bounded()
	})
}

func (r *Record) bounded() error {
	if len(r.Beats) > mostBeats {
		return ErrTooMany
	}
	return nil
}
