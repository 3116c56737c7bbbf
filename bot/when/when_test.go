package when_test

import (
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/when"
)

func TestDurations(t *testing.T) {
	const d = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"2h": 2 * time.Hour, "2 hours": 2 * time.Hour, "2hrs": 2 * time.Hour, "2 HOURS": 2 * time.Hour, "90m": 90 * time.Minute,
		"90": 90 * time.Minute, "1.5": 90 * time.Second, "0": 0, "0s": 0, "1.5h": 90 * time.Minute, "1h30m": 90 * time.Minute,
		"1h 30m": 90 * time.Minute, "1 hour 30 minutes": 90 * time.Minute, "1 hour and 30 minutes": 90 * time.Minute,
		"1d12h": 36 * time.Hour, "2 days": 2 * d, "a day": d, "an hour": time.Hour, "a week": 7 * d, "1w2d": 9 * d, "2 wks": 14 * d,
		"  2\th ": 2 * time.Hour, "20s": 20 * time.Second, "500ms": 500 * time.Millisecond, "1m0.5s": 60500 * time.Millisecond, "100us": 100 * time.Microsecond,
		"36500d": when.Longest,
	} {
		if got, err := when.Duration(text, time.Minute); err != nil || got != want {
			t.Errorf("%q is %v, %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"": "such as 90m, 2h, 1d12h", "soon": "such as 90m, 2h, 1d12h", "-2h": "such as", "2 bananas": "such as", "2h banana": "such as", "banana 2h": "such as",
		"h": "such as", "2 h and": "such as", "1h and": "such as", "2,5h": "such as", "1.h": "such as", "1..5h": "such as", "a": "such as", "15:00": "such as", "half an hour": "such as",
		"1m1h": "from the longest to the shortest", "1h1h": "each once", "2 months": "length of a months varies", "1y": "Use days", "36501d": "longest duration is 36500 days",
		"99999999999999999999999h": "longest", "5000w 5000w": "each once", "90 90": "such as", "１h": "such as",
	} {
		if got, err := when.Duration(text, time.Minute); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is %v, %v, want an error with %q", text, got, err, want)
		}
	}
	if got, err := when.Duration("90", 0); err == nil || err.Error() != `"90": the unit is missing, as in 90m, 90h or 90d` {
		t.Errorf("a number without a unit is %v, %v", got, err)
	}
	if _, err := when.Duration(strings.Repeat("ü\xff", 1000), 0); err == nil || len(err.Error()) > 300 {
		t.Errorf("a long text gives %v", err)
	}
}

