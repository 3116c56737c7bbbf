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
	sqlite "modernc.org/sqlite" // also registers the driver "sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Memory is the URL of a history in memory, which is lost when the program ends.
const Memory = "memory"

type place struct {
	db *sql.DB
	// sure syncs every commit to the disk.
	sure     *sql.DB
	name     string   // for people, without secrets
	secrets  []string // must not appear in errors
	postgres bool     // transactions need locks between programs
	inMemory bool
	path     string // of the SQLite file, or empty
	file     os.FileInfo

	damage atomic.Pointer[error] // the first damage found in the file

	readied sync.Mutex // guards bot, and held while the schema is updated
	bot     int64      // the bot's number; 0 before it is known
}

// It does not connect to a server.
func open(ctx context.Context, raw string) (*place, error) {
	switch scheme, _, _ := strings.Cut(raw, ":"); {
	case inMemory(raw):
		// One connection, since each would have its own database.
		db, err := openSQLite(":memory:", 1)
		return &place{db: db, sure: db, name: "memory", inMemory: true}, err
	case scheme == "sqlite":
		return openFile(ctx, cutFile(raw))
	case scheme == "postgres" || scheme == "postgresql":
		return openPostgres(raw)
	case strings.Contains(raw, ":"):
		return nil, fmt.Errorf("invalid place of the history %q: must be memory, sqlite:PATH or postgres://…",
			clip(scheme)+":…")
	}
	return nil, errors.New("invalid place of the history: must be memory, sqlite:PATH or postgres://…; for a file, " +
		"write sqlite: before its path")
}

func clip(text string) string {
	if len(text) > 20 {
		return strings.ToValidUTF8(text[:20], "") + "…"
	}
	return text
}

func openFile(ctx context.Context, path string) (*place, error) {
	if path == "" {
		return nil, errors.New("sqlite: has no path; use sqlite:PATH, such as sqlite:history.db")
	}
	file, err := touch(path)
	if err != nil {
		return nil, fmt.Errorf("open the history: %w", err)
	}
	// A write-ahead log lets others read during a write. With synchronous NORMAL, a kill loses no commit, and a power
	// cut may lose the last ones. With FULL, a power cut loses none.
	whole, err := filepath.Abs(path) // SQLite treats a name such as :memory: specially
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

// Opening a pipe would block forever.
func notFile(path string) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file (%v)", path, info.Mode().Type())
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

// The first connection creates the write-ahead log. If another program does that at the same moment, SQLite ignores the
// busy_timeout and fails, so reach retries for up to 5 s. The next user of db sees other errors.
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
	if err != nil { // err contains the whole URL
		return nil, errors.New("invalid URL of the history; use postgres://user:password@host:5432/name; in the " +
			"password, write @ / % as %40 %2F %25")
	}
	secrets := secretsOf(u)
	c, err := pgx.ParseConfig(raw)
	if err != nil {
		if cause := errors.Unwrap(err); cause != nil { // err itself contains the URL
			err = cause
		}
		return nil, fmt.Errorf("invalid URL of the history: %s", redact(err.Error(), secrets))
	}
	if c.Password != "" {
		secrets = append(secrets, c.Password)
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 5 * time.Second
	}
	if !u.Query().Has("default_query_exec_mode") {
		// Unnamed statements work through connection poolers, and survive a change of the schema.
		c.DefaultQueryExecMode = pgx.QueryExecModeExec
	}
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "autoscalebot"
	}
	db := stdlib.OpenDB(*c)
	db.SetMaxOpenConns(4) // Heroku's smallest plans allow 20
	db.SetMaxIdleConns(2)
	db.SetConnMaxIdleTime(5 * time.Minute)
	name := fmt.Sprintf("the PostgreSQL database %s at %s", c.Database, c.Host)
	return &place{db: db, sure: db, name: name, secrets: secrets, postgres: true}, nil
}

// They are in escaped and in plain form.
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

// The error is one line without secrets. Damage to the file is recorded.
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
