package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	sqlite "modernc.org/sqlite" // which is the driver "sqlite", too
	sqlite3 "modernc.org/sqlite/lib"
)

// Memory is the URL of a history that is kept in memory, and gone when the program ends.
const Memory = "memory"

type place struct {
	db *sql.DB
	// sure writes what must be on the disk when it returns.
	sure *sql.DB
	// for people, without a secret
	name string
	// No error may show them.
	secrets []string
	// Several programs write to a server side by side.
	postgres bool
	inMemory bool
	// path is the SQLite file's, "" elsewhere, and file what was opened there.
	path string
	file os.FileInfo

	damage atomic.Pointer[error] // the damage to the file that was met first

	readied sync.Mutex // held while the place is made ready
	bot     int64      // the number of the bot whose history this is, 0 before it is known
}

// It calls no server yet.
func open(ctx context.Context, raw string) (*place, error) {
	switch scheme, _, _ := strings.Cut(raw, ":"); {
	case inMemory(raw):
		// One connection: each would be a database of its own.
		db, err := openSQLite(":memory:", 1)
		return &place{db: db, sure: db, name: "memory", inMemory: true}, err
	case scheme == "sqlite":
		return openFile(ctx, cutFile(raw))
	case scheme == "postgres" || scheme == "postgresql":
		return openPostgres(raw)
	case strings.Contains(raw, ":"):
		return nil, fmt.Errorf("a history cannot be kept in a URL that begins with %q; it can in memory, sqlite:PATH "+
			"or postgres://…", clip(scheme))
	}
	return nil, errors.New("the history's place is none of memory, sqlite:PATH and postgres://…; for a file, write " +
		"sqlite: before its path")
}

func clip(text string) string {
	if len(text) > 20 {
		return strings.ToValidUTF8(text[:20], "") + "…"
	}
	return text
}

func openFile(ctx context.Context, path string) (*place, error) {
	if path == "" {
		return nil, errors.New("sqlite: names no file; write sqlite:PATH, for example sqlite:history.db")
	}
	file, err := touch(path)
	if err != nil {
		return nil, fmt.Errorf("open the history: %w", err)
	}
	// A write-ahead log lets others read while one writes. With synchronous NORMAL a kill loses nothing that was
	// committed, and a power cut the last commits at the most; with FULL not even that.
	whole, err := filepath.Abs(path) // a name such as :memory: alone would mean something else
	if err != nil {
		return nil, fmt.Errorf("open the history: %w", err)
	}
	dsn := "file:" + (&url.URL{Path: whole}).EscapedPath() + "?_txlock=immediate&_pragma=busy_timeout(5000)" +
		"&_pragma=journal_mode(WAL)&_pragma=cache_size(-1000)&_pragma=synchronous"
	db, err := openSQLite(dsn+"(NORMAL)", 4)
	if err != nil {
		return nil, err
	}
	reach(ctx, db)
	sure, err := openSQLite(dsn+"(FULL)", 1)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &place{db: db, sure: sure, name: "the SQLite file " + path, path: whole, file: file}, nil
}

// It may be a folder, a device, or a pipe, which would be waited for without end.
func notFile(path string) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s must be a file, and is something else (%v)", path, info.Mode().Type())
	}
	return nil
}

func touch(path string) (os.FileInfo, error) {
	if err := notFile(path); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if _, missing := os.Stat(filepath.Dir(path)); errors.Is(err, os.ErrNotExist) && errors.Is(missing, os.ErrNotExist) {
		return nil, fmt.Errorf("the folder %s does not exist", filepath.Dir(path))
	}
	if err != nil {
		return nil, err
	}
	file, err := f.Stat()
	return file, errors.Join(err, f.Close())
}

// A connection gives a new file its write-ahead log. SQLite does not wait, whatever the busy_timeout is, for
// another program that does the same at that moment: so this tries again, for 5 s at most, or until ctx ends.
// Another error is left to who uses db next.
func reach(ctx context.Context, db *sql.DB) {
	until := time.Now().Add(5 * time.Second)
	for ; time.Now().Before(until) && ctx.Err() == nil; time.Sleep(5 * time.Millisecond) {
		var failed *sqlite.Error
		if err := db.PingContext(ctx); !errors.As(err, &failed) || failed.Code()&0xff != sqlite3.SQLITE_BUSY {
			return
		}
	}
}

func openSQLite(dsn string, connections int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("open the history: %w", err)
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

func openPostgres(raw string) (*place, error) {
	u, err := url.Parse(raw)
	if err != nil { // which would show the whole URL
		return nil, errors.New("the history's URL cannot be read; it must look like " +
			"postgres://user:password@host:5432/name, " +
			"with characters such as @, / and % in the password written as %40, %2F and %25")
	}
	secrets := secretsOf(u)
	c, err := pgx.ParseConfig(raw)
	if err != nil {
		if cause := errors.Unwrap(err); cause != nil { // without the URL that the error itself shows
			err = cause
		}
		return nil, fmt.Errorf("the history's URL cannot be used: %s", redact(err.Error(), secrets))
	}
	if c.Password != "" {
		secrets = append(secrets, c.Password)
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 5 * time.Second
	}
	if !u.Query().Has("default_query_exec_mode") {
		// Statements without names work through connection poolers too, and outlive a change of the schema.
		c.DefaultQueryExecMode = pgx.QueryExecModeExec
	}
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "autoscalebot"
	}
	db := stdlib.OpenDB(*c)
	db.SetMaxOpenConns(4) // of the 20 that Heroku's smallest plans allow
	db.SetMaxIdleConns(2)
	db.SetConnMaxIdleTime(5 * time.Minute)
	name := fmt.Sprintf("the PostgreSQL database %s at %s", c.Database, c.Host)
	return &place{db: db, sure: db, name: name, secrets: secrets, postgres: true}, nil
}

// They are as they stand in u and as they are meant.
func secretsOf(u *url.URL) []string {
	var secrets []string
	if password, ok := u.User.Password(); ok && password != "" {
		_, written, _ := strings.Cut(u.User.String(), ":")
		secrets = append(secrets, password, written)
	}
	for _, name := range []string{"password", "sslpassword"} {
		for _, s := range u.Query()[name] {
			if s != "" {
				secrets = append(secrets, s, url.QueryEscape(s))
			}
		}
	}
	return secrets
}

func redact(text string, secrets []string) string {
	for _, s := range secrets {
		text = strings.ReplaceAll(text, s, "(secret)")
	}
	return text
}

func inMemory(raw string) bool { return raw == Memory || raw == "" }

func cutFile(raw string) string { return strings.TrimPrefix(strings.TrimPrefix(raw, "sqlite:"), "//") }

func isFile(raw string) bool { return strings.HasPrefix(raw, "sqlite:") && cutFile(raw) != "" }

func (p *place) closed() error {
	if p == nil {
		return nil
	}
	return p.close()
}

func (p *place) close() error {
	if p.sure == p.db {
		return p.db.Close()
	}
	return errors.Join(p.sure.Close(), p.db.Close())
}

type safeError struct {
	text  string
	cause error
}

func (e *safeError) Error() string { return e.text }
func (e *safeError) Unwrap() error { return e.cause }

// The error is on one line and without what it must not show. It notes damage to the file.
func (p *place) failed(doing string, err error) error {
	if err == nil {
		return nil
	}
	if p.path != "" && isDamaged(err) {
		p.damage.CompareAndSwap(nil, &err)
	}
	oneLine := strings.Join(strings.Fields(err.Error()), " ")
	return &safeError{doing + ": " + redact(oneLine, p.secrets), err}
}
