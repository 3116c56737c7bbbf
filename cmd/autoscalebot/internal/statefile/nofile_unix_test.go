//go:build unix

package statefile_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/statefile"
)

// A pipe, a folder or a device at the path is neither opened nor replaced nor renamed. A file that replaces it is used.
func TestWhatIsNoFileIsLeftAlone(t *testing.T) {
	for name, put := range map[string]func(path string) error{
		"a pipe":       func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"a folder":     func(path string) error { return os.Mkdir(path, 0o700) },
		"a device":     func(path string) error { return os.Symlink("/dev/null", path) },
		"not readable": func(path string) error { return os.Symlink("/proc/self/mem", path) }, // unreadable even for root
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "state.json")
			if err := put(path); err != nil {
				t.Skip(err)
			}
			was, err := os.Lstat(path)
			must(t, err)
			var log strings.Builder
			f, m, err := statefile.Open(path, "forest", "web", slog.New(slog.NewTextHandler(&log, nil)))
			if err != nil || !reflect.DeepEqual(m, bot.Memory{}) || len(f.Warnings()) != 1 || strings.Count(log.String(), "level=WARN") != 1 {
				t.Fatalf("%+v, %v, log\n%s", m, err, log.String())
			}
			recalled := make(chan bot.Memory, 1)
			f.RecallTo(func(m bot.Memory) { recalled <- m })
			must(t, f.Save(bot.Memory{State: decide.State{Dynos: 5}}))
			if is, err := os.Lstat(path); err != nil || is.Mode() != was.Mode() || !os.SameFile(is, was) {
				t.Errorf("%v was replaced by %v, %v", was.Mode(), is, err)
			}
			if all, err := os.ReadDir(dir); err != nil || len(all) != 1 {
				t.Errorf("there are %v, %v", all, err)
			}
			must(t, os.Remove(path))
			earlier, _ := open(t, path)
			must(t, earlier.Save(bot.Memory{State: decide.State{Dynos: 3}}))
			if err := f.Save(bot.Memory{State: decide.State{Dynos: 6}}); err != nil {
				t.Fatal(err)
			}
			select {
			case m := <-recalled:
				if m.State.Dynos != 3 {
					t.Errorf("recalled %+v", m)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("nothing was recalled")
			}
			if err := f.Save(bot.Memory{State: decide.State{Dynos: 7}}); err != nil || len(f.Warnings()) > 0 {
				t.Errorf("%v, warnings %q", err, f.Warnings())
			}
		})
	}
}
