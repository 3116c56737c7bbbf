package history

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

const (
	pruneFirst = time.Minute // so that commands that only read do not prune
	pruneEvery = 10 * time.Minute
	pruneRows  = 1_000 // per kind and transaction
)

type pruner struct {
	*DB
	due time.Time
}

func (p *pruner) prune(now time.Time) {
	if now.Before(p.due) {
		return
	}
	ctx, cancel := context.WithTimeout(p.base, writeTimeout)
	defer cancel()
	more, err := p.pruneSome(ctx, now)
	switch {
	case err != nil:
		p.due = now.Add(pruneFirst)
		p.log.Warn("old records could not be removed from the history", "error", err)
	case !more:
		p.due = now.Add(pruneEvery)
	}
}

func (db *DB) pruneSome(ctx context.Context, now time.Time) (more bool, err error) {
	p, id, err := db.number(ctx, db.who)
	if err != nil {
		return false, err
	}
	err = p.tx(ctx, id, func(tx *sql.Tx) error {
		full, err := pruneRaw(ctx, tx, id, nanos(now.Add(-db.keep.Raw)))
		if err != nil {
			return err
		}
		changes := nanos(now.Add(-db.keep.Changes))
		minutes, hours := floor(nanos(now.Add(-db.keep.Minutes)), tenMinutes),
			floor(nanos(now.Add(-db.keep.Hours)), hour)
		more = full
		for _, old := range []struct {
			table, which string
			before       int64
		}{
			{"autoscalebot_records", "changed = 1", changes},
			{"autoscalebot_events", "true", changes},
			{"autoscalebot_points", fmt.Sprintf("step = %d", minute), minutes},
			{"autoscalebot_points", fmt.Sprintf("step = %d", tenMinutes), minutes},
			{"autoscalebot_points", fmt.Sprintf("step = %d", hour), hours},
		} {
			result, err := tx.ExecContext(ctx, fmt.Sprintf(`delete from %[1]s where bot = $1 and %[2]s and at < $2 and at in
				(select at from %[1]s where bot = $1 and %[2]s and at < $2 order by at limit %[3]d)`, old.table, old.which, pruneRows), id, old.before)
			if err != nil {
				return err
			}
			n, err := result.RowsAffected()
			if err != nil {
				return err
			}
			more = more || n >= pruneRows
		}
		_, err = tx.ExecContext(ctx, `update autoscalebot_bots set minutes_since = $2 where id = $1 and minutes_since < $2`, id, minutes)
		return err
	})
	return more, p.failed("prune the history", err)
}

// It continues where the last call ended.
func pruneRaw(ctx context.Context, tx *sql.Tx, id, before int64) (full bool, err error) {
	var pruned int64
	if err := tx.QueryRowContext(ctx, `select pruned from autoscalebot_bots where id = $1`, id).Scan(&pruned); err != nil {
		return false, err
	}
	end := before
	var n, last int64
	err = tx.QueryRowContext(ctx, fmt.Sprintf(`select count(*), coalesce(max(at), 0) from (select at from autoscalebot_records
		where bot = $1 and at >= $2 and at < $3 and changed = 0 order by at limit %d) old`, pruneRows), id, pruned, before).Scan(&n, &last)
	if err != nil {
		return false, err
	}
	if full = n == pruneRows; full {
		end = last + 1
	}
	_, err = tx.ExecContext(ctx, `delete from autoscalebot_records where bot = $1 and at >= $2 and at < $3 and changed = 0`, id, pruned, end)
	if err != nil {
		return false, err
	}
	_, err = tx.ExecContext(ctx, `update autoscalebot_bots set pruned = $2,
		raw_since = case when raw_since < $2 then $2 else raw_since end where id = $1`, id, end)
	return full, err
}
