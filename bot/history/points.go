package history

import (
	"context"
	"database/sql"
	"time"
)

const (
	usualPoints = 1_000
	mostPoints  = 50_000
)

// Each is a multiple of the longest stored step that is not longer. A step below an hour consists of at most 20 stored
// points, or 20 seconds of records, so that any period is fast to read.
var steps = [...]time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, day, 2 * day, 7 * day, 14 * day, 28 * day,
}

// Points sums up [from, to) in at most atMost buckets. They are as short as the stored data allows, and at least a
// second. The first bucket contains from. A zero from means the beginning of the history, and a zero to its end. An
// atMost of 0 means 1,000, and the maximum is 50,000.
//
// Medians and 95th percentiles are within 1 % of the response time of that rank. The last second may be missing.
func (db *DB) Points(ctx context.Context, from, to time.Time, atMost int) (Series, error) {
	p, id, err := db.number(ctx, db.who)
	if err != nil {
		return Series{}, err
	}
	s, err := p.points(ctx, id, from, to, atMost)
	return s, p.failed("read the history", err)
}

func (p *place) points(ctx context.Context, id int64, fromTime, toTime time.Time, atMost int) (Series, error) {
	from, to, err := p.span(ctx, id, fromTime, toTime)
	if err != nil {
		return Series{}, err
	}
	if atMost <= 0 {
		atMost = usualPoints
	}
	if from >= to {
		return Series{Step: time.Second}, nil
	}
	step := stepFor(from, to, int64(min(atMost, mostPoints)), int64(time.Second))
	source, err := p.source(ctx, id, from, step)
	if err != nil {
		return Series{}, err
	}
	step = stepFor(from, to, int64(min(atMost, mostPoints)), max(source, int64(time.Second)))
	c := collector{step: step}
	from = floor(from, step)
	if source == 0 {
		err = eachRow(ctx, p.db, id, from, to, c.record)
	} else {
		err = eachTally(ctx, p.db, id, source, from, to, c.tally)
	}
	return Series{Step: time.Duration(step), Points: c.end()}, err
}

// The step is at least least, and divides the period into at most n buckets.
func stepFor(from, to, n, least int64) int64 {
	fits := func(step int64) bool { return step >= least && (to-1)/step-from/step < n }
	for _, s := range steps {
		if fits(int64(s)) {
			return int64(s)
		}
	}
	step := int64(steps[len(steps)-1])
	for !fits(step) && step < forever/2 {
		step *= 2
	}
	return step
}

// It returns the longest stored step that makes up the given one, or a longer one if that is not stored since from. 0
// means records.
func (p *place) source(ctx context.Context, id, from, step int64) (int64, error) {
	var rawSince, minutesSince int64
	err := p.db.QueryRowContext(ctx, `select raw_since, minutes_since from autoscalebot_bots where id = $1`, id).
		Scan(&rawSince, &minutesSince)
	switch {
	case step >= hour || from < minutesSince:
		return hour, err
	case step >= tenMinutes:
		return tenMinutes, err
	case step >= minute || from < rawSince:
		return minute, err
	}
	return 0, err
}

// Zero times mean the beginning and the end of the history.
func (p *place) span(ctx context.Context, id int64, from, to time.Time) (int64, int64, error) {
	if !from.IsZero() && !to.IsZero() {
		return nanos(from), nanos(to), nil
	}
	var first, last int64
	err := p.db.QueryRowContext(ctx, `select coalesce(min(at), 0), coalesce(max(at), 0) from autoscalebot_points
		where bot = $1 and step = $2`, id, hour).Scan(&first, &last)
	if !from.IsZero() {
		first = nanos(from)
	}
	if last += hour; !to.IsZero() {
		last = nanos(to)
	}
	return first, last, err
}

// Its input must be in the order of time.
type collector struct {
	step   int64
	now    *tally
	points []Point
}

func (c *collector) bucket(at int64) *tally {
	if begin := floor(at, c.step); c.now == nil || c.now.at != begin {
		c.end()
		c.now = newTally(begin)
	}
	return c.now
}

func (c *collector) record(r *row) error {
	c.bucket(r.at).add(r)
	return nil
}

func (c *collector) tally(t *tally, times []byte) error {
	b := c.bucket(t.at)
	b.merge(t)
	return b.times.merge(times)
}

func (c *collector) end() []Point {
	if c.now != nil {
		c.points = append(c.points, c.now.point())
		c.now = nil
	}
	return c.points
}

// Records come in the order of time, without their bodies.
func eachRow(ctx context.Context, q queryer, id, from, to int64, do func(*row) error) error {
	var r row
	return each(ctx, q, func(rows *sql.Rows) error {
		if err := rows.Scan(&r.at, &r.verdict, &r.ups, &r.downs, &r.response, &r.low, &r.high, &r.dynos,
			&r.dynoSeconds, &r.seconds,
			&r.minimum, &r.maximum); err != nil {
			return err
		}
		return do(&r)
	}, `select at, verdict, ups, downs, response_ms, low_ms, high_ms, dynos, dyno_seconds, seconds, min_dynos,
		max_dynos from autoscalebot_records where bot = $1 and at >= $2 and at < $3 and verdict <> '' order by at`, id, from, to)
}

// Points come in the order of time, with their response times. do must not keep its arguments.
func eachTally(ctx context.Context, q queryer, id, step, from, to int64, do func(t *tally, times []byte) error) error {
	var t tally
	var times sql.RawBytes
	return each(ctx, q, func(rows *sql.Rows) error {
		if err := rows.Scan(&t.at, &t.newest, &t.heartbeats, &t.slow, &t.fast, &t.noData, &t.ups, &t.downs,
			&t.most, &t.low, &t.high,
			&t.dynos, &t.dynoSeconds, &t.seconds, &t.maxDynoSeconds, &t.min, &t.max, &times); err != nil {
			return err
		}
		return do(&t, times)
	}, `select at, newest, heartbeats, slow, fast, no_data, ups, downs, response_max_ms, low_ms, high_ms, dynos, dyno_seconds, seconds,
		max_dyno_seconds, min_dynos, max_dynos, response_times from autoscalebot_points where bot = $1 and step = $2 and at >= $3 and at < $4
		order by at`, id, step, from, to)
}
