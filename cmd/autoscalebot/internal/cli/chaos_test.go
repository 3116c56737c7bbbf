//go:build unix

package cli

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
)

// Network faults hit the platform's API, the heartbeat and a notifier of the running bot. Nothing breaks, and the bot scales
// correctly within two heartbeats after the faults end.
func TestChaos(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 30 s")
	}
	t.Parallel() // waits more than it computes
	api, app, hook := herokutest.NewServer(t), newHeart(t), newHook(t)
	apiLink, appLink, hookLink := newLink(t, "api", api.URL), newLink(t, "app", app.url), newLink(t, "hook", hook.url)
	api.AddApp(dancingForest(app.url, 1))
	const interval = 400 * time.Millisecond
	fine, failing := takes(20*time.Millisecond), func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	app.answer(fine)
	b := start(t, []string{api.Key, hook.secret},
		"HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY="+api.Key, "HEROKU_API_URL="+apiLink.url,
		"HEARTBEAT_URL="+appLink.url+"/autoscalebot/heartbeat/", "STOP_AFTER_UPS_WITHOUT_HELP=0", "HEARTBEAT_INTERVAL_IN_SECONDS=0.4", "HEARTBEAT_JITTER=0",
		"MAX_RESPONSE_TIME_IN_MS=300", "MIN_RESPONSE_TIME_IN_MS=1", "NUMBER_OF_FAILS_TO_SCALE_UP_AFTER=1", "MAX_DYNOS=90",
		"BOOT_TIME_IN_SECONDS=0", "HEARTBEAT_FAIL_ON=5xx", "ADMIN_SOCKET=none",
		"NOTIFICATION_BACKENDS=webhook", "NOTIFY_ON_EVERY_SCALE=true", "WEBHOOK_URL="+hookLink.url, "WEBHOOK_SECRET="+hook.secret,
	)
	web := func() int { return api.Quantity("dancing-forest", "web") }
	for _, toxic := range []string{
		`{"type":"latency","attributes":{"latency":5000}}`,
		`{"type":"reset_peer","attributes":{"timeout":0}}`,
		`{"type":"timeout","attributes":{"timeout":0}}`, // half-open: no data arrives in either direction
		`{"type":"slow_close","attributes":{"delay":5000}}`,
		`{"type":"limit_data","attributes":{"bytes":20}}`,
	} {
		for _, l := range []*link{apiLink, appLink, hookLink} {
			n := web()
			l.poison(t, toxic)
			time.Sleep(2 * interval) // the test needs a fault of this length
			l.cure(t)
			begin := time.Now()
			app.answer(failing) // one such answer adds a dyno; an immediate one stays within the timeout on a busy machine
			b.wait(fmt.Sprintf("a dyno more after %s on the way to %s", toxic, l.name), func() bool { return web() > n })
			app.answer(fine)
			// Two heartbeats, plus the backoff of one call and the delays of a busy machine.
			if took := time.Since(begin); took > 2*interval+5*time.Second {
				t.Errorf("it took %v after %s on the way to %s ended", took, toxic, l.name)
			}
		}
	}
	b.terminate()
	if strings.Contains(b.log.String(), "panic") {
		t.Error("something panicked")
	}
}

// A link is a proxy in front of a server.
type link struct {
	name, url string
	proxy     *toxiproxy.Proxy
}

func newLink(t *testing.T, name, upstream string) *link {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := toxiproxy.NewProxy(server, name, "127.0.0.1:0", strings.TrimPrefix(upstream, "http://"))
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return &link{name, "http://" + p.Listen, p}
}

func (l *link) poison(t *testing.T, toxic string) {
	t.Helper()
	if _, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
		t.Fatal(err)
	}
}

func (l *link) cure(t *testing.T) {
	t.Helper()
	l.proxy.Toxics.ResetToxics(t.Context())
}
