//go:build unix

package cli

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
)

// On Heroku status and the report know the price of the dyno size without a setting.
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
		return strings.Contains(runOnce(t, env, "status").stdout, "$50 a month for each dyno, $100 for the present 2")
	})
	b.wait("money in the report", func() bool {
		o := runOnce(t, env, "report", "--out", filepath.Join(t.TempDir(), "report.html"))
		return strings.Contains(o.stdout, "at the maximum") && strings.Contains(o.stdout, "$")
	})
}
