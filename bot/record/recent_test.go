package record_test

import (
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/record"
)

func TestRecentKeepsTheNewest(t *testing.T) {
	rc, now := record.NewRecent(3), noon
	if got := rc.Last(5); len(got) != 0 {
		t.Errorf("an empty one has %d records", len(got))
	}
	for i := range 7 {
		now = now.Add(30 * time.Second)
		if err := rc.Record(t.Context(), record.Record{Time: now}); err != nil {
			t.Fatal(err)
		}
		got := rc.Last(2)
		if want := min(i+1, 2); len(got) != want || !got[len(got)-1].Time.Equal(now) {
			t.Errorf("after %d records the last 2 are %d, up to %v", i+1, len(got), got[len(got)-1].Time)
		}
	}
	if got := rc.Last(99); len(got) != 3 || !got[0].Time.Equal(now.Add(-time.Minute)) {
		t.Errorf("it keeps %d records from %v", len(got), got[0].Time)
	}
}
