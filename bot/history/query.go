package history

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
)

const (
	usualRows = 100
	mostRows  = 10_000
)

// Records returns the records that match q, the newest last. Records of the last second may be missing.
func (db *DB) Records(ctx context.Context, q Query) ([]record.Record, error) {
	c := condition{}
	c.between(q.From, q.To)
	if q.Changed {
		c.add("changed = 1")
	}
	if q.Verdict != "" {
		c.add("verdict = ?", string(q.Verdict))
	}
	if q.Rule != "" {
		c.add("rule = ?", string(q.Rule))
	}
	var out []record.Record
	order := "at desc"
	if q.Oldest {
		order = "at"
	}
	err := db.read(ctx, "autoscalebot_records", c, order, q.Limit, func(u *unpacker, _ int64, body []byte) error {
		r, err := db.record(u, body)
		out = append(out, r)
		return err
	})
	if !q.Oldest {
		slices.Reverse(out)
	}
	return out, err
}

// ProcessTypes returns the process types of the app that the place has, in the order of their first use.
func (db *DB) ProcessTypes(ctx context.Context) (all []string, err error) {
	p, _, err := db.number(ctx, db.who)
	if err != nil {
		return nil, err
	}
	err = each(ctx, p.db, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		all = append(all, name)
		return err
	}, `select process_type from autoscalebot_bots where app = $1 order by id`, db.who.app)
	return all, p.failed("read the history", err)
}

// Reach returns how far back the history goes.
func (db *DB) Reach(ctx context.Context) (Reach, error) {
	p, id, err := db.number(ctx, db.who)
	if err != nil {
		return Reach{}, err
	}
	var first, all, minutes int64
	err = p.db.QueryRowContext(ctx, `select (select coalesce(min(at), 0) from autoscalebot_points where bot = $1 and step = $2),
		raw_since, minutes_since from autoscalebot_bots where id = $1`, id, hour).Scan(&first, &all, &minutes)
	since := func(nanos int64) time.Time {
		if nanos == 0 || nanos <= first {
			return time.Time{}
		}
		return time.Unix(0, nanos).UTC()
	}
	r := Reach{All: since(all), Minutes: since(minutes)}
	if first > 0 {
		r.First = time.Unix(0, first).UTC()
	}
	return r, p.failed("read the history", err)
}

// Events returns the newest events in [from, to), the newest last. A zero time means no bound. A limit of 0 means 100,
// and the maximum is 10,000.
func (db *DB) Events(ctx context.Context, from, to time.Time, limit int) ([]notify.Event, error) {
	c := condition{}
	c.between(from, to)
	var out []notify.Event
	err := db.read(ctx, "autoscalebot_events", c, "at desc, id desc", limit,
		func(u *unpacker, _ int64, body []byte) error {
			e := notify.Event{}
			err := u.unpack(body, &e)
			e.App, e.ProcessType = db.who.app, db.who.processType
			out = append(out, e)
			return err
		})
	slices.Reverse(out)
	return out, err
}

func (db *DB) record(u *unpacker, body []byte) (record.Record, error) {
	var r record.Record
	err := u.unpack(body, &r)
	r.App, r.ProcessType = db.who.app, db.who.processType
	return r, err
}

type condition struct {
	text []string
	args []any
}

// Each ? is replaced by an argument's placeholder.
func (c *condition) add(text string, args ...any) {
	for _, a := range args {
		c.args = append(c.args, a)
		text = strings.Replace(text, "?", fmt.Sprintf("$%d", len(c.args)), 1)
	}
	c.text = append(c.text, text)
}

func (c *condition) between(from, to time.Time) {
	if !from.IsZero() {
		c.add("at >= ?", nanos(from))
	}
	if !to.IsZero() {
		c.add("at < ?", nanos(to))
	}
}

// do must not keep its arguments.
func (db *DB) read(
	ctx context.Context, table string, c condition, order string, limit int,
	do func(u *unpacker, at int64, body []byte) error,
) error {
	p, id, err := db.number(ctx, db.who)
	if err != nil {
		return err
	}
	if limit <= 0 {
		limit = usualRows
	}
	c.add("bot = ?", id)
	c.args = append(c.args, min(limit, mostRows))
	rows, err := p.db.QueryContext(ctx, fmt.Sprintf("select at, body from %s where %s order by %s limit $%d",
		table, strings.Join(c.text, " and "), order, len(c.args)), c.args...)
	if err != nil {
		return p.failed("read the history", err)
	}
	defer rows.Close()
	var u unpacker
	for rows.Next() {
		var at int64
		var body []byte
		if err := rows.Scan(&at, &body); err != nil {
			return p.failed("read the history", err)
		}
		if err := do(&u, at, body); err != nil {
			return fmt.Errorf("read the history of %s: %w", time.Unix(0, at).UTC().Format(time.RFC3339Nano), err)
		}
	}
	return p.failed("read the history", rows.Err())
}

// A database or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func each(ctx context.Context, q queryer, do func(*sql.Rows) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
