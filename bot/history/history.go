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

// ErrClosed is the error of what is asked of a DB that was closed.
var ErrClosed = errors.New("the history was closed")

// Options say what a DB keeps, and where.
type Options struct {
	// URL is the place: "memory" or "", "sqlite:PATH", or "postgres://user:password@host:5432/name".
	URL string
	// Folder is made, for its owner alone, whenever the file is opened and it does not exist; "" for none.
	Folder string
	// App and ProcessType name the bot whose history this is. Several bots may share one place.
	App         string
	ProcessType string
	// Keep says for how long; what is zero in it is the default of the place.
	Keep Retention
	// Later: a place that cannot be used when the DB is opened is no error. What is to be written to a server waits
	// until it takes it. A file that is locked, cannot be written or is damaged gives way to the memory, from which all
	// goes to the file once that can be used; a damaged one is put aside under another name for that.
	Later bool
	// Log is told when the place cannot be written to, and when it can again; nil is silent.
	Log *slog.Logger
}

// A Retention says for how long things are kept.
type Retention struct {
	// Raw is for how long every record is kept: 7 days by default, 3 hours in memory.
	Raw time.Duration
	// Minutes and Hours are for how long points are kept, of a minute and ten minutes, and of an hour: 90 days and 3
	// years by default, 7 and 90 days in memory.
	Minutes time.Duration
	Hours   time.Duration
	// Changes is for how long events are kept, and the records of heartbeats that changed something: a year by default,
	// 7 days in memory. It is at least Raw.
	Changes time.Duration
}

const day = 24 * time.Hour

// The place has its own defaults.
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
		return fmt.Errorf("a history cannot be kept for less than no time: raw %v, minutes %v, hours %v, changes %v",
			k.Raw, k.Minutes, k.Hours, k.Changes)
	}
	return nil
}

// A DB keeps the history of one bot. It is a [bot.Recorder] and a [notify.Notifier], and may be used by several
// goroutines at once.
type DB struct {
	url    string
	folder string
	who    who
	keep   Retention
	later  bool // as in Options: this is the bot's own, which looks after the file
	log    *slog.Logger
	codec  codec
	queue  queue

	writer

	remembering sync.Mutex // held while the bot's memory is written, and while the place changes
	mu          sync.Mutex // guards the rest
	place       *place
	memory      *kept // what is to be written; nil when all is
	newest      *kept // what was to be written last; nil before that
	former      former
	down        outage
	standIn     standIn
	notes       []string // what happened to the place that people should know of
}

type writer struct {
	base  context.Context // of all that the writer does; abort ends it
	abort context.CancelFunc
	// flushes asks the writer to write now, and closing to do so for the last time; done is closed when it has ended.
	flushes chan chan error
	closing chan struct{}
	done    chan struct{}
	closed  sync.Once
}

// Open opens the history at o.URL, and makes it if there is none. It reaches for a server until ctx ends at the latest.
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

// It opens the place, or what stands in for it until it can be used.
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
		_ = db.writeMemory(ctx) // or it is written with the first records
		return nil
	}
	return errors.Join(err, p.closed())
}

// After an error the place, if there is one, is still to be closed.
func (db *DB) openReady(ctx context.Context) (*place, error) {
	if db.folder != "" {
		if err := os.MkdirAll(db.folder, 0o700); err != nil {
			return nil, fmt.Errorf("make the history's folder: %w", err)
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

// Place says for people where the history is kept, without a secret.
func (db *DB) Place() string { return db.at().name }

// Keep returns for how long things are kept.
func (db *DB) Keep() Retention { return db.keep }

// The schema is there then, and the owner's bot has its number.
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

// A new bot gets its number here. The transaction is the only one of its kind.
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

// Close writes what is yet to be written and closes the place, both until ctx ends at the latest. The error says what
// was not written. Closing again does nothing.
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
