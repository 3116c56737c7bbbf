package statefile_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/statefile"
)

type word struct{ Text string }

func TestANoteIsThereAfterARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	n := statefile.Beside[[]word](path, "words")
	if got, err := n.Load(); err != nil || got != nil {
		t.Errorf("there is no note yet: %v, %v", got, err)
	}
	for _, want := range [][]word{{{"a"}, {"b"}}, {{"c"}}} {
		must(t, n.Save(want))
		if got, err := statefile.Beside[[]word](path, "words").Load(); err != nil || !slices.Equal(got, want) {
			t.Errorf("read %v, %v, want %v", got, err, want)
		}
	}
	if info, err := os.Stat(path + ".words"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the note's file: %v, %v, want the mode 0600", info, err)
	}
	if files, _ := filepath.Glob(path + "*"); len(files) != 1 {
		t.Errorf("there are %v, want the note alone", files)
	}
}

func TestANoteThatCannotBeUnderstoodIsBegunAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	n := statefile.Beside[[]word](path, "words")
	for _, text := range []string{"", "garbage", `{"Text":"a"}`, `[{"Text":"a"},{"Text":1}]`, `[{"Text":"a"}`} {
		must(t, os.WriteFile(path+".words", []byte(text), 0o600))
		if got, err := n.Load(); got != nil || err == nil || !strings.HasPrefix(err.Error(), "read "+path+".words: ") {
			t.Errorf("%q was read as %v, %v", text, got, err)
		}
		if err := n.Save([]word{{"new"}}); err != nil {
			t.Error(err)
		}
		if got, err := n.Load(); err != nil || len(got) != 1 {
			t.Errorf("begun anew: %v, %v", got, err)
		}
	}
}

func TestANoteThatCannotBeWrittenIsAnError(t *testing.T) {
	n := statefile.Beside[[]word](filepath.Join(t.TempDir(), "no", "state.json"), "words")
	if err := n.Save(nil); err == nil || !strings.HasPrefix(err.Error(), "write ") {
		t.Errorf("Save = %v", err)
	}
}

// Any content is either valid, and survives a Save, or an error with the zero value.
func FuzzNote(f *testing.F) {
	f.Add([]byte(`[{"Text":"a"},{"text":"b","other":1}]`))
	f.Add([]byte(`[1]`))
	f.Add([]byte("\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "state.json")
		must(t, os.WriteFile(path+".words", text, 0o600))
		n := statefile.Beside[[]word](path, "words")
		got, err := n.Load()
		if err != nil && got != nil {
			t.Errorf("an error, and yet %v", got)
		}
		must(t, n.Save(got))
		if again, err := n.Load(); err != nil || !slices.Equal(again, got) {
			t.Errorf("%v was written, and %v read, %v", got, again, err)
		}
	})
}
