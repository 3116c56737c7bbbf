package history

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
)

const (
	flushEvery   = time.Second      // a killed bot loses at most this much
	writeTimeout = 10 * time.Second // of one transaction
	retryAfter   = time.Second      // doubles up to retryAtMost
	retryAtMost  = 30 * time.Second
)

// Record queues r to be written within a second, and returns at once. r is stored under its own app and process type.
// An error means that the DB is closed, or that r has no JSON form.
func (db *DB) Record(_ context.Context, r record.Record) error {
	row, err := db.codec.rowOf(r)
	if err != nil {
		return err
	}
	return db.queue.push(row)
}

// Notify queues e to be written within a second, and returns at once. Pings are not stored, since their records are. An
// error means the same as Record's.
func (db *DB) Notify(_ context.Context, e notify.Event) error {
	if e.Kind == notify.Ping {
		return nil
	}
	row, err := db.codec.eventRow(e)
	if err != nil {
		return err
	}
	return db.queue.push(row)
}

// Backlog returns how many records and events wait to be written, and how many were dropped since Open because too many
// waited.
func (db *DB) Backlog() (waiting int, dropped uint64) { return db.queue.backlog() }

// Flush writes everything that waits. It returns when that is done or has failed, or ctx ends.
func (db *DB) Flush(ctx context.Context) error {
	answer := make(chan error, 1)
	select {
	case db.flushes <- answer:
	case <-db.done:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (db *DB) write() {
	defer close(db.done)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	pruner := pruner{DB: db, due: time.Now().Add(pruneFirst)}
	for {
		select {
		case <-tick.C:
			db.mindPlace(time.Now())
		case <-db.queue.wake:
		case answer := <-db.flushes:
			answer <- db.drain()
			continue
		case <-db.closing:
			_ = db.drain() // Close counts what is left
			if db.takeBack(db.base) {
				_ = db.drain() // the bot's memory
			}
			return
		}
		if !db.resting(time.Now()) && db.drain() == nil {
			pruner.prune(time.Now())
		}
	}
}

func (db *DB) drain() error {
	for {
		rows := db.queue.take()
		if err := db.writeBatch(rows); err != nil {
			db.queue.written(false)
			if db.leaveDamaged(db.at()) {
				return err
			}
			db.failed(err)
			return err
		}
		db.queue.written(true)
		if len(rows) < batchRows {
			db.recovered()
			return nil
		}
	}
}

func (db *DB) writeBatch(rows []row) error {
	if len(rows) == 0 && !db.toRemember() && !db.isDown() {
		return nil
	}
	ctx, cancel := context.WithTimeout(db.base, writeTimeout)
	defer cancel()
	p := db.at()
	if _, err := p.ready(ctx, db.who); err != nil {
		return err
	}
	if !db.standsIn() {
		if err := db.recallFrom(ctx, p); err != nil {
			return err
		}
	}
	if db.toRemember() {
		if err := db.writeMemory(ctx); err != nil {
			return err
		}
	}
	_, err := db.insert(ctx, rows)
	return err
}

// rows may be of several bots.
func (db *DB) insert(ctx context.Context, rows []row) (int, error) {
	return db.at().insert(ctx, db.who, rows)
}

// rows may be of several bots, most of them of owner.
func (p *place) insert(ctx context.Context, owner who, rows []row) (int, error) {
	byBot := map[who][]row{}
	for _, r := range rows {
		byBot[r.who] = append(byBot[r.who], r)
	}
	n := 0
	for w, rows := range byBot {
		id, err := p.number(ctx, w, owner)
		if err != nil {
			return n, err
		}
		err = p.tx(ctx, id, func(tx *sql.Tx) error {
			added, err := insertRows(ctx, tx, id, rows)
			n += added
			return err
		})
		if err != nil {
			return n, p.failed("write the history to "+p.name, err)
		}
	}
	return n, nil
}

func (db *DB) number(ctx context.Context, w who) (p *place, id int64, err error) {
	p = db.at()
	id, err = p.number(ctx, w, db.who)
	return p, id, err
}

// The place caches the number of owner's bot.
func (p *place) number(ctx context.Context, w, owner who) (id int64, err error) {
	own, err := p.ready(ctx, owner)
	if err != nil || w == owner {
		return own, err
	}
	err = p.tx(ctx, 0, func(tx *sql.Tx) error {
		id, err = botNumber(ctx, tx, w)
		return err
	})
	return id, p.failed("write the history to "+p.name, err)
}

// A time in which the place cannot be written.
type outage struct {
	since time.Time
	why   string
	wait  time.Duration
	retry time.Time // of the next attempt
}

// It logs only the beginning of an outage.
func (db *DB) failed(err error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	now := time.Now()
	db.down.why = err.Error()
	if db.down.since.IsZero() {
		db.down.since = now
		db.log.Warn("the history cannot be written, so records wait in memory", "error", err,
			"place", db.place.name, "fits", fmt.Sprintf("%d records or %d MB", queueRows, queueBytes>>20))
	}
	db.down.wait = min(retryAtMost, max(retryAfter, 2*db.down.wait))
	db.down.retry = now.Add(db.down.wait)
}

func (db *DB) recovered() {
	db.mu.Lock()
	defer db.mu.Unlock()
	lost := db.queue.forget()
	switch {
	case !db.down.since.IsZero():
		db.log.Warn("the history can be written again", "place", db.place.name, "lost", lost,
			"down_for", time.Since(db.down.since).Round(time.Second))
		db.down = outage{}
	case lost > 0:
		db.log.Warn("records were lost because the history is written too slowly", "place", db.place.name, "lost", lost)
	}
}

func (db *DB) isDown() bool {
	db.mu.Lock()
	defer db.mu.Unlock()
	return !db.down.since.IsZero()
}

func (db *DB) resting(now time.Time) bool {
	db.mu.Lock()
	defer db.mu.Unlock()
	return now.Before(db.down.retry)
}
