package history_test

import (
	"errors"
	"iter"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/record"
)

func given(records []record.Record, err error) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
		if err != nil {
			yield(record.Record{}, err)
		}
	}
}

func exported(t testing.TB, db *history.DB, from, to time.Time) (out []record.Record) {
	t.Helper()
	err := db.Each(t.Context(), from, to, func(r record.Record) error {
		out = append(out, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAHistoryGoesFromOnePlaceToAnother(t *testing.T) {
	racetest.Long(t)
	everywhere(t, func(t *testing.T, l lab) {
		source, target := lab{url: "memory"}.open(t), l.open(t)
		all := beats(noon, 30*time.Second, 703)
		keepAll(t, source, all...)
		out := exported(t, source, time.Time{}, time.Time{})
		if !same(t, out, all) {
			t.Fatalf("%d records were exported of %d", len(out), len(all))
		}
		for _, c := range []struct{ part, want []record.Record }{{out[:300], out[:300]}, {out, out[300:]}, {out, nil}} {
			if n, err := target.Import(t.Context(), given(c.part, nil)); n != len(c.want) || err != nil {
				t.Errorf("importing %d records took in %d, %v, want %d", len(c.part), n, err, len(c.want))
			}
		}
		if got := exported(t, target, time.Time{}, time.Time{}); !same(t, got, all) {
			t.Errorf("%d records are there, want %d", len(got), len(all))
		}
		if got := exported(t, target, all[10].Time, all[600].Time); !same(t, got, all[10:600]) {
			t.Errorf("%d records are there of a part, want 590", len(got))
		}
		for _, step := range []time.Duration{time.Minute, 10 * time.Minute, time.Hour} {
			var got []history.Point
			err := target.EachPoint(t.Context(), time.Time{}, time.Time{}, step, func(p history.Point) error {
				got = append(got, p)
				return nil
			})
			want := points(t, source, noon, noon.Add(12*time.Hour), int(12*time.Hour/step))
			if err != nil || want.Step != step || !slices.EqualFunc(got, want.Points, near) {
				t.Errorf("the points of %v are %d, %v, and %d in what they were exported from", step, len(got), err, len(want.Points))
			}
		}
	})
}

func TestAnImportKeepsEachBotsRecordsApart(t *testing.T) {
	l := sqliteLab(t)
	web, worker := l.open(t), l.open(t, func(o *history.Options) { o.ProcessType = "worker" })
	mixed := beats(noon, time.Minute, 20)
	for i := range mixed {
		if i%2 == 1 {
			mixed[i].ProcessType = "worker"
		}
	}
	if n, err := web.Import(t.Context(), given(mixed, nil)); n != 20 || err != nil {
		t.Errorf("took in %d, %v", n, err)
	}
	for _, db := range []*history.DB{web, worker} {
		if got := exported(t, db, time.Time{}, time.Time{}); len(got) != 10 {
			t.Errorf("%d records of one bot are there, want 10", len(got))
		}
	}
}

func TestAnImportEndsAtTheFirstError(t *testing.T) {
	db := lab{url: "memory"}.open(t)
	broken := errors.New("line 4 is not a record")
	if n, err := db.Import(t.Context(), given(beats(noon, time.Minute, 3), broken)); n != 0 || err != broken {
		t.Errorf("took in %d, %v", n, err)
	}
	stop := errors.New("enough")
	keepAll(t, db, beats(noon, time.Minute, 3)...)
	if err := db.Each(t.Context(), time.Time{}, time.Time{}, func(record.Record) error { return stop }); err != stop {
		t.Errorf("Each returned %v", err)
	}
	if err := db.EachPoint(t.Context(), time.Time{}, time.Time{}, time.Minute, func(history.Point) error { return stop }); err != stop {
		t.Errorf("EachPoint returned %v", err)
	}
	if err := db.EachPoint(t.Context(), time.Time{}, time.Time{}, time.Second, nil); err == nil {
		t.Error("EachPoint took a step of a second")
	}
}

func TestAnImportOfOldRecordsCountsThemOnce(t *testing.T) {
	racetest.Computes(t)
	synctest.Test(t, func(t *testing.T) {
		db := lab{url: "memory"}.open(t, func(o *history.Options) { o.Keep = short })
		all := beats(time.Now().Add(-5*time.Hour), 30*time.Second, 600)
		for want := range slices.Values([]int{600, 0}) {
			n, err := db.Import(t.Context(), given(all, nil))
			if err != nil || n > want || want > 0 && n != want {
				t.Errorf("took in %d, %v, want %d", n, err, want)
			}
			time.Sleep(15 * time.Minute)
			if left := exported(t, db, time.Time{}, time.Time{}); len(left) > 300 {
				t.Errorf("%d records are left, so nothing was removed", len(left))
			}
			total := 0
			for _, p := range points(t, db, time.Time{}, time.Time{}, 100).Points {
				total += p.Heartbeats
			}
			if total != 600 {
				t.Errorf("the points count %d heartbeats, want 600", total)
			}
		}
		// Imported records of a pruned time are pruned too.
		older := beats(time.Now().Add(-9*time.Hour), 30*time.Second, 100)
		if n, err := db.Import(t.Context(), given(older, nil)); n != 100 || err != nil {
			t.Errorf("took in %d, %v, want 100", n, err)
		}
		time.Sleep(15 * time.Minute)
		for _, r := range exported(t, db, time.Time{}, older[99].Time.Add(1)) {
			if r.Action != record.Scaled {
				t.Errorf("the record of %v is still there", r.Time)
				break
			}
		}
		shut(t, db)
	})
}
