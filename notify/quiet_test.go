package notify_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot/rapidtest"
	"github.com/autoscalebot/autoscalebot/notify"
)

func quiet(t *testing.T, text, zone string) notify.Quiet {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	q, err := notify.ParseQuiet(text, loc)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestQuietHours(t *testing.T) {
	for _, c := range []struct {
		text, at string // at is a wall clock's in Berlin: 2026-03-02 is a Monday
		want     bool
	}{
		{"22:00-7:00", "2026-03-02 21:59", false},
		{"22:00-7:00", "2026-03-02 22:00", true},
		{"22:00-7:00", "2026-03-03 06:59", true},
		{"22:00-7:00", "2026-03-03 07:00", false},
		{"9:30-17:00", "2026-03-02 09:29", false},
		{"9:30-17:00", "2026-03-02 09:30", true},
		{"9:30-17:00", "2026-03-02 17:00", false},
		{"0:00-24:00", "2026-03-02 00:00", true},
		{"0:00-24:00", "2026-03-02 23:59", true},
		{"22:00-24:00", "2026-03-03 00:00", false},
		{"22:00-0:00", "2026-03-02 23:59", true},
		{"22:00-0:00", "2026-03-03 00:00", false},
		{"mon-fri 22:00-7:00", "2026-03-06 23:00", true},  // Friday
		{"mon-fri 22:00-7:00", "2026-03-07 06:00", true},  // begun on Friday
		{"mon-fri 22:00-7:00", "2026-03-07 23:00", false}, // Saturday
		{"mon-fri 22:00-7:00", "2026-03-02 06:00", false}, // would have begun on Sunday
		{"sun 22:00-7:00", "2026-03-02 06:00", true},
		{"fri-mon 8:00-9:00", "2026-03-01 08:30", true},
		{"fri-mon 8:00-9:00", "2026-03-03 08:30", false},
		{"22:00-7:00, sat,sun 0:00-24:00", "2026-03-07 12:00", true},
		{"22:00-7:00, sat,sun 0:00-24:00", "2026-03-08 12:00", true},
		{"22:00-7:00, sat,sun 0:00-24:00", "2026-03-09 12:00", false},
		{"22:00-7:00, sat,sun 0:00-24:00", "2026-03-09 23:00", true},
		{" SAT , Sun  0:00-24:00 ", "2026-03-08 12:00", true},
		{"", "2026-03-02 23:00", false},
		{" ", "2026-03-02 23:00", false},
		{"2:00-3:00", "2026-10-25 02:30", true},
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", c.at, mustZone(t, "Europe/Berlin"))
		if err != nil {
			t.Fatal(err)
		}
		if got := quiet(t, c.text, "Europe/Berlin").At(at.UTC()); got != c.want {
			t.Errorf("%q is quiet at %s: %v, want %v", c.text, c.at, got, c.want)
		}
	}
}

func mustZone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestQuietMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"22:00":                  `"22:00" is not a range of hours; use 22:00-7:00`,
		"22-7":                   `"22-7": use times such as 7:05 or 22:00, from 0:00 to 24:00`,
		"22:00-7":                `"22:00-7": use times such as 7:05 or 22:00, from 0:00 to 24:00`,
		"22:00-7:5":              "use times such as",
		"22:00-24:01":            "use times such as",
		"22:00-7:60":             "use times such as",
		"-1:00-7:00":             "use times such as",
		"007:00-8:00":            "use times such as",
		"24:00-7:00":             `"24:00-7:00" begins at 24:00; use 0:00`,
		"8:00-8:00":              `"8:00-8:00" is empty; use 0:00-24:00 for the whole day`,
		"someday 8:00-9:00":      `"someday" is not a day of the week; use mon, tue`,
		"mon- 8:00-9:00":         `"mon-" is not a day of the week`,
		"sat,sun":                `"sat,sun" has no hours; use sat,sun 0:00-24:00 for the whole day`,
		"22:00-7:00,":            `"" is not a range of hours`,
		"22:00-7:00 8:00-9:00 x": `"22:00-7:00 8:00-9:00 x" is not a range of hours`,
		"sat, 22:00-7:00":        `"sat" and "22:00-7:00" must not be separated by a comma; use sat 22:00-7:00`,
	} {
		if _, err := notify.ParseQuiet(text, time.UTC); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseQuiet(%q) = %v, want %q in it", text, err, want)
		}
	}
}

