package format_test

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/internal/format"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
)

// Version 0.1 wrote testdata/format1.jsonl.gz and format1-memory.jsonl.gz. Their bots saw everything that the files
// contain. All of it is read, and written under its new name.
func TestFormat1IsReadWhole(t *testing.T) {
	for file, c := range map[string]struct {
		renamed format.Renaming
		read    func(text []byte) (any, error)
	}{
		"format1.jsonl.gz":        {format.OldRecord, func(text []byte) (any, error) { r := record.Record{}; err := json.Unmarshal(text, &r); return r, err }},
		"format1-memory.jsonl.gz": {format.OldMemory, func(text []byte) (any, error) { m := bot.Memory{}; err := json.Unmarshal(text, &m); return m, err }},
	} {
		used := map[string]bool{}
		lines := 0
		for _, line := range unzippedLines(t, "testdata/"+file) {
			lines++
			v, err := c.read([]byte(line))
			if err != nil {
				t.Fatalf("%s: %v: %s", file, err, line)
			}
			text, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			want, got := decoded(t, []byte(line)), decoded(t, text)
			paths("", want, used)
			want = withKinds(c.renamed.Apply("", want))
			if got.(map[string]any)["format"] != float64(format.Current) {
				t.Fatalf("%s: written again without the format: %s", file, text)
			}
			delete(got.(map[string]any), "format")
			delete(got.(map[string]any), "why") // it is derived from the rest
			delete(want.(map[string]any), "why")
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%s: was\n%s\nand is\n%s", file, line, text)
			}
		}
		if lines < 20 {
			t.Errorf("%s has %d lines", file, lines)
		}
		for path := range c.renamed.Keys() {
			if !used[path] && !slices.Contains(rare, path) {
				t.Errorf("nothing in %s has %s", file, path)
			}
		}
		for path, values := range c.renamed.Values() {
			for value := range values {
				if !used[path+"="+value] && !slices.Contains(rare, path) {
					t.Errorf("nothing in %s has %s %q", file, path, value)
				}
			}
		}
	}
}

func withKinds(v any) any {
	now := map[string]string{"no_help": "ineffective_scale_ups", "hands_off": "left_alone", "ordered": "override"}
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, inner := range v {
			if text, is := inner.(string); is && key == "type" {
				inner = cmp.Or(now[text], text)
			}
			out[cmp.Or(now[key], key)] = withKinds(inner)
		}
		return out
	case []any:
		for i := range v {
			v[i] = withKinds(v[i])
		}
	}
	return v
}

// rare names are covered by TestWhatIsRareIsRead.
var rare = []string{".beside.*.told", ".decision.load.stray", ".state.breaches.blind", ".state.weeks.foretold"}

func TestWhatIsRareIsRead(t *testing.T) {
	var r record.Record
	var m bot.Memory
	if err := json.Unmarshal([]byte(`{"decision":{"load":{"stray":0.25}}}`), &r); err != nil || r.Decision.Load.Outliers != 0.25 {
		t.Errorf("read %+v, %v", r.Decision.Load, err)
	}
	text := `{"beside":{"second_bot":{"since":"2026-01-01T00:00:00Z","told":"2026-01-02T00:00:00Z"}},` +
		`"untold":[{"event":{"type":"hands_off"}}],"state":{"breaches":[{"rule":"x","blind":3}],"weeks":{"foretold":5}}}`
	if err := json.Unmarshal([]byte(text), &m); err != nil || m.State.Breaches[0].NoData != 3 || m.State.Weeks.Predicted != 5 || m.Beside[notify.SecondBot].Notified.Day() != 2 ||
		m.Undelivered[0].Event.Kind != notify.LeftAlone {
		t.Errorf("read %+v, %v", m, err)
	}
}

// It collects the paths of all keys of a value, and the texts at them.
func paths(at string, v any, used map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			path := at + "." + key
			if strings.HasSuffix(at, ".incidents") || at == ".beside" {
				path = at + ".*"
			}
			used[path] = true
			paths(path, inner, used)
		}
	case []any:
		for _, inner := range v {
			paths(at, inner, used)
		}
	case string:
		used[at+"="+v] = true
	}
}

func TestAFormatThatIsNotKnownIsAnError(t *testing.T) {
	for _, text := range []string{`{"format":3}`, `{"app":"shop","format":3}`, `{"format":-1}`, `{"format":"2"}`, `[]`, `3`} {
		if err := json.Unmarshal([]byte(text), new(record.Record)); err == nil {
			t.Errorf("%s is read as a record", text)
		}
		if err := json.Unmarshal([]byte(text), new(bot.Memory)); err == nil {
			t.Errorf("%s is read as a memory", text)
		}
	}
}

// A name is translated only at the path that it has in format 1.
func TestOnlyOldNamesAreRenamed(t *testing.T) {
	text := `{"app":"order","process_type":"blind","readings":[{"signal":"wish","value":1,"unit":"hands off","outcome":"answered"}],` +
		`"decision":{"rule":"hold","verdict":"right","signals":[{"rule":"order","verdict":"blind","unit":"blind","wish":2}]},"error":"no help"}`
	var r record.Record
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	j := r.Decision.Signals[0]
	if r.App != "order" || r.ProcessType != "blind" || r.Readings[0].Signal != "wish" || r.Error != "no help" || j.Rule != "order" || j.Unit != "blind" {
		t.Errorf("read as %+v", r)
	}
	if r.Decision.Verdict != decide.OK || j.Verdict != decide.NoData || j.Desired != 2 {
		t.Errorf("decided %+v", r.Decision)
	}
}

// Whatever is read is written in a form that reads back equal.
func FuzzFormat(f *testing.F) {
	f.Add(`{"decision":{"wish":2,"rule":"order","verdict":"right"},"control":{"order":{"dynos":3,"until":"2026-01-01T00:00:00Z"}}}`)
	f.Add(`{"format":2,"decision":{"desired":2}}`)
	f.Add(`{"format":1}`)
	f.Add(`{"decision":[{"wish":1}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		var r record.Record
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			return
		}
		first, err := json.Marshal(r)
		if err != nil {
			return // a number that JSON cannot represent
		}
		var again record.Record
		if err := json.Unmarshal(first, &again); err != nil {
			t.Fatalf("%s: %v", first, err)
		}
		if second, err := json.Marshal(again); err != nil || string(second) != string(first) {
			t.Errorf("%s, and then %s, %v", first, second, err)
		}
	})
}

func decoded(t *testing.T, text []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func unzippedLines(t *testing.T, path string) (lines []string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zip, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text := bufio.NewScanner(zip)
	text.Buffer(nil, 1<<20)
	for text.Scan() {
		lines = append(lines, text.Text())
	}
	if err := text.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}
