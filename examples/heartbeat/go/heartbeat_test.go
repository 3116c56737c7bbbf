package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestHeartbeatReadsOneRowByItsKey(t *testing.T) {
	fake := &fakeDriver{last: 7}
	if got := beat(t, Database(fake.open(t), "items")); got != "200 Beat" {
		t.Fatal(got)
	}
	want := regexp.MustCompile(`^SELECT max\(id\) FROM items; SELECT min\(id\) FROM items WHERE id >= [1-7]$`)
	if got := strings.Join(fake.queries, "; "); !want.MatchString(got) {
		t.Errorf("queries %q, want %s", got, want)
	}
}

func TestHeartbeatIsRightOnAnEmptyTable(t *testing.T) {
	if got := beat(t, Database((&fakeDriver{last: nil}).open(t), "items")); got != "200 Beat" {
		t.Error(got)
	}
}

func TestHeartbeatNamesTheBrokenPartAndKeepsTheRestToItself(t *testing.T) {
	secret := errors.New("dial postgres://user:password@db: refused")
	t.Setenv("TMPDIR", t.TempDir()+"/gone")
	for name, part := range map[string]Part{
		"database": Database((&fakeDriver{err: secret}).open(t), "items"),
		"cache":    Caching(brokenCache{err: secret}),
		"disk":     Disk(),
	} {
		if got, want := beat(t, part), "503 "+name+" failed"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := beat(t, Caching(brokenCache{})); got != "503 cache failed" {
		t.Errorf("a cache that forgets: got %q", got)
	}
}

func TestDiskLeavesNothingBehind(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	if got := beat(t, Disk()); got != "200 Beat" {
		t.Fatal(got)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func beat(t *testing.T, part Part) string {
	t.Helper()
	log.SetOutput(io.Discard)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	answer := httptest.NewRecorder()
	Heartbeat("", part).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/autoscalebot/heartbeat/", nil))
	return strings.TrimSpace(answer.Result().Status[:4]) + " " + answer.Body.String()
}

type brokenCache struct{ err error }

func (c brokenCache) Set(context.Context, string, string, time.Duration) error { return c.err }
func (c brokenCache) Get(context.Context, string) (string, error)              { return "", nil }

// A database whose every query returns one row with one number, or an error.
type fakeDriver struct {
	last    driver.Value
	err     error
	queries []string
}

func (d *fakeDriver) open(t *testing.T) *sql.DB {
	db := sql.OpenDB(d)
	t.Cleanup(func() { db.Close() })
	return db
}

func (d *fakeDriver) Connect(context.Context) (driver.Conn, error) { return d, nil }
func (d *fakeDriver) Driver() driver.Driver                        { return nil }
func (d *fakeDriver) Prepare(string) (driver.Stmt, error)          { return nil, driver.ErrSkip }
func (d *fakeDriver) Begin() (driver.Tx, error)                    { return nil, driver.ErrSkip }
func (d *fakeDriver) Close() error                                 { return nil }

func (d *fakeDriver) QueryContext(_ context.Context, query string, _ []driver.NamedValue) (driver.Rows, error) {
	d.queries = append(d.queries, query)
	return &oneRow{value: d.last}, d.err
}

type oneRow struct {
	value driver.Value
	read  bool
}

func (r *oneRow) Columns() []string { return []string{"id"} }
func (r *oneRow) Close() error      { return nil }

func (r *oneRow) Next(values []driver.Value) error {
	if r.read {
		return io.EOF
	}
	r.read, values[0] = true, r.value
	return nil
}
