package when_test

import (
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/when"
)

// What time.ParseDuration accepts without a sign means the same here, if the units are in their order.
func FuzzDuration(f *testing.F) {
	for _, text := range []string{"2h", "1h30m", "1.5h", "0", "90", "1d12h", "a week", "2 hours and 5 min", "1m1h", "36501d", "1ms5us", "9223372036854775807ns", "0.3s", "1.000000000000000001h"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := when.Duration(text, 0)
		if err != nil {
			if err.Error() == "" || len(err.Error()) > 400 {
				t.Errorf("%q gives the error %v", text, err)
			}
			return
		}
		if d < 0 || d > when.Longest {
			t.Errorf("%q is %v", text, d)
		}
		if again, err := when.Duration(d.String(), 0); err != nil || again != d {
			t.Errorf("%q is %v, which is %v, %v", text, d, again, err)
		}
		if std, err := time.ParseDuration(text); err == nil && (std-d).Abs() > 1 {
			t.Errorf("%q is %v, and %v for the standard library", text, d, std)
		}
	})
}

func FuzzMoment(f *testing.F) {
	for _, text := range []string{
		"now", "2h", "15:00", "3 pm yesterday", "fri 9:00", "friday", "2026-11-29 15:00 CET", "2:30", "2026-03-29 02:30", "2026-10-25T02:30", "23:30 UTC", "15:00+05:30",
		"2026-11-29T15:00:00.5Z", "in a week", "2 days ago", "today", "2011-12-30", "12am", "29.11.2026",
	} {
		f.Add(text, int64(1774785600), uint8(0), true)
		f.Add(text, int64(1792936800), uint8(1), false)
	}
	zones := []*time.Location{
		zone(f, "Europe/Berlin"), zone(f, "America/New_York"), zone(f, "America/Sao_Paulo"), zone(f, "Pacific/Apia"), zone(f, "Australia/Lord_Howe"), time.UTC,
		zone(f, "Africa/Casablanca"), zone(f, "Antarctica/Troll"),
	}
	f.Fuzz(func(t *testing.T, text string, at int64, place uint8, future bool) {
		r := when.Reader{Now: time.Unix(at%4_000_000_000, 0), Zone: zones[int(place)%len(zones)]}
		if future {
			r.Toward = when.Future
		}
		m, err := r.Moment(text)
		if err != nil {
			if !m.IsZero() || len(err.Error()) > 500 {
				t.Errorf("%q gives %v and %v", text, m, err)
			}
			return
		}
		if m.Location() != r.Zone || m.Year() < 1969 || m.Year() > 2200 {
			t.Errorf("%q is %v", text, m)
		}
		if again, err := r.Moment(m.Format(time.RFC3339Nano)); err != nil || !again.Equal(m.Time) {
			t.Errorf("%q is %v, which is %v, %v", text, m, again, err)
		}
		// A time of day without a day or a zone is the one that the clocks show, on the right side of now.
		c, cerr := time.Parse("15:04", strings.TrimSpace(text))
		if cerr != nil {
			return
		}
		if m.Hour() != c.Hour() || m.Minute() != c.Minute() || m.Second() != 0 {
			t.Errorf("%q is %v", text, m)
		}
		if away := m.Sub(r.Now); future != (away > 0) || away.Abs() > 49*time.Hour {
			t.Errorf("%q is %v at %v", text, m, r.Now.In(r.Zone))
		}
	})
}