// A table of the quiet minutes of a week must agree with Quiet at any moment in any zone, around clock changes above
// all.
func TestOnlyTheClockOnTheWallCounts(t *testing.T) {
	changes := []struct {
		zone string
		at   time.Time
	}{
		{"Europe/Berlin", time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC)},
		{"Europe/Berlin", time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC)},
		{"America/Vancouver", time.Date(2025, 3, 9, 10, 0, 0, 0, time.UTC)},
		{"Australia/Lord_Howe", time.Date(2026, 4, 4, 15, 0, 0, 0, time.UTC)}, // by half an hour
		{"America/Asuncion", time.Date(2023, 10, 1, 4, 0, 0, 0, time.UTC)},    // midnight is left out
		{"Africa/Cairo", time.Date(2025, 10, 30, 21, 0, 0, 0, time.UTC)},      // 23:00 to 24:00 comes twice
		{"Pacific/Apia", time.Date(2011, 12, 30, 10, 0, 0, 0, time.UTC)},      // a whole day is left out
	}
	rapidtest.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(changes).Draw(t, "change")
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		days := rapid.SliceOfNDistinct(rapid.IntRange(0, 6), 1, 7, rapid.ID[int]).Draw(t, "days")
		from := rapid.IntRange(0, minutes-1).Draw(t, "from")
		length := rapid.IntRange(1, minutes).Draw(t, "length")
		to := from + length
		if to > minutes {
			to -= minutes // 24:00 itself stays
		}
		if to == from {
			t.Skip("a range does not end when it begins")
		}
		marked := map[string]bool{}
		var names []string
		for _, d := range days {
			start := time.Date(2026, 3, 1+d, 0, from, 0, 0, time.UTC) // 2026-03-01 is a Sunday, and UTC has no changes
			names = append(names, time.Weekday(d).String()[:3])
			for m := range length {
				marked[start.Add(time.Duration(m)*time.Minute).Format("Mon 15:04")] = true
			}
		}
		text := fmt.Sprintf("%s %d:%02d-%d:%02d", strings.Join(names, ","), from/60, from%60, to/60, to%60)
		q, err := notify.ParseQuiet(text, zone)
		if err != nil {
			t.Fatal(err)
		}
		at := c.at.Add(time.Duration(rapid.IntRange(-26*60*60, 26*60*60).Draw(t, "seconds")) * time.Second)
		if got, want := q.At(at), marked[at.In(zone).Format("Mon 15:04")]; got != want {
			t.Fatalf("%q is quiet at %s: %v, want %v", text, at.In(zone), got, want)
		}
	})
}

const minutes = 24 * 60

func FuzzParseQuiet(f *testing.F) {
	for _, text := range []string{"", "22:00-7:00", "sat,sun 0:00-24:00", "mon-fri 9:00-17:00, sat 8:00-9:00", ",,", "- -", "x 8:00-9:00", "fri-mon 1:00-0:59"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := notify.ParseQuiet(text, time.UTC)
		if err != nil && q.At(noon()) {
			t.Errorf("ParseQuiet(%q) failed and is quiet", text)
		}
		ever := false
		for h := range 7 * minutes {
			ever = ever || q.At(noon().Add(time.Duration(h)*time.Minute))
		}
		if err == nil && ever != (strings.TrimSpace(text) != "") {
			t.Errorf("%q is quiet at some time of the week: %v", text, ever)
		}
	})
}

func TestWhatIsToldInQuietHours(t *testing.T) {
	q := quiet(t, "22:00-7:00", "UTC")
	for _, c := range []struct {
		kind  notify.Kind
		phase notify.Phase
		want  bool
	}{
		{notify.NeedsExceedMax, notify.Opened, true},
		{notify.NeedsExceedMax, notify.Reminded, false},
		{notify.NeedsExceedMax, notify.Resolved, true},
		{notify.HeartbeatRecovered, notify.Resolved, true},
		{notify.Scaled, "", false},
		{notify.ScaleFailed, "", false},
		{notify.Ping, "", false},
		{notify.ScaleDiffExceeded, "", false},
		{notify.Test, "", true},
	} {
		e := notify.Event{Kind: c.kind, Phase: c.phase, Time: noon().Add(12 * time.Hour)}
		if got := q.Delivers(e); got != c.want {
			t.Errorf("%s %s is delivered at midnight: %v, want %v", c.kind, c.phase, got, c.want)
		}
		e.Time = noon()
		if !q.Delivers(e) || !(notify.Quiet{}).Delivers(e) {
			t.Errorf("%s %s is not delivered at noon", c.kind, c.phase)
		}
	}
}
