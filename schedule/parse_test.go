package schedule_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/schedule"
)

func TestParseReadsEveryFormAndPrintsItInOne(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"3", "3"},
		{" 03 ", "3"},
		{"0", "0"},
		{"10000", "10000"},
		{`{"0:00":2,"9:00":5,"17:00":2}`, "0:00=2, 9:00=5, 17:00=2"},
		{`{'0:00': 2, '9:00': 5,}`, "0:00=2, 9:00=5"},
		{`{u'9:00': 5, u'0:00': 2}`, "0:00=2, 9:00=5"},
		{"0:00=2,\n mon,\n tue 9:00=5", "0:00=2, mon,tue 9:00=5"},
		{"{\n  \"17:00\": 2,\n  \"9:00\": 0\n}", "9:00=0, 17:00=2"},
		{`{"mon,tue 9:00": 5, "cron(0,30 7 * * *)": 2}`, "cron(0,30 7 * * *)=2, mon,tue 9:00=5"},
		{"0:00=2,9:00=5,17:00=2", "0:00=2, 9:00=5, 17:00=2"},
		{" 00:00 = 2 , 09:00 = 5 , ", "0:00=2, 9:00=5"},
		{"10:00=1,9:30=2,9:05=3", "9:05=3, 9:30=2, 10:00=1"},
		{
			"mon-fri 9:00=5, sat,sun 0:00=2, 2026-12-24 0:00=8",
			"mon-fri 9:00=5, sat,sun 0:00=2, 2026-12-24 0:00=8",
		},
		{"2026-12-24..2026-12-26 0:00=8,0:00=2", "0:00=2, 2026-12-24..2026-12-26 0:00=8"},
		{"2026-12-24..2026-12-24 0:00=8,0:00=2", "0:00=2, 2026-12-24 0:00=8"},
		{"0:00=1, Friday-MON 9:00=5", "0:00=1, fri-mon 9:00=5"},
		{"0:00=1, sun, mon,Wednesday - Friday 9:00=5", "0:00=1, wed-fri,sun,mon 9:00=5"},
		{"0:00=1, mon-sun 9:00=5", "0:00=1, 9:00=5"},
		{"0:00=1, fri-fri 9:00=5", "0:00=1, fri 9:00=5"},
		{"0:00=1, sat,2026-12-24,2026-12-31 9:00=5", "0:00=1, sat 9:00=5, 2026-12-24 9:00=5, 2026-12-31 9:00=5"},
		{"0:00=1, Cron( 0  9 1,15 * MON-FRI )=5", "0:00=1, cron(0 9 1,15 * MON-FRI)=5"},
		{"cron(@daily)=1, cron(0 9 * * *)=2", "cron(@daily)=1, cron(0 9 * * *)=2"},
		{"0:00=1, 2026-12-01..2099-12-31 mon 9:00=4", "0:00=1, 2026-12-01..2099-12-31 mon 9:00=4"},
		{"0:00=1, 2026-12-01.. Monday, wed - fri 9:00=4", "0:00=1, 2026-12-01..2099-12-31 mon,wed-fri 9:00=4"},
		{`{"0:00": 1, ".. 2026-12-31 mon 9:00": 4}`, "0:00=1, 2000-01-01..2026-12-31 mon 9:00=4"},
		{"0:00=1, 2026-12-01.. mon-sun 9:00=4", "0:00=1, 2026-12-01..2099-12-31 9:00=4"},
		{"0:00=1, ..2026-12-31 9:00=4", "0:00=1, 2000-01-01..2026-12-31 9:00=4"},
		{"0:00=1, mon cron(0 9 15 * *)=4", "0:00=1, mon cron(0 9 15 * *)=4"},
		{"0:00=1, 2026-12-01..2027-03-31 CRON(0 9 1,15 * *)=4", "0:00=1, 2026-12-01..2027-03-31 cron(0 9 1,15 * *)=4"},
		{"0:00=1, 2026-12-01..2027-03-31 mon,tue cron(0 9 1,15 * *)=4", "0:00=1, 2026-12-01..2027-03-31 mon,tue cron(0 9 1,15 * *)=4"},
		{"9:00=5, 17:00=5", "5"}, // The same at all times.
		{"0:00=1, 9:00=5, cron(0 9 * * *)=5", "0:00=1, 9:00=5, cron(0 9 * * *)=5"}, // Two rows that agree.
	} {
		s, err := schedule.Parse(tt.text)
		if err != nil || s.String() != tt.want {
			t.Errorf("Parse(%q) = %v, %v; want %s", tt.text, s, err, tt.want)
			continue
		}
		if again := parse(t, tt.want); !reflect.DeepEqual(s, again) {
			t.Errorf("Parse(%q) differs from Parse(%q)", tt.text, tt.want)
		}
	}
}

