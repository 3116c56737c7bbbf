package schedule_test

import (
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/autoscalebot/autoscalebot/schedule"
)

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"3", "-1", "", `{"0:00":2,"9:00":5,"17:00":2}`, `{'0:00': 2, '9:00': 5,}`, `{u'9:00':0`,
		"0:00=2,9:00=5,17:00=2", "mon-fri 9:00=5, sat,sun 0:00=2, 2026-12-24 0:00=8",
		"2026-12-24..2026-12-26 0:00=8,fri-mon 9:00=1", "cron(0 9 * * MON-FRI)=5,cron(@daily)=1",
		"cron(TZ=UTC)=5", "cron(0 9 * * 7)=2, cron(0 9 1 * 1-7/2,5-sun)=3", "cron(@every 1s)=5", "cron(* * 29 2 *)=1, cron(*/2 1-5/2 ? JAN 0,3)=2", "0:00=1, 2026-12-01..2099-12-31 mon 9:00=4", "0:00=1, 2026-10-01.. mon,wed 9:00=4, ..2026-12-31 tue cron(0 9 15 * *)=5",
		"24:00=5,9=5,9:5=5,9:00pm=5", "((=,)", "=,=:{",
	} {
		f.Add(seed)
	}
	newYork := zone(f, "America/New_York")
	now := time.Date(2026, 11, 1, 5, 30, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := schedule.Parse(text)
		if err != nil {
			if !reflect.DeepEqual(s, schedule.Series{}) || err.Error() == "" {
				t.Fatalf("Parse(%q) = %v with the error %q", text, s, err)
			}
			return
		}
		again, err := schedule.Parse(s.String())
		if err != nil || !reflect.DeepEqual(s, again) {
			t.Fatalf("Parse(%q) = %v, which reads as %v, %v", text, s, again, err)
		}
		tab, err := schedule.New(schedule.Fixed(0), s, newYork)
		if err != nil {
			t.Fatalf("New(0, %v): %v", s, err)
		}
		if when, l, ok := tab.Next(now); ok && (tab.At(when) != l || l == tab.At(now) || !when.After(now)) {
			t.Fatalf("Next of %v = %s, %v", s, when, l)
		}
		for line := range strings.Lines(tab.Week(now)) {
			if utf8.RuneCountInString(strings.TrimRight(line, "\n")) > 80 {
				t.Fatalf("Week of %v has a line wider than 80 columns: %s", s, line)
			}
		}
		if _, err := schedule.New(s, s, nil); err != nil { // No minimum is above itself.
			t.Fatalf("New(%v, %v): %v", s, s, err)
		}
	})
}
