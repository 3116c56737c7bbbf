package history_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
)

// testdata/format1.db.gz is from version 0.1, with every kind of record. ../testdata has the records that it exported and
// the bots' memories.
func TestAHistoryOfFormat1IsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	writeFile(t, path, string(unzipped(t, "testdata/format1.db.gz")))
	exported := map[string][]record.Record{}
	var order []string
	for _, line := range bytes.Split(bytes.TrimSpace(unzipped(t, "../internal/format/testdata/format1.jsonl.gz")), []byte("\n")) {
		var r record.Record
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		if len(exported[r.ProcessType]) == 0 {
			order = append(order, r.ProcessType)
		}
		exported[r.ProcessType] = append(exported[r.ProcessType], r)
	}
	memories := bufio.NewScanner(bytes.NewReader(unzipped(t, "../internal/format/testdata/format1-memory.jsonl.gz")))
	memories.Buffer(nil, 1<<20)
	seen := map[notify.Kind]bool{}
	for _, processType := range order[:5] {
		db, err := history.Open(t.Context(), history.Options{URL: "sqlite:" + path, App: "forest", ProcessType: processType})
		if err != nil {
			t.Fatal(err)
		}
		want := exported[processType]
		got, err := db.Records(t.Context(), history.Query{Limit: 1000})
		if err != nil || !same(t, got, want) {
			t.Errorf("%s: %d records, want the %d that were exported, as they were; %v", processType, len(got), len(want), err)
		}
		for _, v := range []decide.Verdict{decide.OK, decide.NoData, decide.Slow} {
			of, err := db.Records(t.Context(), history.Query{Verdict: v, Limit: 1000})
			if n := count(want, func(r record.Record) bool { return r.Decision.Verdict == v }); err != nil || len(of) != n {
				t.Errorf("%s: %d records of the verdict %s, want %d, %v", processType, len(of), v, n, err)
			}
		}
		for _, rule := range []decide.Rule{decide.RuleOverride, decide.RuleLeftAlone, decide.RuleNoData} {
			of, err := db.Records(t.Context(), history.Query{Rule: rule, Limit: 1000})
			if n := count(want, func(r record.Record) bool { return r.Decision.Rule == rule }); err != nil || len(of) != n {
				t.Errorf("%s: %d records of the rule %s, want %d, %v", processType, len(of), rule, n, err)
			}
		}
		noData := 0
		for _, p := range points(t, db, time.Time{}, time.Time{}, 100).Points {
			noData += p.NoData
		}
		if n := count(want, func(r record.Record) bool { return r.Decision.Verdict == decide.NoData }); noData != n {
			t.Errorf("%s: the points count %d heartbeats without data, want %d", processType, noData, n)
		}
		var m bot.Memory
		if !memories.Scan() {
			t.Fatal("there are too few memories")
		}
		if err := json.Unmarshal(memories.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		if got, ok, err := db.Memory(t.Context()); !ok || err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("%s: remembered\n%+v, %v, %v, want\n%+v", processType, got, ok, err, m)
		}
		events, err := db.Events(t.Context(), time.Time{}, time.Time{}, 1000)
		if err != nil || len(events) == 0 {
			t.Errorf("%s: %d events, %v", processType, len(events), err)
		}
		for _, e := range events {
			seen[e.Kind] = true
			if e.Kind == "no_help" || e.Kind == "hands_off" || e.Kind == "ordered" {
				t.Errorf("%s: an event of the kind %q", processType, e.Kind)
			}
		}
		shut(t, db)
	}
	if !seen[notify.Override] || !seen[notify.LeftAlone] {
		t.Errorf("the events are of the kinds %v", seen)
	}
}

func count(records []record.Record, is func(record.Record) bool) (n int) {
	for _, r := range records {
		if is(r) {
			n++
		}
	}
	return n
}

func unzipped(t *testing.T, path string) []byte {
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
	text, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
