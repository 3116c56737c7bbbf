package history

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/record"
)

// Each calls do with every record in [from, to), in the order of time, until do returns an error. A zero time means no
// bound. Each reads in pages, so that a slow do blocks no writer.
func (db *DB) Each(ctx context.Context, from, to time.Time, do func(record.Record) error) error {
	next := from
	for {
		var page []record.Record
		c := condition{}
		c.between(next, to)
		err := db.read(ctx, "autoscalebot_records", c, "at", batchRows, func(u *unpacker, _ int64, body []byte) error {
			r, err := db.record(u, body)
			page = append(page, r)
			return err
		})
		if err != nil {
			return err
		}
		for _, r := range page {
			if err := do(r); err != nil {
				return err
			}
		}
		if len(page) < batchRows {
			return nil
		}
		next = page[len(page)-1].Time.Add(1)
	}
}

// EachPoint calls do with every stored point of a step in [from, to), in the order of time, until do returns an error.
// The step must be a minute, ten minutes or an hour. A zero time means no bound. do must not use the DB.
func (db *DB) EachPoint(ctx context.Context, from, to time.Time, step time.Duration, do func(Point) error) error {
	if !slices.Contains(keptSteps[:], int64(step)) {
		return fmt.Errorf("invalid step %v: must be 1m, 10m or 1h", step)
	}
	p, id, err := db.number(ctx, db.who)
	if err != nil {
		return err
	}
	end := int64(forever)
	if !to.IsZero() {
		end = nanos(to)
	}
	var own error
	err = eachTally(ctx, p.db, id, int64(step), nanos(from), end, func(t *tally, times []byte) error {
		t.times = sketch{}
		if err := t.times.merge(times); err != nil {
			return err
		}
		own = do(t.point())
		return own
	})
	if own != nil {
		return own
	}
	return p.failed("read the history", err)
}

// Import adds records, of this bot and of others, and returns how many were new. It stops at the first error. App,
// process type and time identify a record, so importing again adds nothing.
//
// Records should come in the order of time. A record of a pruned time is added only if it is newer than everything that
// was counted in its hour, since it may have been counted before.
func (db *DB) Import(ctx context.Context, records iter.Seq2[record.Record, error]) (n int, err error) {
	batch := make([]row, 0, batchRows)
	write := func() error {
		ctx, cancel := context.WithTimeout(ctx, writeTimeout)
		defer cancel()
		added, err := db.insert(ctx, batch)
		n += added
		batch = batch[:0]
		return err
	}
	for r, err := range records {
		if err != nil {
			return n, err
		}
		row, err := db.codec.rowOf(r)
		if err != nil {
			return n, err
		}
		if batch = append(batch, row); len(batch) == batchRows {
			if err := write(); err != nil {
				return n, err
			}
		}
	}
	return n, write()
}
