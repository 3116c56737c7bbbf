package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
)

func TestWordsSayHowLongItLasts(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 10, 24, 17, 0, 0, 0, berlin) // a Saturday; the clocks go back that night
	at := func(day, hour int) admin.End {
		return admin.End{Until: time.Date(2026, 10, day, hour, 0, 0, 0, berlin)}
	}
	for words, want := range map[string]admin.End{
		"": {}, "90": {For: 90 * time.Minute}, "2h": {For: 2 * time.Hour}, "2 hours": {For: 2 * time.Hour}, "for 2 hours": {For: 2 * time.Hour},
		"for a week": {For: 7 * 24 * time.Hour}, "until 18:00": at(24, 18), "until 9:00": at(25, 9), "until tomorrow": at(25, 0), "until fri 9:00": at(30, 9), "until 2026-10-25": at(25, 0),
	} {
		l, err := parseLasting(strings.Fields(words), "x")
		got, endErr := l.end(now, berlin)
		if err != nil || endErr != nil || got.For != want.For || !got.Until.Equal(want.Until) {
			t.Errorf("%q is %+v, %v, %v, want %+v", words, got, err, endErr, want)
		}
	}
	l, err := parseLasting([]string{"until", "2:30"}, "x")
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.end(now, berlin)
	want := `until: "2:30": 02:30 occurs twice on 2026-10-25 in Europe/Berlin, because the clocks go back. Use "2026-10-25 02:30 CEST" or "2026-10-25 02:30 CET"`
	if err == nil || !strings.Contains(err.Error(), want) || !isSettings(err) {
		t.Errorf("until 2:30 in that night: %v", err)
	}
}
