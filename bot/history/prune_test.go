package history_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
)

// Short enough for a test.
var short = history.Retention{Raw: time.Hour, Minutes: 6 * time.Hour, Hours: 48 * time.Hour, Changes: 12 * time.Hour}

// A history in memory works with virtual time, so days pass quickly.
func TestWhatIsTooOldGoes(t *testing.T) {
	racetest.Long(t)
	synctest.Test(t, func(t *testing.T) {
		db := lab{url: "memory"}.open(t, func(o *history.Options) { o.Keep = short })
		begin := time.Now()
		for _, r := range beats(begin, 4*time.Minute, 3*360) { // 3 days
			if d := time.Until(r.Time); d > 0 {
				time.Sleep(d)
			}
			push(t, db, r)
			if r.Action == record.Scaled {
				if err := db.Notify(t.Context(), notify.Event{ID: r.Time.String(), Kind: notify.Scaled, Time: r.Time, App: "forest", ProcessType: "web"}); err != nil {
					t.Fatal(err)
				}
			}
		}
		time.Sleep(time.Minute)
		now := time.Now()
		// Pruning runs every ten minutes.
		within := func(name string, oldest time.Time, keep time.Duration) {
			t.Helper()
			if age := now.Sub(oldest); age < keep-time.Hour || age > keep+12*time.Minute {
				t.Errorf("the oldest %s is %v old, and is kept for %v", name, age, keep)
			}
		}
		all := records(t, db, history.Query{Limit: 10_000})
		held, changed := all[0], all[0]
		for _, r := range all {
			if held.Action == record.Scaled {
				held = r
			}
			if changed.Action != record.Scaled {
				changed = r
			}
		}
		within("record", held.Time, short.Raw)
		within("record of a change", changed.Time, short.Changes)
		events, err := db.Events(t.Context(), time.Time{}, time.Time{}, 10_000)
		if err != nil || len(events) == 0 {
			t.Fatal(events, err)
		}
		within("event", events[0].Time, short.Changes)

		reach, err := db.Reach(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		within("record that the reach names", reach.All, short.Raw)
		within("minute that the reach names", reach.Minutes, short.Minutes)
		within("hour that the reach names", reach.First.Add(time.Hour), short.Hours)
		if first := records(t, db, history.Query{Oldest: true, Limit: 2}); len(first) != 2 || !first[0].Time.Equal(all[0].Time) || !first[1].Time.Equal(all[1].Time) {
			t.Errorf("the oldest two are %v", first)
		}

		// Each period is shown at the resolution that is left.
		for _, c := range []struct {
			ago  time.Duration
			step time.Duration
		}{{30 * time.Minute, time.Second}, {2 * time.Hour, time.Minute}, {7 * time.Hour, time.Hour}, {47 * time.Hour, time.Hour}} {
			s := points(t, db, now.Add(-c.ago), now.Add(-c.ago+10*time.Minute), 1000)
			if s.Step != c.step || len(s.Points) == 0 {
				t.Errorf("%v ago: %d points of %v, want some of %v", c.ago, len(s.Points), s.Step, c.step)
			}
		}
		if s := points(t, db, begin, now.Add(-50*time.Hour), 1000); len(s.Points) > 0 {
			t.Errorf("there are still %d points of more than 50 hours ago", len(s.Points))
		}
		shut(t, db)
	})
}

func TestRecordsAreWrittenWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := lab{url: "memory"}.open(t)
		want := beats(time.Now(), time.Second, 1)
		push(t, db, want[0])
		if got := records(t, db, history.Query{}); len(got) != 0 {
			t.Error("the record was there at once, so this test shows nothing")
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := records(t, db, history.Query{}); !same(t, got, want) {
			t.Errorf("after a second %d records are there, want 1", len(got))
		}
		shut(t, db)
	})
}
