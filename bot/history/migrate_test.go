package history_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/history"
)

// testdata/version1.db was written by the first version of the schema, and testdata/version1.jsonl says what is in it.
func TestAHistoryOfAnEarlierVersionIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	writeFile(t, path, readFile(t, filepath.Join("testdata", "version1.db")))
	var want []bot.Record
	f, err := os.Open(filepath.Join("testdata", "version1.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var r bot.Record
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		want = append(want, r)
	}
	db := lab{url: "sqlite:" + path, stays: true}.open(t)
	if got := records(t, db, history.Query{}); len(want) == 0 || !same(t, got, want) {
		t.Errorf("%d records are there as they were, want %d", len(got), len(want))
	}
	total, seconds, dynoSeconds := 0, 0.0, 0.0
	for _, p := range points(t, db, time.Time{}, time.Time{}, 100).Points {
		total += p.Heartbeats
		seconds += p.Seconds
		dynoSeconds += p.DynoSeconds
	}
	if span := want[0].Time.Sub(want[len(want)-1].Time).Abs().Seconds(); seconds < 0.8*span || seconds > 1.2*span || dynoSeconds <= 0 {
		t.Errorf("the points are of %.0f s with %.0f dyno-seconds, want about the %.0f s from the first heartbeat to the last", seconds, dynoSeconds, span)
	}
	if total != len(want) {
		t.Errorf("the points count %d heartbeats, want %d", total, len(want))
	}
	if m, ok, err := db.Memory(t.Context()); !ok || err != nil || !reflect.DeepEqual(m, bot.Memory{State: bot.State{Begun: noon, Known: true, Dynos: 2}}) {
		t.Errorf("remembered %+v, %v, %v", m, ok, err)
	}
	if events, err := db.Events(t.Context(), time.Time{}, time.Time{}, 0); err != nil || len(events) != 1 || events[0].Reason != "somebody set 0 dynos" {
		t.Errorf("events %+v, %v", events, err)
	}
	keepAll(t, db, beats(noon.Add(24*time.Hour), time.Minute, 3)...)
}

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestTheSchemaGoesForwardOrNotAtAll(t *testing.T) {
	everywhere(t, func(t *testing.T, l lab) {
		if !l.stays {
			return // what is in memory has no earlier version
		}
		files := fstest.MapFS{"migrations/0001.sql": file("create table a (x bigint);\n\ninsert into a (x) values (1);\n")}
		if err := history.Migrate(t.Context(), l.url, files); err != nil {
			t.Fatal(err)
		}
		files["migrations/0002.sql"] = file("insert into a (x) values (2);\ninsert into none (x) values (3);\n")
		if err := history.Migrate(t.Context(), l.url, files); err == nil || !strings.Contains(err.Error(), "version 2 of the schema") {
			t.Errorf("a broken step gave %v", err)
		}
		// What the broken step had done is undone: a table of one row can be made unique.
		files["migrations/0002.sql"] = file("insert into a (x) values (2);\ncreate unique index b on a (x);\n")
		for range 2 {
			if err := history.Migrate(t.Context(), l.url, files); err != nil {
				t.Fatal(err)
			}
		}
		delete(files, "migrations/0002.sql")
		if err := history.Migrate(t.Context(), l.url, files); err == nil || !strings.Contains(err.Error(), "made by a newer autoscalebot") {
			t.Errorf("an older program gave %v", err)
		}
	})
}

func TestManyProgramsMayOpenANewPlaceAtOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, l lab) {
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() {
				db, err := history.Open(t.Context(), history.Options{URL: l.url, App: "forest", ProcessType: []string{"web", "worker"}[i%2]})
				if err == nil {
					err = errors.Join(db.Remember(bot.Memory{}), db.Close(t.Context()))
				}
				errs[i] = err
			})
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Error(err)
		}
	})
}