func zone(t testing.TB, name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestMoments(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	now := time.Date(2026, 12, 1, 14, 30, 15, 0, berlin) // a Tuesday
	for _, c := range []struct{ text, past, future string }{
		{"now", "2026-12-01 14:30:15", "2026-12-01 14:30:15"},
		{"2h", "2026-12-01 12:30:15", "2026-12-01 16:30:15"},
		{"2 hours", "2026-12-01 12:30:15", "2026-12-01 16:30:15"},
		{"2 hours ago", "2026-12-01 12:30:15", "2026-12-01 12:30:15"},
		{"in 2 hours", "2026-12-01 16:30:15", "2026-12-01 16:30:15"},
		{"30d", "2026-11-01 14:30:15", "2026-12-31 14:30:15"},
		{"a week ago", "2026-11-24 14:30:15", "2026-11-24 14:30:15"},
		{"15:00", "2026-11-30 15:00:00", "2026-12-01 15:00:00"},
		{"14:30", "2026-12-01 14:30:00", "2026-12-02 14:30:00"},
		{"14:30:15", "2026-12-01 14:30:15", "2026-12-02 14:30:15"},
		{"9:00", "2026-12-01 09:00:00", "2026-12-02 09:00:00"},
		{"3pm", "2026-11-30 15:00:00", "2026-12-01 15:00:00"},
		{"3 pm", "2026-11-30 15:00:00", "2026-12-01 15:00:00"},
		{"at 3:05 PM", "2026-11-30 15:05:00", "2026-12-01 15:05:00"},
		{"12am", "2026-12-01 00:00:00", "2026-12-02 00:00:00"},
		{"12:30pm", "2026-12-01 12:30:00", "2026-12-02 12:30:00"},
		{"today 15:00", "2026-12-01 15:00:00", "2026-12-01 15:00:00"},
		{"yesterday 15:00", "2026-11-30 15:00:00", "2026-11-30 15:00:00"},
		{"Yesterday at 3pm", "2026-11-30 15:00:00", "2026-11-30 15:00:00"},
		{"3 pm yesterday", "2026-11-30 15:00:00", "2026-11-30 15:00:00"},
		{"15:00 on friday", "2026-11-27 15:00:00", "2026-12-04 15:00:00"},
		{"tomorrow 9:00", "2026-12-02 09:00:00", "2026-12-02 09:00:00"},
		{"fri 9:00", "2026-11-27 09:00:00", "2026-12-04 09:00:00"},
		{"tue 9:00", "2026-12-01 09:00:00", "2026-12-08 09:00:00"},
		{"tuesday 15:00", "2026-11-24 15:00:00", "2026-12-01 15:00:00"},
		{"thurs 0:00", "2026-11-26 00:00:00", "2026-12-03 00:00:00"},
		{"friday", "2026-11-27 00:00:00 day", "2026-12-04 00:00:00 day"},
		{"tue", "2026-12-01 00:00:00 day", "2026-12-08 00:00:00 day"},
		{"yesterday", "2026-11-30 00:00:00 day", "2026-11-30 00:00:00 day"},
		{"2026-11-29", "2026-11-29 00:00:00 day", "2026-11-29 00:00:00 day"},
		{"2028-02-29", "2028-02-29 00:00:00 day", "2028-02-29 00:00:00 day"},
		{"2026-11-29 15:00", "2026-11-29 15:00:00", "2026-11-29 15:00:00"},
		{"2026-11-29T15:00", "2026-11-29 15:00:00", "2026-11-29 15:00:00"},
		{"15:00 2026-11-29", "2026-11-29 15:00:00", "2026-11-29 15:00:00"},
		{"2026-11-29T15:00:00Z", "2026-11-29 16:00:00", "2026-11-29 16:00:00"},
		{"2026-11-29T15:00:00.25-05:00", "2026-11-29 21:00:00.25", "2026-11-29 21:00:00.25"},
		{"2026-11-29 15:00 UTC", "2026-11-29 16:00:00", "2026-11-29 16:00:00"},
		{"2026-11-29 15:00 CET", "2026-11-29 15:00:00", "2026-11-29 15:00:00"},
		{"2026-11-29 15:00+03:00", "2026-11-29 13:00:00", "2026-11-29 13:00:00"},
		{"23:30 UTC", "2026-12-01 00:30:00", "2026-12-02 00:30:00"},
		{"13:00 utc yesterday", "2026-11-30 14:00:00", "2026-11-30 14:00:00"},
	} {
		for toward, want := range map[when.Direction]string{when.Past: c.past, when.Future: c.future} {
			got, err := when.Reader{Now: now.UTC(), Zone: berlin, Toward: toward}.Moment(c.text)
			text := got.Format("2006-01-02 15:04:05.999")
			if got.Day {
				text += " day"
			}
			if err != nil || text != want {
				t.Errorf("%q toward %d is %s, %v, want %s", c.text, toward, text, err, want)
			}
		}
	}
}

func TestMomentsThatAreNotUnderstood(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	past := when.Reader{Now: time.Date(2026, 12, 1, 14, 30, 0, 0, berlin), Zone: berlin}
	future := past
	future.Toward = when.Future
	for text, want := range map[string]string{
		"": `"": must be a time such as 2h, 30d, 15:00, "yesterday 15:00", "fri 9:00", 2026-11-29 or "2026-11-29 15:00"`, "soon": "must be a time such as", "at": "must be",
		"fri 9:00 banana": "must be a time", "banana 3pm": "must be a time", "9:00 10:00": "must be a time", "fri sat 9:00": "must be a time", "today yesterday": "must be",
		"fri cet": "must be", "in 2h ago": "must be", "2 ago": "unit is missing, as in 2m", "in": "must be", "th": "must be", "15:00 +1": "offset", "15:00+25:00": "offset", "15:00 -99:00": "offset",
		"25:00": "is not a time of day", "24:00": "is not a time of day", "9:60": "is not a time of day", "13pm": "is not a time of day", "0am": "is not a time of day", "9:5": "must be a time",
		"15:00:60": "is not a time of day", "1:2:3:4": "must be", "9:00am:1": "must be", "15": "write 15:00 for the time of day, or 15m, 15h or 15d", "90": "unit is missing, as in 90m",
		"2026": "a date must be as in 2026-11-29", "11/29/2026": "a date must be as in 2026-11-29", "29.11.": "a date must be as in", "2026-02-29": "the date 2026-02-29 does not exist",
		"2026-13-01": "does not exist", "1969-12-31": "from 1970 to 2199", "2200-01-01 1:00": "from 1970 to 2199", "0001-01-01T00:00:00Z": "from 1970", "99y": "must be a time",
		"15:00 EST": "unknown time zone EST: times are in Europe/Berlin unless they end in UTC or an offset such as +01:00", "2026-11-29 15:00 CEST": "15:00 on 2026-11-29 is not in CEST, but in CET",
		"36500d": "from 1970", "40000d ago": "longest duration", "next friday": "must be", strings.Repeat("1", 5000): "must be",
	} {
		if got, err := past.Moment(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q is %v, %v, want an error with %q", text, got, err, want)
		}
	}
	if _, err := future.Moment("soon"); err == nil || err.Error() != `"soon": must be a time such as 18:00, "fri 9:00", "tomorrow 9:00", 2026-11-29 or "2026-11-29 15:00"` {
		t.Errorf("in the future: %v", err)
	}
}

// A time of day that a clock change skips or repeats is never shifted.
func TestClockChanges(t *testing.T) {
	for _, c := range []struct {
		zone, now, text string
		toward          when.Direction
		want            string // RFC 3339, or a part of the error
	}{
		{"Europe/Berlin", "2026-03-29T12:00:00Z", "2:30", when.Past, "02:30 does not exist on 2026-03-29 in Europe/Berlin, because the clocks go from 02:00 to 03:00. Use 03:00"},
		{"Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-29 02:00", when.Past, "does not exist"},
		{"Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-29 03:00", when.Past, "2026-03-29T03:00:00+02:00"},
		{"Europe/Berlin", "2026-03-29T00:30:00Z", "2:30", when.Past, "2026-03-28T02:30:00+01:00"},
		{"Europe/Berlin", "2026-03-28T12:00:00Z", "2:30", when.Future, "does not exist on 2026-03-29"},
		{"Europe/Berlin", "2026-03-28T12:00:00Z", "sun 2:30", when.Future, "does not exist on 2026-03-29"},
		{"Europe/Berlin", "2026-03-29T12:00:00Z", "2:30", when.Future, "2026-03-30T02:30:00+02:00"},
		{"Europe/Berlin", "2026-10-25T12:00:00Z", "2:30", when.Past, `02:30 occurs twice on 2026-10-25 in Europe/Berlin, because the clocks go back. Use "2026-10-25 02:30 CEST" or "2026-10-25 02:30 CET"`},
		{"Europe/Berlin", "2026-10-25T12:00:00Z", "2026-10-25 02:30 CEST", when.Past, "2026-10-25T02:30:00+02:00"},
		{"Europe/Berlin", "2026-10-25T12:00:00Z", "2:30 CET today", when.Past, "2026-10-25T02:30:00+01:00"},
		{"Europe/Berlin", "2026-10-25T00:45:00Z", "2:30", when.Past, "2026-10-25T02:30:00+02:00"}, // the second is still to come
		{"Europe/Berlin", "2026-10-25T01:15:00Z", "2:30", when.Future, "2026-10-25T02:30:00+01:00"},
		{"Europe/Berlin", "2026-10-25T12:00:00Z", "3:00", when.Past, "2026-10-25T03:00:00+01:00"},
		{"Europe/Berlin", "2026-03-29T12:00:00Z", "15:00 CET", when.Past, "2026-03-28T15:00:00+01:00"},
		{"Europe/Berlin", "2026-07-01T12:00:00Z", "15:00 CET", when.Past, "there is no such time within 8 days"},
		{"America/New_York", "2026-11-01T17:00:00Z", "1:30am", when.Past, `Use "2026-11-01 01:30 EDT" or "2026-11-01 01:30 EST"`},
		{"America/Sao_Paulo", "2018-02-18T17:00:00Z", "2018-02-17 23:30", when.Past, "Use 2018-02-17T23:30:00-02:00 or 2018-02-17T23:30:00-03:00"},
		{"America/Sao_Paulo", "2018-11-05T17:00:00Z", "2018-11-04", when.Past, "2018-11-04T01:00:00-02:00"}, // this day has no midnight
		{"America/Sao_Paulo", "2018-11-05T17:00:00Z", "2018-11-04 0:30", when.Past, "the clocks go from 00:00 to 01:00. Use 01:00"},
		{"America/Havana", "2026-11-02T17:00:00Z", "2026-11-01", when.Past, "2026-11-01T00:00:00-04:00"}, // the first of two midnights
		{"Pacific/Apia", "2012-01-01T12:00:00Z", "2011-12-30", when.Past, "the day 2011-12-30 does not exist in Pacific/Apia"},
		{"Australia/Lord_Howe", "2026-10-04T12:00:00Z", "2:15", when.Past, "the clocks go from 02:00 to 02:30. Use 02:30"}, // half an hour
		{"Asia/Kolkata", "2026-12-01T12:00:00Z", "yesterday 23:59", when.Past, "2026-11-30T23:59:00+05:30"},
		{"Pacific/Kiritimati", "2026-12-31T11:00:00Z", "today 0:00", when.Past, "2027-01-01T00:00:00+14:00"},
		{"UTC", "2028-03-01T01:00:00Z", "yesterday", when.Past, "2028-02-29T00:00:00Z"},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		m, err := when.Reader{Now: now, Zone: zone(t, c.zone), Toward: c.toward}.Moment(c.text)
		got := m.Format(time.RFC3339)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s, %q at %s is %s, want %s", c.zone, c.text, c.now, got, c.want)
		}
	}
}

