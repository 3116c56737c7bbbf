package history

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/record"
)

// Each calls do with every record from from until before to, in the order of time, until do returns an error. Zero
// times do not bound. It reads a page at a time, so that a slow do holds nothing up.
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

// EachPoint calls do with every point of a step from from until before to, in the order of time, until do returns an
// error: of a minute, ten minutes or an hour, which are kept for longer than records are. Zero times do not bound. do
// must not use the DB.
func (db *DB) EachPoint(ctx context.Context, from, to time.Time, step time.Duration, do func(Point) error) error {
	if !slices.Contains(keptSteps[:], int64(step)) {
		return fmt.Errorf("points are kept by the minute, by ten minutes and by the hour, not by %v", step)
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

// Import takes in records, of this bot and of others, and returns how many of them were not there yet; it stops at the
// first error. A record is told by app, process type and time, so importing again adds nothing.
//
// Records should come in the order of time. Of a time whose records were removed since they are too old, one is taken
// in only when it is newer than all that was counted in its hour, as it may have been counted before.
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
