package history_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/record"
)

// testdata/version1.db has the first version of the schema, and testdata/version1.jsonl its records.
func TestAHistoryOfAnEarlierVersionIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	writeFile(t, path, readFile(t, filepath.Join("testdata", "version1.db")))
	var want []record.Record
	f, err := os.Open(filepath.Join("testdata", "version1.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var r record.Record
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
	if m, ok, err := db.Memory(t.Context()); !ok || err != nil || !reflect.DeepEqual(m, bot.Memory{State: decide.State{Begun: noon, Known: true, Dynos: 2}}) {
		t.Errorf("remembered %+v, %v, %v", m, ok, err)
	}
	if events, err := db.Events(t.Context(), time.Time{}, time.Time{}, 0); err != nil || len(events) != 1 || events[0].Reason != "somebody set 0 dynos" {
		t.Errorf("events %+v, %v", events, err)
	}
	keepAll(t, db, beats(noon.Add(24*time.Hour), time.Minute, 3)...)
}

// The first version contains enough to compute how long dynos ran, at any number and any interval.
func TestAnEarlierVersionsTimesAreThoseBetweenItsHeartbeats(t *testing.T) {
	racetest.Computes(t)
	onDisk(t, func(t *testing.T, l lab) {
		var all []record.Record
		for _, stretch := range []struct {
			after, interval time.Duration
			n               int
		}{{0, 30 * time.Second, 300}, {5 * time.Hour, 5 * time.Second, 900}, {9 * time.Hour, 7 * time.Minute, 40}} {
			all = append(all, beats(noon.Add(stretch.after), stretch.interval, stretch.n)...)
		}
		for i := range all[400:500] { // the app is switched off for a while
			all[400+i].Dynos, all[400+i].Action = 0, ""
		}
		db := l.open(t)
		keepAll(t, db, all...)
		want := map[int][]history.Point{}
		for _, most := range []int{20, 200, 2000, 50_000} { // points of an hour, of ten minutes, of a minute, and records
			want[most] = points(t, db, noon, noon.Add(14*time.Hour), most).Points
		}
		shut(t, db)
		l.do(t, toVersion1...)
		for range 2 {
			db = l.open(t)
			for most, want := range want {
				got := points(t, db, noon, noon.Add(14*time.Hour), most).Points
				if len(got) != len(want) {
					t.Fatalf("%d points of %d at most, want %d", len(got), most, len(want))
				}
				for i := range want {
					if !near(got[i], want[i]) {
						t.Fatalf("of %d at most, the point %d is %+v, want %+v", most, i, got[i], want[i])
					}
				}
			}
			shut(t, db)
		}
	})
}

// For old points without records, the times are right within a heartbeat.
func TestTheTimesOfAnEarlierVersionsOldPoints(t *testing.T) {
	racetest.Computes(t)
	onDisk(t, func(t *testing.T, l lab) {
		const interval = 30 * time.Second
		db := l.open(t)
		keepAll(t, db, append(beats(noon, interval, 300), beats(noon.Add(8*time.Hour), interval, 300)...)...)
		want := points(t, db, noon, noon.Add(14*time.Hour), 200).Points
		shut(t, db)
		l.do(t, append(toVersion1, `delete from autoscalebot_records`, fmt.Sprintf(`update autoscalebot_bots set raw_since = %d`, noon.Add(day).UnixNano()))...)
		got := points(t, l.open(t), noon, noon.Add(14*time.Hour), 200).Points
		for i := range want {
			if d := math.Abs(got[i].Seconds - want[i].Seconds); d > interval.Seconds() {
				t.Errorf("the point %d has %.0f s, want %.0f", i, got[i].Seconds, want[i].Seconds)
			}
		}
	})
}

// Columns of later versions of the schema.
var toVersion1 = []string{
	`alter table autoscalebot_points rename column no_data to blind`,
	`drop table autoscalebot_runners`,
	`alter table autoscalebot_records drop column seconds`,
	`alter table autoscalebot_points drop column seconds`,
	`alter table autoscalebot_points drop column max_dyno_seconds`,
	`delete from autoscalebot_schema where version > 1`,
}

func (l lab) do(t *testing.T, statements ...string) {
	t.Helper()
	db := l.raw(t)
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestTheSchemaGoesForwardOrNotAtAll(t *testing.T) {
	onDisk(t, func(t *testing.T, l lab) {
		files := fstest.MapFS{"migrations/0001.sql": file("create table a (x bigint);\n\ninsert into a (x) values (1);\n")}
		if err := history.Migrate(t.Context(), l.url, files); err != nil {
			t.Fatal(err)
		}
		files["migrations/0002.sql"] = file("insert into a (x) values (2);\ninsert into none (x) values (3);\n")
		if err := history.Migrate(t.Context(), l.url, files); err == nil || !strings.Contains(err.Error(), "version 2 of the schema") {
			t.Errorf("a broken step gave %v", err)
		}
		// The broken step is rolled back: a table with one row accepts a unique index.
		files["migrations/0002.sql"] = file("insert into a (x) values (2);\ncreate unique index b on a (x);\n")
		for range 2 {
			if err := history.Migrate(t.Context(), l.url, files); err != nil {
				t.Fatal(err)
			}
		}
		delete(files, "migrations/0002.sql")
		if err := history.Migrate(t.Context(), l.url, files); err == nil || !strings.Contains(err.Error(), "from a newer autoscalebot") {
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
