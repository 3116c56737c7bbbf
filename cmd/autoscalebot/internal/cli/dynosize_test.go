//go:build unix

package cli

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
	"github.com/autoscalebot/autoscalebot/notify"
)

// The built binary asks Heroku for larger dynos when their memory is full, and logs the reason.
func TestDynoSizesEndToEnd(t *testing.T) {
	t.Parallel()
	var memory atomic.Int64
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"memory": %d}`, memory.Load())
	}))
	t.Cleanup(app.Close)
	memory.Store(60)
	api := herokutest.NewServer(t)
	api.AddApp(herokutest.App{Name: "dancing-forest", Formation: []herokutest.Process{{Type: "web", Quantity: 2}, {Type: "worker", Quantity: 1}}})
	hook := newHook(t)
	b := start(t, []string{api.Key, hook.secret},
		"HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY="+api.Key, "HEROKU_API_URL="+api.URL, "HEARTBEAT_URL=none", "HISTORY=none",
		"HEARTBEAT_INTERVAL_IN_SECONDS=0.3", "DEPLOY_GRACE_IN_SECONDS=0", "LOG_LEVEL=debug",
		"SIGNALS=full[unit=%]=json+"+app.URL+"#memory", "RULES=full max=95 min=20 mean=1s scale=size", "DYNO_SIZES=Standard-1X,standard-2x",
		"NOTIFICATION_BACKENDS=webhook", "NOTIFY_ON_EVERY_SCALE=true", "WEBHOOK_URL="+hook.url, "WEBHOOK_SECRET="+hook.secret,
	)
	b.wait("a reading", func() bool { return strings.Contains(b.log.String(), "full is 60 %") })
	memory.Store(97)
	b.wait("larger dynos", func() bool { return api.Size("dancing-forest", "web") == "Standard-2X" })
	b.wait("a notice of that", func() bool { return hook.take(notify.Scaled, "") })
	b.wait("why there are no larger ones yet", func() bool {
		return strings.Contains(b.log.String(), "; standard-2x is the largest size on the ladder")
	})
	b.terminate()
	const why = "above 95"
	if text := b.log.String(); !strings.Contains(text, "resized standard-1x → standard-2x: full is ") || !strings.Contains(text, why) {
		t.Errorf("the log does not say %q", why)
	}
	if n, other := api.Quantity("dancing-forest", "web"), api.Size("dancing-forest", "worker"); n != 2 || other != "Standard-1X" {
		t.Errorf("%d web dynos, and workers of %s, want 2 as before and Standard-1X", n, other)
	}
}
