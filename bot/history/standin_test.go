package history_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/logtest"
	"github.com/autoscalebot/autoscalebot/bot/record"
)

var remembered = bot.Memory{State: decide.State{Dynos: 7, Known: true}}

// Opens the history as a bot does.
func later(log *logtest.Buffer) func(*history.Options) {
	return func(o *history.Options) { o.Later, o.Log = true, slog.New(slog.NewTextHandler(log, nil)) }
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited a minute for %s", what)
		}
	}
}

func warns(db *history.DB, about string) bool {
	return strings.Contains(strings.Join(db.Warnings(), "\n"), about)
}

// If the file is unusable at the start, the history is in memory until it is usable.
func TestAFileThatCannotBeUsedIsTakenBack(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *testing.T, path string) (mend func()){
		"locked by another program": func(t *testing.T, path string) func() {
			raw := lab{url: "sqlite:" + path}.raw(t)
			raw.SetMaxOpenConns(1)
			for _, statement := range []string{"create table other (x)", "begin exclusive"} {
				if _, err := raw.ExecContext(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
			}
			return func() { raw.Close() }
		},
		"in a folder that is not there yet": func(_ *testing.T, path string) func() {
			os.Remove(filepath.Dir(path))
			return func() { os.Mkdir(filepath.Dir(path), 0o700) }
		},
		"a folder": func(t *testing.T, path string) func() {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
			return func() { os.Remove(path) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "sub", "history.db")
			if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			mend := spoil(t, path)
			log := &logtest.Buffer{}
			l := lab{url: "sqlite:" + path, stays: true}
			if db, err := history.Open(t.Context(), history.Options{URL: l.url}); err == nil {
				shut(t, db)
				t.Fatal("the file can be used after all")
			}
			db := l.open(t, later(log))
			if !warns(db, "in memory") || !strings.Contains(log.String(), "level=WARN") || db.Place() != history.Memory {
				t.Errorf("no warning: %q, place %q, log\n%s", db.Warnings(), db.Place(), log)
			}
			all := beats(noon, 30*time.Second, 120)
			if name == "a folder" {
				all = beats(noon, 30*time.Second, 700) // more than one batch
			}
			before := len(all) - 100
			keepAll(t, db, all[:before]...)
			if err := db.Remember(remembered); err != nil {
				t.Error(err)
			}
			if got := records(t, db, history.Query{Limit: 1000}); !same(t, got, all[:before]) {
				t.Errorf("%d records can be read, want %d", len(got), before)
			}
			mend()
			eventually(t, "the file", func() bool { return db.Place() != history.Memory })
			if len(db.Warnings()) > 0 {
				t.Errorf("still warns: %q", db.Warnings())
			}
			keepAll(t, db, all[before:]...)
			shut(t, db)

			again := l.open(t)
			if got := records(t, again, history.Query{Limit: 1000}); !same(t, got, all) {
				t.Errorf("%d records are in the file, want all %d", len(got), len(all))
			}
			if m, ok, err := again.Memory(t.Context()); !ok || err != nil || !reflect.DeepEqual(m, remembered) {
				t.Errorf("remembered %+v, %v, %v", m, ok, err)
			}
		})
	}
}

func TestADamagedFileIsPutAside(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"other bytes": strings.Repeat("no database ", 500),
		"a torn page": "SQLite format 3\x00" + strings.Repeat("\x10\x00\x02\x02\x00\x40\x20\x20", 600),
	} {
		t.Run(name, func(t *testing.T) {
			l := sqliteLab(t)
			path := strings.TrimPrefix(l.url, "sqlite:")
			writeFile(t, path, text)
			log := &logtest.Buffer{}
			db := l.open(t, later(log))
			keepAll(t, db, beats(noon, 30*time.Second, 5)...)
			shut(t, db)
			aside, err := filepath.Glob(filepath.Dir(path) + "/*.damaged-*")
			if err != nil || len(aside) != 1 || readFile(t, aside[0]) != text {
				t.Fatalf("kept aside %q, %v", aside, err)
			}
			if !warns(db, aside[0]) || !strings.Contains(log.String(), "level=WARN") {
				t.Errorf("no warning: %q, log\n%s", db.Warnings(), log)
			}
			if got := records(t, l.open(t), history.Query{}); len(got) != 5 {
				t.Errorf("%d records are in the new file, want 5", len(got))
			}
		})
	}
}

