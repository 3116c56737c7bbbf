package experiment_test

import (
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/bot/sim/experiment"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// Two weeks that are slow on weekdays from nine to half past ten, when four dynos are needed, and at three in the
// night, when one is enough.
func TestRowsStandWhereMostDaysWereSlow(t *testing.T) {
	monday := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	var r sim.Result
	for i := range 14 * 24 * 60 {
		at := monday.Add(time.Duration(i) * time.Minute)
		m := sim.Minute{Requests: 100, Needed: 1}
		if d := at.Weekday(); d != time.Saturday && d != time.Sunday && at.Hour()*60+at.Minute() >= 540 && at.Hour()*60+at.Minute() < 630 {
			m.Slow, m.Needed = 50, 4
		}
		if at.Hour() == 3 { // slow for another reason than too few dynos
			m.Slow = 50
		}
		r.Minutes = append(r.Minutes, m)
	}
	rows := experiment.Rows(monday, time.UTC, r, 1)
	if len(rows) != 1 || rows[0].String() != "weekdays from 8:30 to 10:30, minimum 4" {
		t.Fatalf("the rows are %v", rows)
	}
	series, err := schedule.Parse(experiment.Table(1, rows))
	if err != nil {
		t.Fatal(err)
	}
	table, err := schedule.New(series, schedule.Fixed(9), time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[time.Duration]int{8 * time.Hour: 1, 9 * time.Hour: 4, 11 * time.Hour: 1, 5*24*time.Hour + 9*time.Hour: 1} {
		if got := table.At(monday.Add(at)).Min; got != want {
			t.Errorf("the minimum %v after the beginning of the week is %d, want %d", at, got, want)
		}
	}
	was, is := experiment.Score{Hours: 84, SlowMinutes: 10, Dollars: 1}, experiment.Score{Hours: 84, SlowMinutes: 4, Dollars: 1.45}
	got := experiment.Judge(rows[0].String(), nil, was, is, 0.1)
	if want := "weekdays from 8:30 to 10:30, minimum 4: 12 fewer slow minutes, $0.90 more a week"; got.String() != want || got.Saved < 0.29 || got.Saved > 0.31 {
		t.Errorf("it says %q and saves %g, want %q", got, got.Saved, want)
	}
	if text := experiment.Paste([]string{"MIN_DYNOS=0:00=1, 9:00=2", "INCREMENT=2"}); !strings.Contains(text, "MIN_DYNOS='0:00=1, 9:00=2'\n") || !strings.Contains(text, "INCREMENT=2\n") {
		t.Errorf("to paste: %s", text)
	}
}
