//go:build unix

package cli

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// On Heroku the price of a dyno is that of its size, in status and in the report, without any setting about money.
func TestHerokusPriceIsKnownWithoutASetting(t *testing.T) {
	t.Parallel()
	api, app := herokutest.NewServer(t), newHeart(t)
	app.answer(takes(60 * time.Millisecond))
	forest := dancingForest(app.url, 2)
	forest.Formation[0].Size = "Standard-2X"
	api.AddApp(forest)
	env := []string{
		"HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY=" + api.Key, "HEROKU_API_URL=" + api.URL, "XDG_RUNTIME_DIR=" + t.TempDir(),
		"HISTORY=sqlite:" + filepath.Join(t.TempDir(), "history.db"),
		"HEARTBEAT_INTERVAL_IN_SECONDS=0.5", "MIN_RESPONSE_TIME_IN_MS=1",
	}
	b := start(t, []string{api.Key}, env...)
	b.wait("a price in the status", func() bool {
		return strings.Contains(runOnce(t, env, "status").stdout, "$50 a month, the present 2 $100")
	})
	b.wait("money in the report", func() bool {
		o := runOnce(t, env, "report", "--out", filepath.Join(t.TempDir(), "report.html"))
		return strings.Contains(o.stdout, "at the maximum") && strings.Contains(o.stdout, "$")
	})
}

// The price of a report is the newest that is known, also where the bot began anew while the platform did not answer.
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
	r, err := readReport(t.Context(), db, &settings.Settings{}, begin, begin.Add(time.Hour))
	if err != nil || r.Price != 25 {
		t.Errorf("the price is %g, %v, want 25", r.Price, err)
	}
}
