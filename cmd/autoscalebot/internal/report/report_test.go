package report_test

import (
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/report"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// Dyno-hours come from the time between heartbeats, not from the number of heartbeats or the last dynos of a bucket.
func TestSumIsThatOfTheTimesBetweenHeartbeats(t *testing.T) {
	begin := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	r := report.Report{Price: 720, Series: history.Series{Step: time.Hour, Points: []history.Point{ // one dollar a dyno-hour
		{Time: begin, Heartbeats: 60, Dynos: 1, DynoSeconds: 4 * 3600, Seconds: 3600, MaxDynoSeconds: 5 * 3600, Max: 5},
		{Time: begin.Add(time.Hour), Heartbeats: 720, Dynos: 0, DynoSeconds: 0, Seconds: 1800, MaxDynoSeconds: 5 * 1800, Max: 5},
		{Time: begin.Add(2 * time.Hour), Heartbeats: 1, Dynos: 3, Max: 5},
	}}}
	s := r.Sum()
	if s.DynoHours != 4 || s.MaxHours != 7.5 || s.Dollars != 4 || s.MaxDollars != 7.5 {
		t.Errorf("%+v, want 4 and 7.5 hours and dollars", s)
	}
}

// The report uses the newest known price, even if the bot restarted while the platform was down.
func TestAReportKnowsThePriceOfBefore(t *testing.T) {
	t.Parallel()
	db, err := history.Open(t.Context(), history.Options{URL: "memory", App: "forest", ProcessType: "web"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close(t.Context()) }()
	begin := time.Date(2026, 11, 10, 0, 0, 0, 0, time.UTC)
	for i, price := range []float64{50, 25, 0, 0} {
		r := record.Record{Time: begin.Add(time.Duration(i) * time.Minute), App: "forest", ProcessType: "web", Dynos: 2, Action: record.Held, Price: price}
		r.Decision.Verdict = decide.OK
		if err := db.Record(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := report.Read(t.Context(), db, &settings.Settings{}, begin, begin.Add(time.Hour))
	if err != nil || r.Price != 25 {
		t.Errorf("the price is %g, %v, want 25", r.Price, err)
	}
	if len(r.Months) != 1 || !r.Months[0].Begin.Equal(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)) || r.Months[0].Total.DynoHours < 0.09 {
		t.Errorf("the months are %+v", r.Months)
	}
	var page strings.Builder
	if err := r.HTML(&page); err != nil || !strings.Contains(page.String(), "<td>Nov 2026</td><td>0.1</td>") {
		t.Errorf("%v, no row of the month in\n%s", err, page.String())
	}
}
