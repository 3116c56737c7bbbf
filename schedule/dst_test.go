package schedule_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/schedule"
)

// The rows count upwards through the day, so that a step back would show.
const counting = "0:00=1, 0:15=2, 0:45=3, 1:15=4, 1:45=5, 2:15=6, 2:45=7, 3:15=8, 22:45=9, 23:15=10, 23:45=11"

// Both days of change in zones with all kinds of change, minute by minute: UTC, local time, and the number that begins.
func TestChangesOfTheClock(t *testing.T) {
	for _, tt := range []struct {
		name, zone, from string
		hours            int
		want             string
	}{
		{
			"spring in the north: the gap's rows begin at 3:00", "America/New_York", "2026-03-08 00:50", 4, `
			06:15 01:15=4
			06:45 01:45=5
			07:00 03:00=7
			07:15 03:15=8`,
		},
		{
			"autumn in the north: the second pass holds", "America/New_York", "2026-11-01 00:50", 5, `
			05:15 01:15=4
			05:45 01:45=5
			07:15 02:15=6
			07:45 02:45=7
			08:15 03:15=8`,
		},
		{
			"spring in Europe", "Europe/Berlin", "2026-03-29 01:00", 3, `
			00:15 01:15=4
			00:45 01:45=5
			01:00 03:00=7
			01:15 03:15=8`,
		},
		{
			"autumn in Europe", "Europe/Berlin", "2026-10-25 01:00", 5, `
			23:15 01:15=4
			23:45 01:45=5
			00:15 02:15=6
			00:45 02:45=7
			02:15 03:15=8`,
		},
		{
			"spring in the south, in September: midnight is missing", "America/Santiago", "2026-09-05 22:50", 2, `
			03:15 23:15=10
			03:45 23:45=11
			04:00 01:00=3
			04:15 01:15=4
			04:45 01:45=5`,
		},
		{
			"autumn in the south, in April: midnight falls back to Saturday", "America/Santiago", "2026-04-04 22:50", 4, `
			02:15 23:15=10
			02:45 23:45=11
			04:00 00:00=1
			04:15 00:15=2
			04:45 00:45=3
			05:15 01:15=4
			05:45 01:45=5`,
		},
		{
			"Sao Paulo loses midnight", "America/Sao_Paulo", "2018-11-03 22:50", 2, `
			02:15 23:15=10
			02:45 23:45=11
			03:00 01:00=3
			03:15 01:15=4
			03:45 01:45=5`,
		},
		{
			"Sao Paulo lives 23:00 twice", "America/Sao_Paulo", "2018-02-17 22:50", 3, `
			01:15 23:15=10
			01:45 23:45=11
			03:00 00:00=1
			03:15 00:15=2
			03:45 00:45=3`,
		},
		{
			"Beirut loses midnight", "Asia/Beirut", "2026-03-28 23:00", 2, `
			21:15 23:15=10
			21:45 23:45=11
			22:00 01:00=3
			22:15 01:15=4
			22:45 01:45=5`,
		},
		{
			"Havana falls back to midnight of the same day", "America/Havana", "2026-10-31 23:20", 4, `
			03:45 23:45=11
			04:00 00:00=1
			04:15 00:15=2
			04:45 00:45=3
			06:15 01:15=4
			06:45 01:45=5
			07:15 02:15=6`,
		},
		{
			"Lord Howe leaps by half an hour", "Australia/Lord_Howe", "2026-10-04 01:20", 2, `
			15:15 01:45=5
			15:30 02:30=6
			15:45 02:45=7
			16:15 03:15=8`,
		},
		{
			"Lord Howe falls back by half an hour", "Australia/Lord_Howe", "2026-04-05 01:00", 3, `
			14:15 01:15=4
			14:45 01:45=5
			15:45 02:15=6
			16:15 02:45=7
			16:45 03:15=8`,
		},
		{
			"Apia skips a Friday", "Pacific/Apia", "2011-12-29 23:00", 2, `
			09:15 23:15=10
			09:45 23:45=11
			10:00 00:00=1
			10:15 00:15=2
			10:45 00:45=3`,
		},
		{
			"Kwajalein lives a day twice", "Pacific/Kwajalein", "1969-09-30 00:30", 50, `
			13:45 00:45=3
			14:15 01:15=4
			14:45 01:45=5
			15:15 02:15=6
			15:45 02:45=7
			16:15 03:15=8
			11:45 22:45=9
			12:15 23:15=10
			12:45 23:45=11
			12:00 00:00=1
			12:15 00:15=2
			12:45 00:45=3
			13:15 01:15=4
			13:45 01:45=5
			14:15 02:15=6
			14:45 02:45=7
			15:15 03:15=8`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tab := table(t, "0", counting, tt.zone)
			from := moment(t, tt.from, zone(t, tt.zone))
			to := from.Add(time.Duration(tt.hours) * time.Hour)
			want := strings.ReplaceAll(strings.TrimSpace(tt.want), "\t", "")

			if got := strings.Join(changes(tab, from, to), "\n"); got != want {
				t.Errorf("minute by minute:\n%s\nwant\n%s", got, want)
			}
			var next []string
			for now := from; len(next) < 100; {
				when, l, ok := tab.Next(now)
				if !ok || !when.Before(to) {
					break
				}
				next, now = append(next, change(when, l)), when
			}
			if got := strings.Join(next, "\n"); got != want {
				t.Errorf("by Next:\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func changes(tab schedule.Table, from, to time.Time) (list []string) {
	last := tab.At(from)
	for now := from; now.Before(to); now = now.Add(time.Minute) {
		if l := tab.At(now); l != last {
			list = append(list, change(now, l))
			last = l
		}
	}
	return list
}

func change(when time.Time, l schedule.Limits) string {
	return when.UTC().Format("15:04 ") + when.Format("15:04=") + strconv.Itoa(l.Max)
}

func TestADateThatTheZoneSkipsStillLeavesItsLastNumber(t *testing.T) {
	tab := table(t, "0", "6:00=1, 2011-12-30 9:00=5", "Pacific/Apia")
	z := zone(t, "Pacific/Apia")
	for _, tt := range []struct {
		now  string
		want int
	}{{"2011-12-29 23:59", 1}, {"2011-12-31 00:00", 5}, {"2011-12-31 05:59", 5}, {"2011-12-31 06:00", 1}} {
		if got := tab.At(moment(t, tt.now, z)).Max; got != tt.want {
			t.Errorf("At(%s) = %d, want %d", tt.now, got, tt.want)
		}
	}
}

func TestNothingGoesBackOnADayOfChange(t *testing.T) {
	for _, tt := range []struct{ zone, day string }{
		{"America/New_York", "2026-03-08"},
		{"America/New_York", "2026-11-01"},
		{"Europe/Berlin", "2026-03-29"},
		{"Europe/Berlin", "2026-10-25"},
		{"America/Santiago", "2026-04-04"},
		{"America/Santiago", "2026-09-06"},
	} {
		tab := table(t, "0", counting, tt.zone)
		now := moment(t, tt.day+" 12:00", zone(t, tt.zone)).Add(-13 * time.Hour)
		for now.Format(time.DateOnly) != tt.day {
			now = now.Add(time.Minute)
		}
		last := 0
		for ; now.Format(time.DateOnly) == tt.day; now = now.Add(time.Minute) {
			got := tab.At(now).Max
			if got < last {
				t.Errorf("%s: %d after %d at %s", tt.zone, got, last, now)
			}
			last = got
		}
		if last != 11 {
			t.Errorf("%s: the day %s ends with %d, want 11", tt.zone, tt.day, last)
		}
	}
}
