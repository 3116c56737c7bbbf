package history_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
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

var paused = bot.Memory{State: decide.State{Dynos: 2, Known: true, Control: decide.Control{Up: decide.Pause{On: true, By: "ann"}}}}

// It counts the recalls.
func recalls(t *testing.T, db *history.DB) (times func() int) {
	calls := make(chan bot.Memory, 10)
	db.RecallTo(func(m bot.Memory) {
		merged := remembered
		merged.State.Control = m.State.Control
		if err := db.Remember(merged); err != nil {
			t.Error(err)
		}
		calls <- m
	})
	return func() int { return len(calls) }
}

// A folder blocks the file's path until fix is called.
func hide(t *testing.T, path string) (fix func()) {
	t.Helper()
	move := func(from, to string) {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	move(path, path+".hidden")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		move(path+".hidden", path)
	}
}

func wantMerged(t *testing.T, l lab, all []record.Record) {
	t.Helper()
	again := l.open(t)
	m, ok, err := again.Memory(t.Context())
	if err != nil || !ok || !m.State.Control.Up.On || m.State.Dynos != remembered.State.Dynos {
		t.Errorf("the file holds the memory %+v, %v, %v; want both merged", m, ok, err)
	}
	if got := records(t, again, history.Query{Limit: 1000}); len(got) != len(all) {
		t.Errorf("%d records are in the file, want %d", len(got), len(all))
	}
}

// A memory in a file that is unreadable at the start is not lost: once the file is usable, the bot gets the memory
// before it is overwritten, and only once.
func TestAMemoryThatCannotBeReadIsRecalled(t *testing.T) {
	t.Parallel()
	for _, registered := range []bool{true, false} {
		t.Run(fmt.Sprintf("registered=%v", registered), func(t *testing.T) {
			t.Parallel()
			l := sqliteLab(t)
			path := strings.TrimPrefix(l.url, "sqlite:")
			l.pause(t)
			fix := hide(t, path)
			db := l.open(t, later(&logtest.Buffer{}))
			if _, ok, err := db.Memory(t.Context()); ok || err != nil {
				t.Fatalf("the memory can be read after all: %v, %v", ok, err)
			}
			var times func() int
			if registered {
				times = recalls(t, db)
				remember(t, db, remembered)
			}
			all := beats(noon, 30*time.Second, 20)
			keepAll(t, db, all...)
			fix()
			eventually(t, "the file", func() bool { return db.Place() != history.Memory })
			if !registered {
				times = recalls(t, db)
			}
			if n := times(); n != 1 {
				t.Errorf("it was recalled %d times", n)
			}
			shut(t, db)
			wantMerged(t, l, all)
		})
	}
}

// A memory that was read from a locked file is not delivered again. A bot that ends before the file is usable does not
// change it.
func TestAMemoryThatWasReadIsNotRecalled(t *testing.T) {
	t.Parallel()
	l := sqliteLab(t)
	l.pause(t)
	raw := l.raw(t)
	raw.SetMaxOpenConns(1)
	for _, statement := range []string{"pragma journal_mode=delete", "begin exclusive"} {
		if _, err := raw.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	db := l.open(t, later(&logtest.Buffer{}))
	if m, ok, err := db.Memory(t.Context()); !ok || err != nil || !reflect.DeepEqual(m, paused) {
		t.Fatalf("remembered %+v, %v, %v", m, ok, err)
	}
	times := recalls(t, db)
	if _, err := raw.ExecContext(t.Context(), "rollback"); err != nil {
		t.Fatal(err)
	}
	raw.Close()
	eventually(t, "the file", func() bool { return db.Place() != history.Memory })
	if times() != 0 {
		t.Error("it was recalled although it was known")
	}
}

func TestTheMemoryOfADamagedFileIsSaved(t *testing.T) {
	t.Parallel()
	l := sqliteLab(t)
	path := strings.TrimPrefix(l.url, "sqlite:")
	l.pause(t)
	raw := l.raw(t)
	var page, size int64
	err := raw.QueryRowContext(t.Context(), `select rootpage, (select page_size from pragma_page_size) from sqlite_schema
		where name = 'autoscalebot_schema'`).Scan(&page, &size)
	if err != nil {
		t.Fatal(err)
	}
	raw.Close()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(bytes.Repeat([]byte{0xff}, int(size)), (page-1)*size); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if _, err := history.Open(t.Context(), history.Options{URL: l.url, App: "forest", ProcessType: "web"}); err == nil {
		t.Fatal("the file is not damaged")
	}
	db := l.open(t, later(&logtest.Buffer{}))
	if !warns(db, path+".damaged-") {
		t.Errorf("no warning: %q", db.Warnings())
	}
	if m, ok, err := db.Memory(t.Context()); !ok || err != nil || !reflect.DeepEqual(m, paused) {
		t.Errorf("remembered %+v, %v, %v", m, ok, err)
	}
}

func TestAMemoryWhoseReadingFailsIsRecalled(t *testing.T) {
	t.Parallel()
	onDisk(t, func(t *testing.T, l lab) {
		l.pause(t)
		db := l.open(t, later(&logtest.Buffer{}))
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := db.Memory(ended); err == nil {
			t.Fatal("it was read")
		}
		times := recalls(t, db)
		remember(t, db, remembered)
		keepAll(t, db)
		if n := times(); n != 1 {
			t.Errorf("it was recalled %d times", n)
		}
		shut(t, db)
		wantMerged(t, l, nil)
	})
}
