package statefile_test

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
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/statefile"
)

var memory = bot.Memory{State: decide.State{
	Begun: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), RunState: decide.RunState{Slow: 0b1011}, Known: true, Dynos: 3,
	Control: decide.Control{Up: decide.Pause{On: true}},
}}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, path string) (*statefile.File, bot.Memory) {
	t.Helper()
	f, m, err := statefile.Open(path, "forest", "web", slog.New(slog.DiscardHandler))
	if err != nil || len(f.Warnings()) > 0 {
		t.Fatalf("Open: %v, warnings %q", err, f.Warnings())
	}
	return f, m
}

func TestWhatIsSavedIsThereAfterARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	f, m := open(t, path)
	if !reflect.DeepEqual(m, bot.Memory{}) {
		t.Errorf("a new file remembers %+v", m)
	}
	must(t, f.Save(memory))
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

// Version 0.1 wrote testdata/format1.json, with an override of 3 dynos.
func TestAFileOfFormat1IsReadAndWrittenAsFormat2(t *testing.T) {
	text, err := os.ReadFile("testdata/format1.json")
	must(t, err)
	path := filepath.Join(t.TempDir(), "state.json")
	must(t, os.WriteFile(path, text, 0o600))
	f, m := open(t, path)
	if o := m.State.Control.Override; o.Dynos != 3 || o.Until.Year() != 2027 || m.State.Dynos != 3 || len(m.Notified.Incidents) != 1 {
		t.Errorf("read %+v", m)
	}
	must(t, f.Save(m))
	if _, again := open(t, path); !reflect.DeepEqual(again, m) {
		t.Errorf("read again as %+v, want %+v", again, m)
	}
	if text, err := os.ReadFile(path); err != nil || strings.Count(string(text), `"format": 2`) != 2 {
		t.Errorf("written as %s, %v", text, err)
	}
}

func TestWhatCannotBeUnderstoodIsKeptAside(t *testing.T) {
	for _, text := range []string{"", "{", "garbage", `{"format":3}`, `{"format":0}`, `{"format":2,"memory":{"format":3}}`, `{"format":1,"memory":{"state":{"slow":"x"}}}`, `[]`} {
		path := filepath.Join(t.TempDir(), "state.json")
		must(t, os.WriteFile(path, []byte(text), 0o600))
		f, m, err := statefile.Open(path, "forest", "web", slog.New(slog.DiscardHandler))
		aside := path + ".unreadable"
		if err != nil || !strings.Contains(strings.Join(f.Warnings(), ""), aside) || !reflect.DeepEqual(m, bot.Memory{}) {
			t.Errorf("%q: %+v, warnings %q, %v", text, m, f.Warnings(), err)
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
	_, _, err := statefile.Open(path, "meadow", "web", slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "is the state of web of forest, not of web of meadow. Use one file for each bot") {
		t.Errorf("another app's file: %v", err)
	}
}

// A failed write is reported once, and repeated until it succeeds.
func TestAFileThatCannotBeWrittenIsTriedAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not yet")
	path := filepath.Join(dir, "state.json")
	var log strings.Builder
	f, m, err := statefile.Open(path, "forest", "web", slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil || !reflect.DeepEqual(m, bot.Memory{}) {
		t.Fatalf("Open: %+v, %v", m, err)
	}
	for range 3 {
		if err := f.Save(memory); err != nil {
			t.Error(err)
		}
	}
	if len(f.Warnings()) != 1 || strings.Count(log.String(), "level=WARN") != 1 {
		t.Errorf("warnings %q, log\n%s", f.Warnings(), log.String())
	}
	must(t, os.Mkdir(dir, 0o700))
	if err := f.Save(memory); err != nil || len(f.Warnings()) > 0 || strings.Count(log.String(), "level=WARN") != 2 {
		t.Errorf("once it can be written: %v, warnings %q, log\n%s", err, f.Warnings(), log.String())
	}
	if _, m := open(t, path); !reflect.DeepEqual(m, memory) {
		t.Errorf("read %+v, want %+v", m, memory)
	}
}

func TestADeletedFileIsWrittenAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	f, _ := open(t, path)
	for range 2 {
		must(t, f.Save(memory))
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Save(memory); err != nil || len(f.Warnings()) != 2 {
		t.Errorf("%v, warnings %q", err, f.Warnings())
	}
	if _, m := open(t, path); !reflect.DeepEqual(m, memory) {
		t.Errorf("read %+v, want %+v", m, memory)
	}
}

func TestNothingThatWasKeptAsideIsLost(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	for _, text := range []string{"one", "two", "three"} {
		must(t, os.WriteFile(path, []byte(text), 0o600))
		if _, _, err := statefile.Open(path, "forest", "web", slog.New(slog.DiscardHandler)); err != nil {
			t.Fatal(err)
		}
	}
	if kept, err := filepath.Glob(path + ".unreadable*"); err != nil || len(kept) != 3 {
		t.Errorf("kept %q, %v, want three files", kept, err)
	}
}

func TestAFolderIsNoStateFile(t *testing.T) {
	f, _, err := statefile.Open(t.TempDir(), "forest", "web", slog.New(slog.DiscardHandler))
	if err != nil || len(f.Warnings()) != 1 {
		t.Errorf("%v, warnings %q", err, f.Warnings())
	}
}

// Any content is either valid or put aside, and never causes a crash.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(`{"format":1,"app":"forest","process_type":"web","memory":{"state":{"slow":3},"told":{"calm":{"ping":1}}}}`))
	f.Add([]byte(`{"format":1,"app":"other"}`))
	f.Add([]byte("\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "state.json")
		must(t, os.WriteFile(path, text, 0o600))
		file, m, err := statefile.Open(path, "forest", "web", slog.New(slog.DiscardHandler))
		if err != nil {
			return // the state of another app
		}
		if err := file.Save(m); err != nil {
			t.Errorf("what was read cannot be written: %v", err)
		}
	})
}
