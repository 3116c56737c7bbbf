package statefile_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/statefile"
)

var memory = bot.Memory{State: bot.State{
	Begun: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), Slow: 0b1011, Known: true, Dynos: 3,
	Control: bot.Control{Up: bot.Pause{On: true}},
}}

func open(t *testing.T, path string) (*statefile.File, bot.Memory) {
	t.Helper()
	f, m, aside, err := statefile.Open(path, "forest", "web")
	if err != nil || aside != "" {
		t.Fatalf("Open: %v, aside %q", err, aside)
	}
	return f, m
}

func TestWhatIsSavedIsThereAfterARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	f, m := open(t, path)
	if !reflect.DeepEqual(m, bot.Memory{}) {
		t.Errorf("a new file remembers %+v", m)
	}
	if err := f.Save(memory); err != nil {
		t.Fatal(err)
	}
	if _, m := open(t, path); !reflect.DeepEqual(m, memory) {
		t.Errorf("read %+v, want %+v", m, memory)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v, %v, want 0600", info.Mode(), err)
	}
	if left, _ := filepath.Glob(path + ".*"); len(left) > 0 {
		t.Errorf("left %v behind", left)
	}
}

func TestWhatCannotBeUnderstoodIsKeptAside(t *testing.T) {
	for _, text := range []string{"", "{", "garbage", `{"format":2}`, `{"format":1,"memory":{"state":{"slow":"x"}}}`, `[]`} {
		path := filepath.Join(t.TempDir(), "state.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, m, aside, err := statefile.Open(path, "forest", "web")
		if err != nil || aside != path+".unreadable" || !reflect.DeepEqual(m, bot.Memory{}) {
			t.Errorf("%q: %+v, aside %q, %v", text, m, aside, err)
			continue
		}
		if kept, err := os.ReadFile(aside); err != nil || string(kept) != text {
			t.Errorf("%q: kept aside %q, %v", text, kept, err)
		}
	}
}

func TestErrorsSpeak(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state.json")
	open(t, path)
	_, _, _, err := statefile.Open(path, "meadow", "web")
	if err == nil || !strings.Contains(err.Error(), "is the state of web of forest, not of web of meadow; give each bot a file of its own") {
		t.Errorf("another app's file: %v", err)
	}
	if _, _, _, err := statefile.Open(filepath.Join(dir, "no", "such", "folder"), "forest", "web"); err == nil {
		t.Error("a folder that does not exist was accepted")
	}
	if _, _, _, err := statefile.Open(dir, "forest", "web"); err == nil {
		t.Error("a folder was accepted as a file")
	}
}

// Any content is either understood or kept aside, and never a crash.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(`{"format":1,"app":"forest","process_type":"web","memory":{"state":{"slow":3},"told":{"calm":{"ping":1}}}}`))
	f.Add([]byte(`{"format":1,"app":"other"}`))
	f.Add([]byte("\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "state.json")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		file, m, _, err := statefile.Open(path, "forest", "web")
		if err != nil {
			return // another app's
		}
		if err := file.Save(m); err != nil {
			t.Errorf("what was read cannot be written: %v", err)
		}
	})
}
