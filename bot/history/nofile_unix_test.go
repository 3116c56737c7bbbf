//go:build unix

package history_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/logtest"
)

func TestWhatIsNoFileGivesWayToTheMemory(t *testing.T) {
	t.Parallel()
	for name, put := range map[string]func(path string) error{
		"a pipe":          func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"a folder":        func(path string) error { return os.Mkdir(path, 0o700) },
		"a device":        func(path string) error { return os.Symlink("/dev/null", path) },
		"a dangling link": func(path string) error { return os.Symlink("/nowhere/at/all", path) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "history.db")
			if err := put(path); err != nil {
				t.Skip(err)
			}
			l := lab{url: "sqlite:" + path, stays: true}
			db := l.open(t, later(&logtest.Buffer{}))
			if !warns(db, "kept in memory") || warns(db, "folder "+filepath.Dir(path)) {
				t.Errorf("warnings %q", db.Warnings())
			}
			push(t, db, beats(noon, time.Second, 1)[0])
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the file to be taken", func() bool { _ = db.Flush(t.Context()); return len(db.Warnings()) == 0 })
			if got := records(t, db, history.Query{}); len(got) != 1 {
				t.Errorf("%d records", len(got))
			}
		})
	}
}

func TestAFolderIsMadeWhenItCanBe(t *testing.T) {
	t.Parallel()
	disk := filepath.Join(t.TempDir(), "disk")
	folder := filepath.Join(disk, "state", "autoscalebot")
	writeFile(t, disk, "no folder can be made here yet")
	l := lab{url: "sqlite:" + filepath.Join(folder, "shop.db"), stays: true}
	db := l.open(t, later(&logtest.Buffer{}), func(o *history.Options) { o.Folder = folder })
	if !warns(db, "kept in memory") {
		t.Errorf("warnings %q", db.Warnings())
	}
	if err := os.Remove(disk); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the file to be taken", func() bool { return len(db.Warnings()) == 0 })
	if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v, %v", info, err)
	}
}
