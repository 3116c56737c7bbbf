package history

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	sqlite "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/autoscalebot/autoscalebot/bot/record"
)

const (
	takeBackAfter  = 5 * time.Second // doubles up to takeBackAtMost
	takeBackAtMost = 30 * time.Second
)

// Memory instead of an unusable file. The zero standIn means that the place is in use.
type standIn struct {
	since   time.Time
	why     string
	damaged bool // the file must be renamed before the next attempt
	wait    time.Duration
	retry   time.Time
}

// Warnings are sentences about problems of the history's place that people should read.
func (db *DB) Warnings() []string {
	db.mu.Lock()
	defer db.mu.Unlock()
	all := append([]string(nil), db.notes...)
	if s := db.standIn; !s.since.IsZero() {
		all = append(all, fmt.Sprintf("the history has been kept in memory since %s because its file is unusable: %s",
			s.since.UTC().Format(time.RFC3339), s.why))
	}
	if !db.down.since.IsZero() {
		all = append(all, fmt.Sprintf("the history cannot be written (since %s): %s",
			db.down.since.UTC().Format(time.RFC3339), db.down.why))
	}
	return all
}

// why is what makes the file unusable. A damaged file is renamed at once, and a new one begun if possible. closing is
// the error of closing the place before.
func (db *DB) standInFor(ctx context.Context, why, closing error) error {
	p, err := open(ctx, Memory)
	if err != nil {
		return fmt.Errorf("keep the history in memory: %w", errors.Join(err, closing))
	}
	now := time.Now()
	db.remembering.Lock()
	db.mu.Lock()
	db.place, db.memory = p, db.newest
	db.standIn = standIn{
		since: now, why: why.Error(), damaged: isDamaged(why), wait: takeBackAfter,
		retry: now.Add(takeBackAfter),
	}
	damaged := db.standIn.damaged
	db.down = outage{}
	db.mu.Unlock()
	db.remembering.Unlock()
	if damaged && db.takeBack(ctx) {
		return nil
	}
	db.log.Warn("the history is in memory until its file is usable", "error", why)
	return nil
}

// A file that cannot be written or is damaged may still have a readable memory of the bot.
func (db *DB) rememberAs(ctx context.Context, path string) {
	if notFile(path) != nil {
		return
	}
	hows := []string{"&immutable=1"} // keeps SQLite from writing files next to it
	if exists(path + "-wal") {
		hows = []string{"", "&immutable=1"} // immutable ignores the write-ahead log
	}
	for _, how := range hows {
		text, err := readMemory(ctx, path, how, db.who)
		if err != nil || !json.Valid([]byte(text)) {
			continue
		}
		db.newest = &kept{text}
		return
	}
}

func readMemory(ctx context.Context, path, how string, w who) (text string, err error) {
	ro, err := openSQLite("file:"+(&url.URL{Path: path}).EscapedPath()+"?mode=ro"+how, 1)
	if err != nil {
		return "", err
	}
	defer ro.Close()
	err = ro.QueryRowContext(ctx, `select body from autoscalebot_memory where bot =
		(select id from autoscalebot_bots where app = $1 and process_type = $2)`, w.app, w.processType).Scan(&text)
	return text, err
}

// The file is not, or no longer, an SQLite database.
func isDamaged(err error) bool {
	failed, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	switch failed.Code() & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return true
	case sqlite3.SQLITE_ERROR: // a header of another file format has no code of its own
		return strings.Contains(failed.Error(), "unsupported file format")
	}
	return false
}

// It returns to the file when that is usable again, and begins a new one if it was deleted.
func (db *DB) mindPlace(now time.Time) {
	db.mu.Lock()
	due := !db.standIn.since.IsZero() && !now.Before(db.standIn.retry)
	p := db.place
	db.mu.Unlock()
	ctx, cancel := context.WithTimeout(db.base, writeTimeout)
	defer cancel()
	switch {
	case !db.later: // who only looks on leaves the file to the bot
	case due:
		db.takeBack(ctx)
	case db.leaveDamaged(p):
	case p.gone():
		db.replaceGone(ctx, p)
	}
}

// It begins another history if damage to the file was met, be it by writing or by reading.
func (db *DB) leaveDamaged(p *place) bool {
	damage := p.damage.Load()
	if damage == nil || !db.later {
		return false
	}
	_ = db.standInFor(db.base, *damage, p.close())
	return true
}

// It was deleted, or another one put in its place.
func (p *place) gone() bool {
	if p.path == "" {
		return false
	}
	now, err := os.Stat(p.path)
	return errors.Is(err, os.ErrNotExist) || err == nil && !os.SameFile(now, p.file)
}

