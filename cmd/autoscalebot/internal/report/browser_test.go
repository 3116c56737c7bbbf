package report_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/autoscalebot/autoscalebot/bot/browsertest"
	"github.com/autoscalebot/autoscalebot/bot/cost"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/report"
)

var chromium browsertest.Browser

func TestMain(m *testing.M) {
	code := m.Run()
	chromium.Close()
	os.Exit(code)
}

// A day with a scale-up and a scale-down.
func day() report.Report {
	begin := time.Date(2026, 11, 10, 0, 0, 0, 0, time.UTC)
	r := report.Report{
		App: "dancing-forest", ProcessType: "web", From: begin, To: begin.Add(24 * time.Hour), Price: 50,
		Series: history.Series{Step: time.Hour},
	}
	month := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	r.Months = []cost.Month{{
		Begin: month, Total: cost.Sum{DynoHours: 2527.5, Dollars: 87.76}, Maximum: cost.Sum{Dollars: 200}, Forecast: &cost.Sum{DynoHours: 2600, Dollars: 187.46},
	}, {Begin: month.AddDate(0, 1, 0), Total: cost.Sum{DynoHours: 10}, UnpricedHours: 10}}
	for hour := range 24 {
		dynos := 2
		if hour >= 9 && hour < 18 {
			dynos = 3
		}
		r.Series.Points = append(r.Series.Points, history.Point{
			Time: begin.Add(time.Duration(hour) * time.Hour), Heartbeats: 60, Slow: hour % 3, MedianMS: 200 + 10*float64(hour), P95MS: 300 + 20*float64(hour),
			LowMS: 220, HighMS: 600, Dynos: dynos, Min: 1, Max: 5, DynoSeconds: 3600 * float64(dynos), MaxDynoSeconds: 5 * 3600, Seconds: 3600,
		})
	}
	for _, c := range []struct{ hour, from, to int }{{9, 2, 3}, {18, 3, 2}} {
		r.Changes = append(r.Changes, record.Record{
			Time: begin.Add(time.Duration(c.hour) * time.Hour), Action: record.Scaled, Dynos: c.from,
			Decision: decide.Decision{From: c.from, To: c.to, Rule: decide.RuleSlow, HeartbeatVerdict: decide.HeartbeatVerdict{Verdict: decide.Slow, Reading: -1}},
		})
	}
	return r
}

// axe-core finds nothing in a report with changes and in one without, on a desktop and on a phone, in light and in dark
// colors. Nothing is wider than the screen.
func TestInABrowserReportsAreForEverybody(t *testing.T) {
	t.Parallel()
	empty := day()
	empty.Series.Points, empty.Changes = nil, nil
	for name, r := range map[string]report.Report{"changes": day(), "nothing": empty} {
		var page bytes.Buffer
		if err := r.HTML(&page); err != nil {
			t.Fatal(err)
		}
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write(page.Bytes())
		}))
		t.Cleanup(srv.Close)
		ctx := chromium.Tab(t, srv.URL)
		browsertest.Run(t, ctx, chromedp.Navigate(srv.URL))
		for _, size := range []struct {
			name          string
			width, height int64
		}{{"desktop", 1280, 800}, {"phone", 390, 844}} {
			var wide int64
			browsertest.Run(t, ctx, chromedp.EmulateViewport(size.width, size.height), chromedp.Evaluate(`document.documentElement.scrollWidth`, &wide))
			if wide > size.width {
				t.Errorf("a report with %s is %d pixels wide on a %s", name, wide, size.name)
			}
			var text float64 // the height of the smallest visible text of the picture
			browsertest.Run(t, ctx, chromedp.Evaluate(`Math.min(...[...document.querySelectorAll("svg text")].filter((e) => e.checkVisibility()).map((e) => e.getBoundingClientRect().height))`, &text))
			if text < 9 {
				t.Errorf("the picture of a report with %s has text of %.1f pixels on a %s", name, text, size.name)
			}
			new(browsertest.Audit).Check(t, ctx, "a report with "+name, size.name)
		}
	}
}
