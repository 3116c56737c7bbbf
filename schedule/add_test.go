package schedule_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot/rapidtest"
	"github.com/autoscalebot/autoscalebot/schedule"
)

func TestRowsAreAdded(t *testing.T) {
	for _, c := range []struct{ series, from, until, want string }{
		{"3", "2027-11-26 08:00", "2027-11-29 08:00", "0:00=3, 2027-11-26 8:00=10, 2027-11-27..2027-11-28 0:00=10, 2027-11-29 8:00=3"},
		{"3", "2027-11-26 08:00", "2027-11-26 20:00", "0:00=3, 2027-11-26 8:00=10, 2027-11-26 20:00=3"},
		{"3", "2027-11-26 00:00", "2027-11-27 00:00", "0:00=3, 2027-11-26 0:00=10, 2027-11-27 0:00=3"},
		{
			"0:00=2, 9:00=5, 17:00=2", "2027-11-26 12:00", "2027-11-27 12:00",
			"0:00=2, 9:00=5, 17:00=2, 2027-11-26 9:00=5, 2027-11-26 12:00=10, 2027-11-27 12:00=5, 2027-11-27 17:00=2",
		},
		{"10", "2027-11-26 08:00", "2027-11-26 20:00", "10"}, // as before,
	} {
		low, _, err := table(t, c.series, "20", "UTC").Add(schedule.Limits{Min: 10, Max: 20}, moment(t, c.from, time.UTC), moment(t, c.until, time.UTC))
		if err != nil || low.String() != c.want {
			t.Errorf("%s from %s until %s: %s, %v, want %s", c.series, c.from, c.until, low, err, c.want)
		}
	}
}

func TestRowsThatCannotBeAdded(t *testing.T) {
	begin := time.Date(2027, 11, 26, 8, 0, 0, 0, time.UTC)
	for series, want := range map[string]string{
		"0:00=2, 2027-11-26 8:00=5":                   "MIN_DYNOS: ",
		"cron(*/2 * * * *)=1, cron(1-59/2 * * * *)=2": "MIN_DYNOS: 961 rows would be necessary",
	} {
		_, _, err := table(t, series, "20", "UTC").Add(schedule.Limits{Min: 10, Max: 20}, begin, begin.Add(8*time.Hour))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", series, err, want)
		}
	}
}

// With the rows the limits are the new ones in the period, and as before at all other times.
func TestRowsThatAreAddedChangeOnlyTheirPeriod(t *testing.T) {
	const place = "Europe/Berlin"
	berlin := zone(t, place)
	tables := []schedule.Table{
		table(t, "3", "9", place),
		table(t, "0:00=2, 9:00=5, 17:00=2", "0:00=6, mon-fri 8:00=9", place),
		table(t, "mon 9:00=2, fri 17:00=1", "6:00=9, 22:00=6", place),
		table(t, "cron(0 9 * * MON-FRI)=2, 20:00=1", "9", place),
	}
	rapidtest.Check(t, func(r *rapid.T) {
		before := rapid.SampledFrom(tables).Draw(r, "table")
		from := time.Date(2027, 10, 25, 0, rapid.IntRange(0, 10*24*60).Draw(r, "from"), 0, 0, berlin)
		until := from.Add(time.Duration(rapid.IntRange(1, 5*24*60).Draw(r, "length")) * time.Minute)
		l := schedule.Limits{Min: rapid.IntRange(1, 5).Draw(r, "min"), Max: rapid.IntRange(6, 9).Draw(r, "max")}
		low, high, err := before.Add(l, from, until)
		if err != nil {
			r.Fatal(err)
		}
		after, err := schedule.New(low, high, berlin)
		if err != nil {
			r.Fatal(err)
		}
		for at := from.Add(-50 * time.Hour); at.Before(until.Add(50 * time.Hour)); at = at.Add(13 * time.Minute) {
			want := before.At(at)
			if inside := !at.Before(from) && at.Before(until); inside {
				want = l
			}
			// The hour that the clocks repeat is one hour to rows.
			repeated := at.In(berlin).Format("01-02 15") == "10-31 02" || at.Add(-time.Hour).In(berlin).Format("01-02 15") == "10-31 02"
			if got := after.At(at); got != want && !repeated {
				r.Fatalf("at %v: %v, want %v; %s; %s", at, got, want, low, high)
			}
		}
	})
}