func TestParseSaysWhatIsWrongAndWhatWouldBeRight(t *testing.T) {
	const (
		days   = "write days such as mon, mon-fri or 2026-12-24"
		number = "write a whole number from 0 to 10000"
		date   = "is not a date from 2000-01-01 to 2099-12-31; write it as 2026-12-24"
	)
	for _, tt := range []struct{ text, want string }{
		{"", "empty; write a number such as 3, or a schedule such as 0:00=2, 9:00=5, 17:00=2"},
		{"three", "must be a whole number from 0 to 10000, or a schedule such as 0:00=2, 9:00=5, 17:00=2"},
		{"-1", "must be a whole number from 0 to 10000, or a schedule such as 0:00=2, 9:00=5, 17:00=2"},
		{"10001", "must be a whole number from 0 to 10000, or a schedule such as 0:00=2, 9:00=5, 17:00=2"},
		{"{}", "the schedule has no rows; write at least one, such as 0:00=2"},
		{`{"0:00": 2`, `the schedule begins with "{" but does not end with "}"`},
		{"0:00=1" + strings.Repeat(", 0:00=1", 10000), "the schedule has 10001 rows; at most 10000 are allowed"},

		{"0:00=2; 9:00=5", "row `0:00=2; 9:00=5`: rows are separated by a semicolon or a line break; use a comma: 0:00=2, 9:00=5"},
		{"0:00=2\n9:00=5", "row \"0:00=2\\n9:00=5\": rows are separated by a semicolon or a line break; use a comma: 0:00=2, 9:00=5"},
		{"9=5", "row `9=5`: `9` is not a time from 0:00 to 23:59; write 9:00"},
		{"24:00=5", "row `24:00=5`: `24:00` is not a time from 0:00 to 23:59; write 0:00"},
		{"9:5=5", "row `9:5=5`: `9:5` is not a time from 0:00 to 23:59; write 9:05"},
		{"9:00pm=5", "row `9:00pm=5`: `9:00pm` is not a time from 0:00 to 23:59; write 21:00"},
		{"12am=5", "row `12am=5`: `12am` is not a time from 0:00 to 23:59; write 0:00"},
		{"9.30=5", "row `9.30=5`: `9.30` is not a time from 0:00 to 23:59; write 9:30"},
		{"009:00=5", "row `009:00=5`: `009:00` is not a time from 0:00 to 23:59; write 9:00"},
		{"9:60=5", "row `9:60=5`: `9:60` is not a time from 0:00 to 23:59; write H:MM, such as 9:00"},
		{"noon=5", "row `noon=5`: `noon` is not a time from 0:00 to 23:59; write H:MM, such as 9:00"},
		{`{"9": 5}`, "row `\"9\": 5`: `9` is not a time from 0:00 to 23:59; write 9:00"},
		{"=5", "row `=5`: the time is missing; write it as in 9:00=5"},

		{"9:00", "row `9:00`: the number is missing; write it as in 9:00=5"},
		{"0:00=2,mon", "row `mon`: the number is missing; write it as in 9:00=5"},
		{"9:00=", "row `9:00=`: `` is not a number of dynos; " + number},
		{"9:00=five", "row `9:00=five`: `five` is not a number of dynos; " + number},
		{"9:00=2.5", "row `9:00=2.5`: `2.5` is not a number of dynos; " + number},
		{"9:00=+2", "row `9:00=+2`: `+2` is not a number of dynos; " + number},
		{"9:00=-2", "row `9:00=-2`: `-2` is not a number of dynos; " + number},
		{"9:00=99999999999999999999", "row `9:00=99999999999999999999`: `99999999999999999999` is not a number of dynos; " + number},
		{`{"9:00"}`, "row `\"9:00\"`: the number is missing; write it as in \"9:00\": 5"},
		{`{"9:00: 5}`, "row `\"9:00: 5`: the number is missing; write it as in \"9:00\": 5"},
		{`{9:00: 5}`, "row `9:00: 5`: between { and } the time must be in quotes, as in \"9:00\": 5"},
		{`{"9:00": "5"}`, "row `\"9:00\": \"5\"`: `\"5\"` is not a number of dynos; " + number},

		{"mon-fry 9:00=5", "row `mon-fry 9:00=5`: `mon-fry` is neither a weekday nor a date; " + days},
		{"sat sun 9:00=5", "row `sat sun 9:00=5`: `sat sun` is neither a weekday nor a date; " + days},
		{"mon-fri=5", "row `mon-fri=5`: the time after the days is missing; write mon-fri 0:00 for the whole day"},
		{"2026-12-24=5", "row `2026-12-24=5`: the time after the days is missing; write 2026-12-24 0:00 for the whole day"},
		{"12-24 0:00=5", "row `12-24 0:00=5`: `12-24` " + date},
		{"2026-02-29 0:00=5", "row `2026-02-29 0:00=5`: `2026-02-29` " + date},
		{"1999-12-31 0:00=5", "row `1999-12-31 0:00=5`: `1999-12-31` " + date},
		{"2026-12-26..2026-12-24 0:00=5", "row `2026-12-26..2026-12-24 0:00=5`: `2026-12-26..2026-12-24` ends before it begins; write 2026-12-24..2026-12-26"},
		{".. 0:00=5", "row `.. 0:00=5`: `..` has no date; write 2026-12-24.., ..2026-12-26 or both"},
		{"2026-12-01..2026-12-03 mon 9:00=5", "row `2026-12-01..2026-12-03 mon 9:00=5`: 2026-12-01..2026-12-03 mon 9:00 never begins: no day matches"},
		{"2026-12-01.. mon,2026-12-24 9:00=5", "row `2026-12-01.. mon,2026-12-24 9:00=5`: `2026-12-24` is among the weekdays of 2026-12-01..; write a separate row for it"},
		{"2026-12-01..2999-12-31 mon 9:00=5", "row `2026-12-01..2999-12-31 mon 9:00=5`: `2999-12-31` " + date},
		{"2026-12-01.. mon=5", "row `2026-12-01.. mon=5`: the time after the days is missing; write 2026-12-01.. mon 0:00 for the whole day"},
		{"2026-12-01.. mon 9:00=5", "only dates; add a row for all other days, such as 0:00=2"},
		{"0:00=1, 2026-12-01.. mon-fri 9:00=5, ..2026-12-31 fri 9:00=6", "row `..2026-12-31 fri 9:00=6`: it begins in the same minute as row `2026-12-01.. mon-fri 9:00=5` on some days, with another number; move one of them"},
		{"2026-12-24 0:00=5", "only dates; add a row for all other days, such as 0:00=2"},

		{"cron(0 9 * *)=5", "row `cron(0 9 * *)=5`: cron expression `0 9 * *` has 4 fields, not five: minute, hour, day of the month, month and day of the week, such as `0 9 * * MON-FRI`"},
		{"cron()=5", "row `cron()=5`: cron expression `` has no fields, not five: minute, hour, day of the month, month and day of the week, such as `0 9 * * MON-FRI`"},
		{"cron(TZ=UTC)=5", "row `cron(TZ=UTC)=5`: a cron expression cannot name a time zone; set TIME_ZONE, which applies to all rows"},
		{"cron(CRON_TZ=UTC 0 9 * * *)=5", "row `cron(CRON_TZ=UTC 0 9 * * *)=5`: a cron expression cannot name a time zone; set TIME_ZONE, which applies to all rows"},
		{"cron(TZ=UTC 0 9 * * *)", "row `cron(TZ=UTC 0 9 * * *)`: the number is missing; write it as in 9:00=5"},
		{"cron(@every 1h)=5", "row `cron(@every 1h)=5`: @every counts from the start of the bot, not by the clock; write `*/15 * * * *` for every 15 minutes"},
		{"cron(0 0 30 2 *)=5", "row `cron(0 0 30 2 *)=5`: cron expression `0 0 30 2 *` never begins: no date matches"},
		{"cron(, 0 * * *)=5", "row `cron(, 0 * * *)=5`: cron expression `, 0 * * *` never begins: a field is empty"},
		{"mon cron(0 9 * * TUE)=5", "row `mon cron(0 9 * * TUE)=5`: mon cron(0 9 * * TUE) never begins: no day matches"},
		{"moncron(0 9 * * *)=5", "row `moncron(0 9 * * *)=5`: `moncron` is unknown; only cron(…) has parentheses"},
		{"cron(0 9 * * *=5", "row `cron(0 9 * * *=5`: cron( must end with a \")\", just before the number"},
		{"at(9:00)=5", "row `at(9:00)=5`: `at` is unknown; only cron(…) has parentheses"},

		{`{"9:00":5,"0:00":1,"9:00":6}`, "row `\"9:00\":6`: 9:00 is already set by row `\"9:00\":5`; keep one of them"},
		{"9:00=5, 0:00=1, 09:00=5", "row `09:00=5`: 9:00 is already set by row `9:00=5`; keep one of them"},
		{"tue,mon 9:00=5, mon,tue 9:00=5", "row `mon,tue 9:00=5`: mon,tue 9:00 is already set by row `tue,mon 9:00=5`; keep one of them"},
		{"mon-fri 9:00=5, mon 9:00=6", "row `mon 9:00=6`: it begins in the same minute as row `mon-fri 9:00=5` on some days, with another number; move one of them"},
		{"0:00=1, 2026-12-24..2026-12-26 9:00=5, 2026-12-26 9:00=6", "row `2026-12-26 9:00=6`: it begins in the same minute as row `2026-12-24..2026-12-26 9:00=5` on some days, with another number; move one of them"},
		{"9:00=5, cron(0 * * * *)=6", "row `cron(0 * * * *)=6`: it begins in the same minute as row `9:00=5` on some days, with another number; move one of them"},
		{"cron(0 9 1 * *)=5, mon 9:00=6", "row `mon 9:00=6`: it begins in the same minute as row `cron(0 9 1 * *)=5` on some days, with another number; move one of them"},

		{
			"9=5, 10:00=x, 0:00=2, mon-fry 25=-1",
			"row `9=5`: `9` is not a time from 0:00 to 23:59; write 9:00\n" +
				"row `10:00=x`: `x` is not a number of dynos; " + number + "\n" +
				"row `mon-fry 25=-1`: `mon-fry` is neither a weekday nor a date; " + days + "\n" +
				"row `mon-fry 25=-1`: `25` is not a time from 0:00 to 23:59; write H:MM, such as 9:00\n" +
				"row `mon-fry 25=-1`: `-1` is not a number of dynos; " + number,
		},
	} {
		if s, err := schedule.Parse(tt.text); err == nil || err.Error() != tt.want {
			t.Errorf("Parse(%.60q) = %v, error\n\t%v\nwant\n\t%s", tt.text, s, err, tt.want)
		}
	}
}

