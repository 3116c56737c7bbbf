package schedule_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/schedule"
)

func TestAtTakesTheLastRowThatHasBegun(t *testing.T) {
	const (
		office   = "0:00=2, 9:00=5, 17:00=2"
		weekdays = "0:00=1, mon-fri 9:00=5, mon-fri 17:00=2, sat,sun 10:00=3"
		period   = "0:00=1, mon-fri 9:00=5, mon-fri 17:00=2, 2026-12-01..2026-12-21 mon 10:00=8, 2026-12-01..2026-12-21 mon 18:00=3, 2026-12-14 0:00=1"
		holidays = "0:00=1, mon-fri 9:00=5, mon-fri 17:00=2, 2026-12-24..2026-12-25 8:00=8, 2026-12-25 20:00=9"
	)
	for _, tt := range []struct {
		name, text, now string
		want            int
	}{
		{"the minute before a row", office, "2024-01-15 08:59", 2},
		{"the minute of a row", office, "2024-01-15 09:00", 5},
		{"the minute before the last row", office, "2024-01-15 16:59", 5},
		{"the minute of the last row", office, "2024-01-15 17:00", 2},
		{"a table without 0:00 wraps", "9:00=5, 17:00=2", "2024-01-15 00:00", 2},
		{"a table without 0:00 wraps until its first row", "9:00=5, 17:00=2", "2024-01-15 08:59", 2},
		{"minutes order the rows, not the text", "9:45=4, 10:00=3, 9:05=2", "2024-01-15 09:50", 4},
		{"minutes order the rows of one hour", "9:45=4, 10:00=3, 9:05=2", "2024-01-15 09:44", 2},
		{"zero is a value", "22:00=0, 6:00=2", "2024-01-15 23:00", 0},
		{"S23: before the row", `{"18:00":1,"8:00":3,"0:00":1}`, "2024-01-15 07:59", 1},
		{"S23: raised", `{"18:00":1,"8:00":3,"0:00":1}`, "2024-01-15 08:00", 3},
		{"S23: lowered", `{"18:00":1,"8:00":3,"0:00":1}`, "2024-01-15 18:00", 1},

		{"a weekday's rows", weekdays, "2026-11-23 09:00", 5},
		{"a weekday beats every day", weekdays, "2026-11-24 08:59", 2}, // Not the 1 of 0:00.
		{"Friday holds into Saturday", weekdays, "2026-11-28 09:59", 2},
		{"a weekend's rows", weekdays, "2026-11-28 10:00", 3},
		{"Sunday holds into Monday", weekdays, "2026-11-30 08:59", 3},
		{"a day without rows of its own keeps the last", "mon 9:00=5, tue 9:00=2", "2026-11-29 12:00", 2},

		{"before a date's first row the day before holds", holidays, "2026-12-24 07:59", 2},
		{"a date beats a weekday", holidays, "2026-12-24 09:00", 8},
		{"a date of a range", holidays, "2026-12-25 12:00", 8},
		{"rows of one date add up", holidays, "2026-12-25 20:00", 9},
		{"a date holds into the day after", "0:00=1, mon-fri 9:00=5, 2026-12-25 20:00=9, sat 6:00=3", "2026-12-26 05:59", 9},
		{"a date ends", "0:00=1, mon-fri 9:00=5, 2026-12-25 20:00=9, sat 6:00=3", "2026-12-26 06:00", 3},
		{"a period begins", period, "2026-12-07 12:00", 8},
		{"a period is on its weekdays alone", period, "2026-12-08 12:00", 5},
		{"a period beats a weekday all day", period, "2026-12-07 17:30", 8}, // not the 2 of 17:00
		{"before a period's first row the day before holds", period, "2026-12-07 09:30", 1},
		{"the last day of a period", period, "2026-12-21 20:00", 3},
		{"a date beats a period", period, "2026-12-14 12:00", 1},
		{"before a period", period, "2026-11-30 12:00", 5},
		{"after a period", period, "2026-12-28 12:00", 5},
		{"a range beats a period within it", "0:00=1, 2026-12-01.. 0:00=2, 2026-12-01.. mon 9:00=4", "2026-12-07 12:00", 2},
		{"a period of cron", "0:00=1, ..2027-06-30 cron(0 9 15 * *)=4", "2027-06-15 09:00", 4},
		{"a period of cron ends", "0:00=1, ..2027-06-30 cron(0 9 15 * *)=4", "2027-07-15 09:00", 1},
		{"a weekday that is a day of the month", "0:00=1, mon cron(0 9 15 * *)=4", "2027-02-15 09:00", 4},
		{"a day of the month that is another weekday", "0:00=1, mon cron(0 9 15 * *)=4", "2027-01-15 09:00", 1},
		{"a weekday that is another day of the month", "0:00=1, mon cron(0 9 15 * *)=4", "2027-02-22 09:00", 1},

		{"a date in another year", holidays, "2027-12-24 09:00", 5},

		{"cron on weekdays", "0:00=1, cron(0 9 * * MON-FRI)=5, cron(0 17 * * MON-FRI)=2", "2026-11-23 16:59", 5},
		{"cron on weekdays leaves the weekend", "0:00=1, cron(0 9 * * MON-FRI)=5, cron(0 17 * * MON-FRI)=2", "2026-11-28 00:00", 1},
		{"cron of every day ranks as every day", "cron(0 9 * * *)=5, 17:00=2, sat 0:00=1", "2026-11-28 12:00", 1},
		{"cron each quarter of an hour", "0:07=1, cron(*/15 8-17 * * *)=5", "2026-11-23 17:50", 5},
		{"cron with two restricted fields needs one", "0:00=1, cron(0 9 1 * MON)=5", "2026-11-23 09:00", 5},
		{"cron with two restricted fields needs one, the other", "0:00=1, cron(0 9 1 * MON)=5", "2026-12-01 09:00", 5},
		{"cron in a month", "0:00=1, cron(0 0 * 6-8 *)=5", "2026-08-31 23:59", 5},
		{"cron after its month", "0:00=1, cron(0 0 * 6-8 *)=5", "2026-09-01 00:00", 1},
		{"a leap day holds for years", "cron(0 0 29 2 *)=5, cron(0 0 28 2 *)=3", "2028-02-28 12:00", 3},
		{"a leap day held across 2100", "cron(0 12 29 2 *)=5, cron(0 0 29 2 *)=3", "2104-02-28 12:00", 5},
	} {
		max, err := schedule.New(schedule.Fixed(0), parse(t, tt.text), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := max.At(moment(t, tt.now, time.UTC)).Max; got != tt.want {
			t.Errorf("%s: At(%s) of %s = %d, want %d", tt.name, tt.now, tt.text, got, tt.want)
		}
	}
}

func TestRowsAreThoseThatTheLimitsComeFrom(t *testing.T) {
	for _, tt := range []struct{ min, max, now, minRow, maxRow string }{
		{"1", "3", "2026-11-23 09:00", "", ""},
		{"1", "0:00=2, mon-fri 9:00=8", "2026-11-23 09:00", "", "mon-fri 9:00=8"},
		{"9:00=2, 17:00=1", "0:00=2, 2026-11-23 8:00=9", "2026-11-23 08:59", "17:00=1", "2026-11-23 8:00=9"},
	} {
		tab := table(t, tt.min, tt.max, "UTC")
		if minRow, maxRow := tab.Rows(moment(t, tt.now, time.UTC)); minRow != tt.minRow || maxRow != tt.maxRow {
			t.Errorf("Rows(%s) of %s and %s = %q, %q, want %q, %q", tt.now, tt.min, tt.max, minRow, maxRow, tt.minRow, tt.maxRow)
		}
	}
}

func TestAtReadsTheClockOfTheZone(t *testing.T) {
	tab := table(t, "0:00=1,9:00=3", "0:00=2,9:00=8", "Asia/Kolkata") // UTC+5:30
	for _, tt := range []struct {
		now  string
		want schedule.Limits
	}{
		{"2026-11-23 03:29", schedule.Limits{Min: 1, Max: 2}},
		{"2026-11-23 03:30", schedule.Limits{Min: 3, Max: 8}},
		{"1960-01-01 03:29", schedule.Limits{Min: 1, Max: 2}}, // Before 1970 too.
		{"1960-01-01 03:30", schedule.Limits{Min: 3, Max: 8}},
	} {
		if got := tab.At(moment(t, tt.now, time.UTC)); got != tt.want {
			t.Errorf("At(%s) = %v, want %v", tt.now, got, tt.want)
		}
	}
}

func TestTheZeroTableIsAlwaysZero(t *testing.T) {
	var tab schedule.Table
	if got := tab.At(time.Now()); got != (schedule.Limits{}) {
		t.Errorf("At = %v", got)
	}
	if got := tab.Week(time.Now()); got != "always 0" {
		t.Errorf("Week = %q", got)
	}
}

func TestNextIsTheNextMomentOfChange(t *testing.T) {
	for _, tt := range []struct{ min, max, now, want string }{
		{"1", "3", "2026-11-23 12:00", "never"},
		{"1", "0:00=2, 9:00=5, 17:00=2", "2026-11-23 12:00", "2026-11-23 17:00 {1 2}"},
		{"1", "0:00=2, 9:00=5, 17:00=2", "2026-11-23 17:00", "2026-11-24 09:00 {1 5}"}, // 0:00 changes nothing.
		{"0:00=1, 8:00=2", "0:00=2, 9:00=5", "2026-11-23 07:00", "2026-11-23 08:00 {2 2}"},
		{"1", "0:00=2, 2026-12-24 12:00=5", "2026-11-23 07:00", "2026-12-24 12:00 {1 5}"},
		{"1", "0:00=2, 2026-12-24 12:00=5", "2026-12-24 12:00", "2026-12-25 00:00 {1 2}"},
		{"1", "0:00=2, 2026-12-24 12:00=5", "2026-12-25 00:00", "never"},
		{"1", "0:00=2, 2026-12-01.. mon 9:00=4", "2026-11-30 10:00", "2026-12-07 09:00 {1 4}"},
		{"1", "0:00=2, 2026-12-01.. mon 9:00=4", "2026-12-07 09:00", "2026-12-08 00:00 {1 2}"},
		{"1", "0:00=2, ..2026-12-10 mon 9:00=4", "2026-12-08 00:00", "never"},
		{"1", "cron(0 0 1 1 *)=2, cron(0 0 1 7 *)=3", "2026-07-01 00:00", "2027-01-01 00:00 {1 2}"},
		{"1", "cron(0 0 1 7 *)=2, cron(0 1 1 7 *)=3", "2026-07-01 01:00", "2027-07-01 00:00 {1 2}"},
		{"1", "cron(0 0 29 2 *)=2, cron(0 0 1 3 *)=3", "2026-07-01 00:00", "never"}, // Within 400 days.
	} {
		tab := table(t, tt.min, tt.max, "America/New_York")
		when, l, ok := tab.Next(moment(t, tt.now, zone(t, "America/New_York")))
		got := "never"
		if ok {
			got = fmt.Sprint(when.Format("2006-01-02 15:04 "), l)
		}
		if got != tt.want {
			t.Errorf("%s / %s: Next(%s) = %s, want %s", tt.min, tt.max, tt.now, got, tt.want)
		}
	}
}

func TestHasZeroLooksAtTheMinimumAtAllTimes(t *testing.T) {
	for _, tt := range []struct {
		min  string
		want bool
	}{
		{"1", false},
		{"0", true},
		{"8:00=1, 22:00=0", true},
		{"8:00=1, 22:00=2", false},
		{"8:00=1, 2026-12-25 0:00=0", true},
		{"0:00=1, cron(0 0 29 2 *)=0", true},
		{"0:00=1, 2026-12-01.. tue 9:00=0", true},
		{"0:00=1, 2026-12-01.. mon cron(0 9 29 2 *)=0", true},
		{"8:00=0, mon-fri 0:00=1, sat,sun 0:00=2", false}, // 8:00 counts on no day
	} {
		if got := table(t, tt.min, "5", "UTC").HasZero(); got != tt.want {
			t.Errorf("HasZero of %s = %t, want %t", tt.min, got, tt.want)
		}
	}
}

func TestNewRefusesAMinimumAboveTheMaximum(t *testing.T) {
	for _, tt := range []struct{ min, max, want string }{
		{"4", "3", "MIN_DYNOS 4 is above MAX_DYNOS 3 at all times"},
		{"1", "0", "MIN_DYNOS 1 is above MAX_DYNOS 0 at all times"},
		{"4", "0:00=5, 9:00=3, 17:00=5", "MIN_DYNOS 4 is above MAX_DYNOS 3 every day from 9:00 to 17:00"},
		{"4", "0:00=5, mon-fri 9:00=3, mon-fri 17:00=5", "MIN_DYNOS 4 is above MAX_DYNOS 3 on Mon–Fri from 9:00 to 17:00"},
		{"0:00=1, 9:00=4, 9:01=1", "3", "MIN_DYNOS 4 is above MAX_DYNOS 3 every day from 9:00 to 9:01"},
		{"0:00=4, sat,mon 0:00=1", "3", "MIN_DYNOS 4 is above MAX_DYNOS 3 on Tue–Fri, Sun, all day"},
		{
			"4", "6:00=5, 22:00=3",
			"MIN_DYNOS 4 is above MAX_DYNOS 3 every day from 0:00 to 6:00\n" +
				"MIN_DYNOS 4 is above MAX_DYNOS 3 every day from 22:00 to midnight",
		},
		{"4", "0:00=5, 2026-12-24..2026-12-26 0:00=3, 2026-12-31 0:00=3", "MIN_DYNOS 4 is above MAX_DYNOS 3 on 2026-12-24..2026-12-26, 2026-12-31, all day"},
		{
			"4", "8:00=5, 2026-12-24 12:00=3", // it applies into the next morning
			"MIN_DYNOS 4 is above MAX_DYNOS 3 on 2026-12-24 from 12:00 to midnight\n" +
				"MIN_DYNOS 4 is above MAX_DYNOS 3 on 2026-12-25 from 0:00 to 8:00",
		},
		{"4", "mon 0:00=5, 2026-12-26 0:00=3", "MIN_DYNOS 4 is above MAX_DYNOS 3 on 2026-12-26..2026-12-27, all day"}, // until Monday
		{
			"0:00=1, fri 0:00=4", "8:00=5, 2026-12-22..2026-12-23 0:00=6, 2026-12-22..2026-12-24 0:10=3", // until Friday's first row
			"MIN_DYNOS 4 is above MAX_DYNOS 3 on 2026-12-25 from 0:00 to 8:00",
		},
		{"4", "0:00=5, 2026-12-01..2026-12-20 mon 9:00=3", "MIN_DYNOS 4 is above MAX_DYNOS 3 on 2026-12-07, 2026-12-14 from 9:00 to midnight"},
		{"4", "0:00=5, 2026-12-01.. mon cron(0 9 31 * *)=3", "MIN_DYNOS 4 is above MAX_DYNOS 3 on 2027-05-31, 2028-01-31, 2028-07-31, 2029-12-31, and 70 more from 9:00 to midnight"},
		{"0:00=1, 2026-12-24 0:00=4", "0:00=5, 2026-12-24 0:00=3", "MIN_DYNOS 4 is above MAX_DYNOS 3 on 2026-12-24, all day"},
		{"4", "0:00=5, cron(0 9 * * SAT,SUN)=3, cron(0 0 * * SAT,SUN)=4", "MIN_DYNOS 4 is above MAX_DYNOS 3 on Sat, Sun from 9:00 to midnight"},
		{"4", "0:00=5, cron(0 0 29 2 *)=3", "MIN_DYNOS 4 is above MAX_DYNOS 3 on 29 Feb, all day"},
		{"4", "0:00=5, cron(0 0 * 6-8 *)=3", "MIN_DYNOS 4 is above MAX_DYNOS 3 on 1 Jun–31 Aug, all day"},
		{"4", "0:00=5, cron(0 0 1 * *)=3", "MIN_DYNOS 4 is above MAX_DYNOS 3 on 1 Jan, 1 Feb, 1 Mar, 1 Apr, and 8 more, all day"},
		{
			"9", "0:00=1, 1:00=2, 2:00=3, 3:00=4, 4:00=5, 5:00=6, 6:00=7",
			"MIN_DYNOS 9 is above MAX_DYNOS 1 every day from 0:00 to 1:00\n" +
				"MIN_DYNOS 9 is above MAX_DYNOS 2 every day from 1:00 to 2:00\n" +
				"MIN_DYNOS 9 is above MAX_DYNOS 3 every day from 2:00 to 3:00\n" +
				"MIN_DYNOS 9 is above MAX_DYNOS 4 every day from 3:00 to 4:00\n" +
				"MIN_DYNOS 9 is above MAX_DYNOS 5 every day from 4:00 to 5:00\n" +
				"and at other times",
		},
	} {
		if _, err := schedule.New(parse(t, tt.min), parse(t, tt.max), nil); fmt.Sprint(err) != tt.want {
			t.Errorf("New(%s; %s): %v\nwant %s", tt.min, tt.max, err, tt.want)
		}
	}
}

func TestNewRefusesNumbersThatNobodyMeant(t *testing.T) {
	_, err := schedule.New(schedule.Fixed(-1), schedule.Fixed(10001), nil)
	want := "MIN_DYNOS is -1: must be 0–10000\n" +
		"MAX_DYNOS is 10001: must be 0–10000"
	if fmt.Sprint(err) != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	if _, err := schedule.New(schedule.Fixed(0), schedule.Fixed(0), nil); err != nil {
		t.Errorf("both 0: %v", err)
	}
}