// The content of the deleted file is copied if it is still readable.
func (db *DB) replaceGone(ctx context.Context, p *place) {
	note := fmt.Sprintf("the history's file %s was deleted or replaced at %s while the bot ran", p.path,
		time.Now().UTC().Format(time.RFC3339))
	db.log.Warn("the history's file was deleted or replaced while the bot ran", "file", p.path)
	db.note(note)
	if f, err := os.OpenFile(p.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err == nil && f.Close() == nil {
		if _, err := p.db.ExecContext(ctx, `vacuum into $1`, p.path); err != nil {
			db.log.Warn("the deleted history could not be saved", "error", p.failed("copy the history", err))
		}
	}
	next, err := db.openReady(ctx)
	if err != nil {
		_ = db.standInFor(ctx, err, errors.Join(next.closed(), p.close()))
		return
	}
	db.moveTo(next)
	_ = p.close() // its file is deleted
}

// It moves the content of the memory to the file. It is false if the file is still unusable.
func (db *DB) takeBack(ctx context.Context) bool {
	db.mu.Lock()
	stood, old := db.standIn, db.place
	db.mu.Unlock()
	if stood.since.IsZero() {
		return false
	}
	aside, next, err := db.recover(ctx, stood.damaged)
	if err == nil {
		err = db.carry(next)
	}
	if err == nil {
		err = db.recallFrom(ctx, next)
	}
	if err != nil {
		_ = next.closed()
		db.mu.Lock()
		defer db.mu.Unlock()
		db.standIn.why, db.standIn.damaged = err.Error(), isDamaged(err)
		db.standIn.wait = min(takeBackAtMost, 2*db.standIn.wait)
		db.standIn.retry = time.Now().Add(db.standIn.wait)
		return false
	}
	db.moveTo(next)
	_ = old.close() // its content is in the file now
	if aside != "" {
		db.note(fmt.Sprintf("the history's file was damaged and is now %s; a new one was begun at %s",
			aside, time.Now().UTC().Format(time.RFC3339)))
		db.log.Warn("the history's file was damaged, so a new one is begun", "kept_aside", aside, "error", stood.why)
		return true
	}
	db.log.Warn("the history is in its file again", "place", next.name, "in_memory_for",
		time.Since(stood.since).Round(time.Second))
	return true
}

func (db *DB) recover(ctx context.Context, damaged bool) (aside string, p *place, err error) {
	if !damaged {
		p, err = db.openReady(ctx)
		return "", p, err
	}
	path := filePath(db.url)
	if aside, err = putAside(path); err != nil {
		return "", nil, fmt.Errorf("rename the damaged history: %w", err)
	}
	p, err = db.openReady(ctx)
	return aside, p, err
}

// It renames SQLite's other files too. The new name is unused.
func putAside(path string) (aside string, err error) {
	aside = path + ".damaged-" + time.Now().UTC().Format("20060102T150405Z")
	for n := 2; exists(aside); n++ {
		aside = fmt.Sprintf("%s.damaged-%s-%d", path, time.Now().UTC().Format("20060102T150405Z"), n)
	}
	if err := os.Rename(path, aside); err != nil {
		return "", err
	}
	for _, end := range []string{"-wal", "-shm"} {
		if err := os.Rename(path+end, aside+end); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
	}
	return aside, nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// Each transaction has a deadline, but not the whole.
func (db *DB) carry(to *place) error {
	ctx := db.base
	var rows []row
	insert := func() error {
		ctx, cancel := context.WithTimeout(ctx, writeTimeout)
		defer cancel()
		_, err := to.insert(ctx, db.who, rows)
		rows = rows[:0]
		return err
	}
	put := func(r row) error {
		if rows = append(rows, r); len(rows) < batchRows {
			return nil
		}
		return insert()
	}
	err := db.Each(ctx, time.Time{}, time.Time{}, func(r record.Record) error {
		row, err := db.codec.rowOf(r)
		if err != nil {
			return err
		}
		return put(row)
	})
	if err != nil {
		return err
	}
	events, err := db.Events(ctx, time.Time{}, time.Time{}, mostRows)
	if err != nil {
		return err
	}
	for _, e := range events {
		row, err := db.codec.eventRow(e)
		if err != nil {
			return err
		}
		if err := put(row); err != nil {
			return err
		}
	}
	return insert()
}

// The bot's newest memory is written there next.
func (db *DB) moveTo(p *place) {
	db.remembering.Lock()
	defer db.remembering.Unlock()
	db.mu.Lock()
	defer db.mu.Unlock()
	db.place, db.memory, db.standIn, db.down = p, db.newest, standIn{}, outage{}
}

func (db *DB) note(text string) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.notes = append(db.notes, text)
}

func (db *DB) lost() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.standIn.since.IsZero() {
		return nil
	}
	return fmt.Errorf("close the history: its content in memory since %s is lost: %s",
		db.standIn.since.UTC().Format(time.RFC3339), db.standIn.why)
}

func filePath(raw string) string {
	path, err := filepath.Abs(cutFile(raw))
	if err != nil {
		return cutFile(raw)
	}
	return path
}

func (db *DB) standsIn() bool {
	db.mu.Lock()
	defer db.mu.Unlock()
	return !db.standIn.since.IsZero()
}
