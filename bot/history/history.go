package history

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// ErrClosed is the error of a DB that is closed.
var ErrClosed = errors.New("the history is closed")

// Options are the settings of a [DB].
type Options struct {
	// URL is the place: "memory" or "", "sqlite:PATH", or "postgres://user:password@host:5432/name".
	URL string
	// Folder is created with mode 0700 if it does not exist when the file is opened; empty means no folder.
	Folder string
	// App and ProcessType identify the bot. Several bots may share a place.
	App         string
	ProcessType string
	// Keep is the retention; a zero field means the place's default.
	Keep Retention
	// Later means that Open returns no error if the place is unusable. What should go to a server waits. A file that is
	// locked, read-only or damaged is replaced by memory, and its content is moved to the file once that is usable. A
	// damaged file is renamed first.
	Later bool
	// Log receives failures to write, and their end; nil discards them.
	Log *slog.Logger
}

// A Retention is how long a DB keeps its content.
type Retention struct {
	// Raw is for all records: 7 days by default, 3 hours in memory.
	Raw time.Duration
	// Minutes is for points of a minute and of ten minutes: 90 days by default, 7 days in memory. Hours is for points
	// of an hour: 3 years by default, 90 days in memory.
	Minutes time.Duration
	Hours   time.Duration
	// Changes is for events, and for the records of heartbeats that changed something: a year by default, 7 days in
	// memory, and at least Raw.
	Changes time.Duration
}

const day = 24 * time.Hour

func (k Retention) or(inMemory bool) Retention {
	d := Retention{Raw: 7 * day, Minutes: 90 * day, Hours: 3 * 365 * day, Changes: 365 * day}
	if inMemory {
		d = Retention{Raw: 3 * time.Hour, Minutes: 7 * day, Hours: 90 * day, Changes: 7 * day}
	}
	fill := func(value *time.Duration, standard time.Duration) {
		if *value == 0 {
			*value = standard
		}
	}
	fill(&k.Raw, d.Raw)
	fill(&k.Minutes, d.Minutes)
	fill(&k.Hours, d.Hours)
	fill(&k.Changes, d.Changes)
	k.Changes = max(k.Changes, k.Raw)
	return k
}

func (k Retention) check() error {
	if min(k.Raw, k.Minutes, k.Hours, k.Changes) < 0 {
		return fmt.Errorf("a retention must not be negative: raw %v, minutes %v, hours %v, changes %v", k.Raw,
			k.Minutes, k.Hours, k.Changes)
	}
	return nil
}

// A DB stores the history of a bot. It is a [bot.Recorder] and a [notify.Notifier], and may be used from several
// goroutines.
type DB struct {
	url    string
	folder string
	who    who
	keep   Retention
	later  bool // as in Options; true for the running bot, which repairs the file
	log    *slog.Logger
	codec  codec
	queue  queue

	writer

	remembering sync.Mutex // held while the bot's memory is written, and while the place changes
	mu          sync.Mutex // guards the rest
	place       *place
	memory      *kept // the bot's memory that is not yet written, or nil
	newest      *kept // the bot's newest memory, or nil
	former      former
	down        outage
	standIn     standIn
	notes       []string // for Warnings
}

type writer struct {
	base  context.Context // of the writer's work; abort ends it
	abort context.CancelFunc
	// flushes requests a write, closing the last one. done is closed when the writer has ended.
	flushes chan chan error
	closing chan struct{}
	done    chan struct{}
	closed  sync.Once
}

// Open opens the history at o.URL, or creates it. ctx bounds the connection to a server.
func Open(ctx context.Context, o Options) (*DB, error) {
	if err := o.Keep.check(); err != nil {
		return nil, err
	}
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	db := &DB{
		url: o.URL, folder: o.Folder, who: who{text(o.App), text(o.ProcessType)}, keep: o.Keep.or(inMemory(o.URL)),
		later: o.Later, log: o.Log, queue: newQueue(),
		writer: writer{flushes: make(chan chan error), closing: make(chan struct{}), done: make(chan struct{})},
	}
	db.base, db.abort = context.WithCancel(context.Background())
	if err := db.begin(ctx); err != nil {
		db.abort()
		return nil, err
	}
	go db.write()
	return db, nil
}