func TestParseCutsALongRowInItsMessage(t *testing.T) {
	_, err := schedule.Parse("9:00=" + strings.Repeat("x", 1000))
	if err == nil || len(err.Error()) > 250 {
		t.Errorf("error of %d bytes: %v", len(fmt.Sprint(err)), err)
	}
}

func TestParseTellsTheFirstOfManyMistakes(t *testing.T) {
	rows := []string{"0:00=1"}
	for i := range 5000 {
		rows = append(rows, fmt.Sprintf("%d=%s", i, strings.Repeat("x", 90)))
	}
	_, err := schedule.Parse(strings.Join(rows, ", "))
	if err == nil || len(err.Error()) > 10000 || !strings.Contains(err.Error(), "more mistakes") {
		t.Errorf("error of %d bytes", len(fmt.Sprint(err)))
	}
}

func TestSeriesIsATextInJSON(t *testing.T) {
	var got struct{ Max schedule.Series }
	if err := json.Unmarshal([]byte(`{"Max": "9:00=5, 0:00=2"}`), &got); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(got)
	if want := `{"Max":"0:00=2, 9:00=5"}`; err != nil || string(text) != want {
		t.Errorf("got %s, %v; want %s", text, err, want)
	}
	if err := got.Max.UnmarshalText([]byte("9")); err != nil || !reflect.DeepEqual(got.Max, schedule.Fixed(9)) {
		t.Errorf("got %v, %v; want 9", got.Max, err)
	}
	if err := got.Max.UnmarshalText([]byte("nine")); err == nil || got.Max.String() != "9" {
		t.Errorf("got %v, %v; want an error and the 9 of before", got.Max, err)
	}
}
