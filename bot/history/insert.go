package history

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Dynos count as running between two heartbeats, for at most this time.
const longestGap = int64(time.Hour)

// The rows are of one bot. New records are added to the points. The result is the number of new rows.
func insertRows(ctx context.Context, tx *sql.Tx, id int64, rows []row) (int, error) {
	var records, events []row
	for _, r := range rows {
		if r.event {
			events = append(events, r)
		} else {
			records = append(records, r)
		}
	}
	slices.SortStableFunc(records, func(a, b row) int { return cmp.Compare(a.at, b.at) })
	records, err := countable(ctx, tx, id, records)
	if err != nil {
		return 0, err
	}
	if err := ran(ctx, tx, id, records); err != nil {
		return 0, err
	}
	fresh := make([]*row, 0, len(records))
	for chunk := range slices.Chunk(records, chunkRows) {
		added, err := insertRecords(ctx, tx, id, chunk)
		if err != nil {
			return 0, err
		}
		for i := range chunk {
			if added[chunk[i].at] {
				delete(added, chunk[i].at) // of two records with the same time, the first was written
				fresh = append(fresh, &chunk[i])
			}
		}
	}
	n := len(fresh)
	for _, step := range keptSteps {
		if err := rollUp(ctx, tx, id, step, fresh); err != nil {
			return 0, err
		}
	}
	for _, e := range events {
		result, err := tx.ExecContext(ctx, `insert into autoscalebot_events (bot, at, id, kind, phase, body) values ($1, $2, $3, $4, $5, $6)
			on conflict do nothing`, id, e.at, e.id, e.kind, e.phase, e.body)
		if err != nil {
			return 0, err
		}
		added, err := result.RowsAffected()
		if err != nil {
			return 0, err
		}
		n += int(added)
	}
	return n, nil
}

// Records of a pruned time may have been counted before. They are excluded, unless they are newer than everything that
// was counted in their hour.
func countable(ctx context.Context, tx *sql.Tx, id int64, records []row) ([]row, error) {
	var rawSince int64
	if err := tx.QueryRowContext(ctx, `select raw_since from autoscalebot_bots where id = $1`, id).Scan(&rawSince); err != nil {
		return nil, err
	}
	newest := map[int64]int64{} // by hour
	var out []row
	for _, r := range records {
		if r.at >= rawSince {
			out = append(out, r)
			continue
		}
		h := floor(r.at, hour)
		if _, known := newest[h]; !known {
			var at int64
			err := tx.QueryRowContext(ctx, `select newest from autoscalebot_points where bot = $1 and step = $2 and at = $3`, id, hour, h).Scan(&at)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return nil, err
			}
			newest[h] = at
		}
		if r.at > newest[h] {
			out = append(out, r)
		}
	}
	if len(out) > 0 && out[0].at < rawSince {
		// Records that are older than the last pruning must be pruned too.
		_, err := tx.ExecContext(ctx, `update autoscalebot_bots set pruned = $2 where id = $1 and pruned > $2`, id, out[0].at)
		return out, err
	}
	return out, nil
}

// It sets the seconds and dyno-seconds since the previous record with a known number of dynos.
func ran(ctx context.Context, tx *sql.Tx, id int64, records []row) error {
	if len(records) == 0 {
		return nil
	}
	var at, dynos int64
	err := tx.QueryRowContext(ctx, `select at, dynos from autoscalebot_records where bot = $1 and at < $2 and dynos >= 0
		order by at desc limit 1`, id, records[0].at).Scan(&at, &dynos)
	known := err == nil
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	for i := range records {
		r := &records[i]
		if r.dynos < 0 {
			continue
		}
		if known {
			r.seconds = time.Duration(min(longestGap, r.at-at)).Seconds()
			r.dynoSeconds = float64(dynos) * r.seconds
		}
		at, dynos, known = r.at, r.dynos, true
	}
	return nil
}

const (
	// SQLite's time for the names of arguments grows with the square of their number.
	chunkRows     = 20
	recordColumns = "bot, at, verdict, rule, changed, ups, downs, response_ms, low_ms, high_ms, dynos, dyno_seconds, " +
		"seconds, min_dynos, max_dynos, body"
	pointColumns = "bot, step, at, newest, heartbeats, slow, fast, no_data, ups, downs, response_max_ms, low_ms, " +
		"high_ms, dynos, dyno_seconds, seconds, max_dyno_seconds, min_dynos, max_dynos, response_times"
)

// The result has the times of the records that were new.
func insertRecords(ctx context.Context, tx *sql.Tx, id int64, chunk []row) (map[int64]bool, error) {
	args := make([]any, 0, len(chunk)*16)
	for _, r := range chunk {
		args = append(args, id, r.at, r.verdict, r.rule, btoi(r.changed), r.ups, r.downs, r.response, r.low, r.high,
			r.dynos, r.dynoSeconds, r.seconds, r.minimum, r.maximum, r.body)
	}
	added := map[int64]bool{}
	return added, each(ctx, tx, func(rows *sql.Rows) error {
		var at int64
		err := rows.Scan(&at)
		added[at] = true
		return err
	}, `insert into autoscalebot_records (`+recordColumns+`) values `+values(len(chunk), 16)+` on conflict do nothing returning at`, args...)
}

// ($1, $2), ($3, $4)
func values(rows, columns int) string {
	var b strings.Builder
	for i := range rows * columns {
		switch {
		case i == 0:
			b.WriteByte('(')
		case i%columns == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	b.WriteByte(')')
	return b.String()
}

// records must be in the order of time.
func rollUp(ctx context.Context, tx *sql.Tx, id, step int64, records []*row) error {
	tallies := map[int64]*tally{}
	for _, r := range records {
		if r.verdict == "" {
			continue // an interrupted heartbeat
		}
		at := floor(r.at, step)
		if tallies[at] == nil {
			tallies[at] = newTally(at)
		}
		tallies[at].add(r)
	}
	if len(tallies) == 0 {
		return nil
	}
	order := slices.Sorted(maps.Keys(tallies))
	err := eachTally(ctx, tx, id, step, order[0], order[len(order)-1]+1, func(kept *tally, times []byte) error {
		t := tallies[kept.at]
		if t == nil {
			return nil
		}
		t.merge(kept)
		return t.times.merge(times)
	})
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(order, chunkRows) {
		args := make([]any, 0, len(chunk)*20)
		for _, at := range chunk {
			t := tallies[at]
			args = append(args, id, step, at, t.newest, t.heartbeats, t.slow, t.fast, t.noData, t.ups, t.downs,
				t.most, t.low, t.high,
				t.dynos, t.dynoSeconds, t.seconds, t.maxDynoSeconds, t.min, t.max, t.times.encode())
		}
		query := `insert into autoscalebot_points (` + pointColumns + `) values ` + values(len(chunk), 20) + replacePoint
		if _, err := tx.ExecContext(ctx, query, args...); err != nil {
			return err
		}
	}
	return nil
}

const replacePoint = ` on conflict (bot, step, at) do update set newest = excluded.newest, heartbeats = excluded.heartbeats,
	slow = excluded.slow, fast = excluded.fast, no_data = excluded.no_data, ups = excluded.ups, downs = excluded.downs,
	response_max_ms = excluded.response_max_ms, low_ms = excluded.low_ms, high_ms = excluded.high_ms, dynos = excluded.dynos,
	dyno_seconds = excluded.dyno_seconds, seconds = excluded.seconds, max_dyno_seconds = excluded.max_dyno_seconds, min_dynos = excluded.min_dynos, max_dynos = excluded.max_dynos,
	response_times = excluded.response_times`