func TestMonths(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	for now, wants := range map[string]map[string]string{
		"2026-12-01T00:30:00+01:00": {
			"2026-11": "2026-11", "2026-02": "2026-02", "this month": "2026-12", "Last Month": "2026-11", "nov": "2026-11", "November": "2026-11",
			"december": "2026-12", "jan": "2026-01", "nov 2025": "2025-11",
		},
		"2026-12-31T23:30:00Z": {"this month": "2027-01", "last month": "2026-12", "dec": "2026-12", "jan": "2027-01"},
		"2027-03-31T10:00:00Z": {"last month": "2027-02"},
	} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		for text, want := range wants {
			got, err := when.Reader{Now: at, Zone: berlin}.Month(text)
			if err != nil || got.In(berlin).Format("2006-01") != want || got.In(berlin).Format("02 15:04:05") != "01 00:00:00" {
				t.Errorf("%q at %s is %v, %v, want %s", text, now, got, err, want)
			}
		}
		for _, text := range []string{"", "2026", "2026-13", "11", "smarch", "nov 26", "next month", "2026-11-01", "1900-01", "nov 2500", "ja"} {
			if got, err := (when.Reader{Now: at}).Month(text); err == nil {
				t.Errorf("%q is %v, want an error", text, got)
			}
		}
	}
	got, err := when.Reader{Now: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), Toward: when.Future}.Month("nov")
	if err != nil || got.Format("2006-01") != "2027-11" {
		t.Errorf("the next November is %v, %v", got, err)
	}
}