// All pages except the schema's.
func damage(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	for at := int64(4096); at < info.Size(); at += 4096 {
		if _, err := f.WriteAt([]byte(strings.Repeat("\xff", 4096)), at); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFileThatIsDamagedMeanwhileIsPutAside(t *testing.T) {
	t.Parallel()
	l := sqliteLab(t)
	path := strings.TrimPrefix(l.url, "sqlite:")
	first := l.open(t)
	keepAll(t, first, beats(noon, 30*time.Second, 300)...)
	shut(t, first)
	damage(t, path)
	log := &logtest.Buffer{}
	db := l.open(t, later(log))
	push(t, db, beats(noon.Add(24*time.Hour), time.Second, 20)...)
	eventually(t, "a new file", func() bool {
		return warns(db, ".damaged-") && db.Place() != history.Memory && db.Flush(t.Context()) == nil
	})
	if got := records(t, db, history.Query{Limit: 1000}); len(got) != 20 {
		t.Errorf("%d records are kept, want 20\n%s", len(got), log)
	}
}

// Damage that only a reader meets counts too. Another program that reads the file does not rename it.
func TestDamageThatIsReadIsDamage(t *testing.T) {
	t.Parallel()
	for name, read := range map[string]func(*history.DB) error{
		"records": func(db *history.DB) error { _, err := db.Records(t.Context(), history.Query{}); return err },
		"points":  func(db *history.DB) error { _, err := db.Points(t.Context(), time.Time{}, time.Time{}, 0); return err },
		"each": func(db *history.DB) error {
			return db.Each(t.Context(), time.Time{}, time.Time{}, func(record.Record) error { return nil })
		},
		"events": func(db *history.DB) error { _, err := db.Events(t.Context(), time.Time{}, time.Time{}, 0); return err },
		"asked":  func(db *history.DB) error { _, err := db.Asked(t.Context()); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := sqliteLab(t)
			path := strings.TrimPrefix(l.url, "sqlite:")
			first := l.open(t)
			keepAll(t, first, beats(noon, 30*time.Second, 150)...)
			shut(t, first)
			log := &logtest.Buffer{}
			db := l.open(t, later(log))
			reader := l.open(t)
			damage(t, path)
			if read(db) == nil || read(reader) == nil {
				t.Fatal("the file is not damaged")
			}
			eventually(t, "a new file", func() bool { return warns(db, ".damaged-") && db.Place() != history.Memory })
			if err := read(db); err != nil {
				t.Errorf("the new file: %v", err)
			}
			eventually(t, "a warning in the log", func() bool { return strings.Contains(log.String(), "level=WARN") })
			if warnings := reader.Warnings(); len(warnings) > 0 {
				t.Errorf("the reader warns %q", warnings)
			}
			if aside, err := filepath.Glob(strings.ReplaceAll(filepath.Dir(path), "?", "[?]") + "/*.damaged-*Z"); err != nil || len(aside) != 1 {
				t.Errorf("kept aside %q, %v", aside, err)
			}
		})
	}
}

func TestADeletedFileIsToldOfAndReplaced(t *testing.T) {
	t.Parallel()
	l := sqliteLab(t)
	path := strings.TrimPrefix(l.url, "sqlite:")
	log := &logtest.Buffer{}
	db := l.open(t, later(log))
	all := beats(noon, 30*time.Second, 200)
	keepAll(t, db, all[:100]...)
	remember(t, db, remembered)
	for _, end := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(path + end)
	}
	eventually(t, "a warning", func() bool { return warns(db, "deleted") })
	eventually(t, "a warning in the log", func() bool { return strings.Contains(log.String(), "level=WARN") })
	keepAll(t, db, all[100:]...)
	shut(t, db)
	again := l.open(t)
	if got := records(t, again, history.Query{Limit: 1000}); !same(t, got, all) {
		t.Errorf("%d records are in the new file, want all 200", len(got))
	}
	if m, ok, err := again.Memory(t.Context()); !ok || err != nil || !reflect.DeepEqual(m, remembered) {
		t.Errorf("remembered %+v, %v, %v", m, ok, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the new file's mode is %v, %v", info.Mode(), err)
	}
}

// Waiting does not fix an invalid URL.
func TestAWrongURLIsRefusedAllTheSame(t *testing.T) {
	for _, url := range []string{"sqlite:", "sqlite://", "history.db", "mysql://h/d", "postgres://u:hunter2%@h/d"} {
		if db, err := history.Open(t.Context(), history.Options{URL: url, Later: true}); err == nil {
			shut(t, db)
			t.Errorf("%s was taken", url)
		}
	}
}
