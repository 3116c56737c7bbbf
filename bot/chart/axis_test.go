package chart_test

import (
	"encoding/xml"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/chart"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// In drawing order.
func labels(t *testing.T, p picture) []string {
	t.Helper()
	var doc struct {
		Texts []string `xml:"text"`
	}
	if err := xml.Unmarshal([]byte(svgOf(t, p)), &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Texts
}

func TestTimeAxisFollowsTheWallClock(t *testing.T) {
	for _, tt := range []struct {
		name, zone, from string
		span             time.Duration
		width            int
		want             string
	}{
		{"minutes", "UTC", "2026-11-02T12:03:00Z", 10 * time.Minute, 400, "12:04 12:06 12:08 12:10 12:12 | Mon 2 Nov 2026 UTC"},
		{"an hour", "UTC", "2026-11-02T12:00:00Z", time.Hour, 360, "12:00 12:10 12:20 12:30 12:40 12:50 13:00 | Mon 2 Nov 2026 UTC"},
		{"seconds", "UTC", "2026-11-02T12:00:00Z", 10 * time.Second, 500, "12:00:00 12:00:02 12:00:04 12:00:06 12:00:08 12:00:10 | Mon 2 Nov 2026 UTC"},
		{
			"a quarter of an hour off", "Asia/Kathmandu", "2026-11-02T12:00:00Z", 6 * time.Hour, 480,
			"18:00 19:00 20:00 21:00 22:00 23:00 | Mon 2 Nov 2026 UTC+0545",
		},
		{
			"the clock goes forward", "Europe/Berlin", "2026-03-28T22:00:00Z", 6 * time.Hour, 480,
			"23:00 00:00 01:00 03:00 04:00 05:00 06:00 | Sun 29 Mar",
		},
		{"the clock goes back", "Europe/Berlin", "2026-10-24T22:00:00Z", 6 * time.Hour, 480, "00:00 01:00 02:00 02:00 03:00 04:00 05:00 | Sun 25 Oct 2026 CEST"},
		{"a day", "UTC", "2026-11-02T12:00:00Z", 24 * time.Hour, 400, "12:00 15:00 18:00 21:00 00:00 03:00 06:00 09:00 12:00 | Tue 3 Nov Mon 2 Nov 2026 UTC"},
		{
			"a week over the leap", "America/New_York", "2026-10-30T04:00:00Z", 7*24*time.Hour - time.Minute, 800,
			"Fri 30 Oct Sat 31 Oct Sun 1 Nov Mon 2 Nov Tue 3 Nov Wed 4 Nov Thu 5 Nov | 2026",
		},
		{"a month", "UTC", "2026-11-02T12:00:00Z", 30 * 24 * time.Hour, 800, "Mon 9 Nov Mon 16 Nov Mon 23 Nov Mon 30 Nov | 2026"},
		{"over new year", "UTC", "2026-09-15T00:00:00Z", 200 * 24 * time.Hour, 800, "Oct Nov Dec Jan Feb Mar Apr | 2027 2026"},
		{"decades", "UTC", "1990-01-01T00:00:00Z", 50 * 365 * 24 * time.Hour, 300, "1990 2000 2010 2020 2030"},
		{
			"a midnight that is left out", "America/Santiago", "2026-09-05T04:00:00Z", 120 * time.Hour, 400,
			"Sat 5 Sep Sun 6 Sep Mon 7 Sep Tue 8 Sep Wed 9 Sep | 2026",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			from, err := time.Parse(time.RFC3339, tt.from)
			if err != nil {
				t.Fatal(err)
			}
			c := chart.Chart{From: from, To: from.Add(tt.span), Zone: zone(t, tt.zone), Width: tt.width, Panels: []chart.Panel{{}}}
			got := labels(t, c)
			// The value axis and "no data" come after the time axis.
			end := slices.Index(got, "0")
			if end < 0 {
				t.Fatalf("no zero in %q", got)
			}
			if axis := strings.Join(got[:end], " "); axis != strings.Replace(tt.want, " |", "", 1) {
				t.Errorf("got  %s\nwant %s", axis, tt.want)
			}
		})
	}
}

func TestValueAxisHasNiceTicks(t *testing.T) {
	for _, tt := range []struct {
		name   string
		values []float64
		panel  chart.Panel
		want   string
	}{
		{"whole numbers have whole steps", []float64{1, 2, 1}, chart.Panel{}, "0 1 2"},
		{"hundreds", []float64{80, 950}, chart.Panel{}, "0 200 400 600 800 1,000"},
		{"fractions", []float64{0.11, 0.29}, chart.Panel{}, "0 0.1 0.2 0.3"},
		{"below zero", []float64{-3.5, 4}, chart.Panel{}, "−4 −2 0 2 4"},
		{"millions", []float64{0, 2_400_000}, chart.Panel{}, "0 0.5M 1.0M 1.5M 2.0M 2.5M"},
		{"one value", []float64{7}, chart.Panel{}, "0 2 4 6 8"},
		{"no value", nil, chart.Panel{}, "0 1"},
		{"ends that are set", []float64{7}, chart.Panel{YMin: 0, YMax: 55}, "0 20 40"},
		{"logarithmic", []float64{30, 700}, chart.Panel{Log: true}, "20 50 100 200 500 1,000"},
		{"logarithmic over many decades", []float64{0.001, 7_000_000}, chart.Panel{Log: true}, "0.001 0.1 10 1,000 100,000 10M"},
		{"a bound above all", []float64{100}, chart.Panel{Levels: []chart.Level{{Y: 1000}}}, "0 200 400 600 800 1,000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.panel.Lines = []chart.Line{{Points: every(time.Minute, tt.values...)}}
			c := chart.Chart{From: noon(), To: noon().Add(time.Hour), Width: 300, Panels: []chart.Panel{tt.panel}}
			got := labels(t, c)
			_, after, ok := strings.Cut(strings.Join(got, " "), "UTC ")
			if after = strings.TrimSuffix(after, " no data"); !ok || after != tt.want {
				t.Errorf("got  %s\nwant %s", after, tt.want)
			}
		})
	}
}