// With later, an unusable place is not an error.
func (db *DB) begin(ctx context.Context) error {
	later := db.later
	p, err := db.openReady(ctx)
	switch {
	case err == nil:
		db.place = p
		return nil
	case later && p != nil && p.postgres:
		db.place = p
		db.former.unread = true
		db.failed(err)
		return nil
	case later && isFile(db.url):
		db.rememberAs(ctx, filePath(db.url))
		db.former.unread = true
		if err := db.standInFor(ctx, err, p.closed()); err != nil {
			return err
		}
		_ = db.writeMemory(ctx) // after an error it is written with the first records
		return nil
	}
	return errors.Join(err, p.closed())
}

// After an error, the caller must close the place unless it is nil.
func (db *DB) openReady(ctx context.Context) (*place, error) {
	if db.folder != "" {
		if err := os.MkdirAll(db.folder, 0o700); err != nil {
			return nil, fmt.Errorf("create the history's folder: %w", err)
		}
	}
	p, err := open(ctx, db.url)
	if err != nil {
		return nil, err
	}
	_, err = p.ready(ctx, db.who)
	return p, err
}

func (db *DB) at() *place {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.place
}

// Place describes the history's place for people, without secrets.
func (db *DB) Place() string { return db.at().name }

// Keep returns the retention, with the place's defaults.
func (db *DB) Keep() Retention { return db.keep }

// It brings the schema up to date, and returns the number of owner's bot.
func (p *place) ready(ctx context.Context, owner who) (id int64, err error) {
	p.readied.Lock()
	defer p.readied.Unlock()
	if p.bot != 0 {
		return p.bot, nil
	}
	if err := p.migrate(ctx); err != nil {
		return 0, p.failed("open the history in "+p.name, err)
	}
	err = p.tx(ctx, 0, func(tx *sql.Tx) error {
		id, err = botNumber(ctx, tx, owner)
		return err
	})
	if err == nil {
		p.bot = id
	}
	return id, p.failed("open the history in "+p.name, err)
}

// The transaction must be exclusive: a new bot gets its number here.
func botNumber(ctx context.Context, tx *sql.Tx, w who) (id int64, err error) {
	find := func() error {
		return tx.QueryRowContext(ctx, `select id from autoscalebot_bots where app = $1 and process_type = $2`, w.app, w.processType).Scan(&id)
	}
	if err := find(); !errors.Is(err, sql.ErrNoRows) {
		return id, err
	}
	if _, err := tx.ExecContext(ctx, `insert into autoscalebot_bots (id, app, process_type, raw_since, minutes_since, pruned)
		select coalesce(max(id), 0) + 1, $1, $2, 0, 0, 0 from autoscalebot_bots`, w.app, w.processType); err != nil {
		return 0, err
	}
	return id, find()
}

// Close writes everything that waits and closes the place, no later than ctx ends. The error says what was not written.
// Closing again has no effect.
func (db *DB) Close(ctx context.Context) (err error) {
	db.closed.Do(func() {
		defer db.abort()
		stop := context.AfterFunc(ctx, db.abort)
		defer stop()
		close(db.closing)
		<-db.done
		p := db.at()
		if n := db.queue.close(); n > 0 {
			err = fmt.Errorf("close the history: %d records and events were not written to %s", n, p.name)
		}
		if db.toRemember() {
			err = errors.Join(err, fmt.Errorf("close the history: the bot's newest memory was not written to %s",
				p.name))
		}
		err = errors.Join(err, db.lost(), p.close())
	})
	return err
}
