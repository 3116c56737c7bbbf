//go:build unix

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/heroku"
	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
	"github.com/autoscalebot/autoscalebot/bot/porttest"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
)

// A stuck notifier never returns.
type stuck struct{}

func (stuck) Notify(ctx context.Context, _ notify.Event) error {
	<-ctx.Done()
	return ctx.Err()
}

// After any fault of the API, the heartbeat or a notifier the bot continues. It changes nothing while data are missing,
// scales as soon as the fault is gone, leaks no goroutine and shows no secret.
func TestFaults(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	base := faultySettings(t)
	for _, c := range []struct {
		name    string
		api     *herokutest.Fault
		beat    http.HandlerFunc
		outcome probe.Outcome
	}{
		{"API: 500", &herokutest.Fault{Status: 500, ID: "internal_server_error", Message: "oops"}, nil, probe.Answered},
		{"API: 429", &herokutest.Fault{Status: 429, ID: "rate_limit", Message: "slow down"}, nil, probe.Answered},
		{"API: 401", &herokutest.Fault{Status: 401, ID: "unauthorized", Message: "Invalid credentials provided."}, nil, probe.Answered},
		{"API: hangs", &herokutest.Fault{Hang: true}, nil, probe.Answered},
		{"API: garbage", &herokutest.Fault{Status: 200, Body: "<html>maintenance</html>"}, nil, probe.Answered},
		{"API: half-closed", &herokutest.Fault{Cut: true}, nil, probe.Answered},
		{"heartbeat: reset", nil, refuses, probe.Unreachable},
		{"heartbeat: slow", nil, takes(time.Minute), probe.Timeout},
		{"heartbeat: dribbling", nil, dribbles, probe.Timeout},
		{"heartbeat: endless body", nil, endless, probe.Answered},
		{"heartbeat: redirect loop", nil, loops, probe.BadAnswer},
		{"heartbeat: 404", nil, http.NotFound, probe.ClientError},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newFaultyWorld(t, base)
			if c.api != nil {
				w.mend = w.api.Fail(*c.api)
			}
			if c.beat != nil {
				w.heart.answer(c.beat)
			}
			r := w.tick()
			if hb, _ := r.Heartbeat(); hb.Outcome != c.outcome {
				t.Errorf("the heartbeat's outcome is %q (%s), want %q", hb.Outcome, hb.Error, c.outcome)
			}
			if (c.api != nil) != (r.Action == record.Failed) {
				t.Errorf("the tick was %q: %s", r.Action, r.Why())
			}
			if n := w.api.Quantity("dancing-forest", "web"); n != 2 {
				t.Errorf("the fault changed the number of dynos to %d", n)
			}
			w.recovers()
		})
	}
	t.Run("heartbeat: bad TLS", func(t *testing.T) {
		t.Parallel()
		w := newFaultyWorld(t, base)
		srv := httptest.NewTLSServer(http.HandlerFunc(takes(0)))
		defer srv.Close()
		prober, err := probe.NewHeartbeat(probe.HeartbeatOptions{URL: srv.URL, Timeout: 10 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if r := prober.Probe(t.Context()); r.Outcome != probe.Unreachable {
			t.Errorf("the outcome is %q (%s), want unreachable", r.Outcome, r.Error)
		}
		w.recovers()
	})
	t.Run("heartbeat: refused", func(t *testing.T) {
		t.Parallel()
		prober, err := probe.NewHeartbeat(probe.HeartbeatOptions{URL: "http://" + porttest.Addr(t) + "/", Timeout: 10 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if r := prober.Probe(t.Context()); r.Outcome != probe.Unreachable {
			t.Errorf("the outcome is %q (%s), want unreachable", r.Outcome, r.Error)
		}
	})
}

func dribbles(w http.ResponseWriter, r *http.Request) {
	for {
		_, _ = w.Write([]byte("."))
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func endless(w http.ResponseWriter, _ *http.Request) {
	for block := bytes.Repeat([]byte("Beat"), 4096); ; {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

func loops(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/autoscalebot/heartbeat/", http.StatusFound)
}

// A faultyWorld is the bot on a fake of Heroku's API, with a notifier that hangs.
type faultyWorld struct {
	t      *testing.T
	api    *herokutest.Server
	heart  *heart
	bot    *bot.Bot
	mend   func()
	log    bytes.Buffer
	record record.Record
}

const beatToken = "beat-t0ken"

// The URL of the API is missing, as it differs in each world.
func faultySettings(t *testing.T) *settings.Settings {
	settingstest.Env(t)
	for name, value := range map[string]string{
		"HEROKU_APP_NAME": "dancing-forest", "HEROKU_API_KEY": "0123-4567", "HEARTBEAT_TOKEN": beatToken,
		"HEARTBEAT_TIMEOUT_IN_SECONDS": "1", "MIN_RESPONSE_TIME_IN_MS": "0", "MAX_RESPONSE_TIME_IN_MS": "400",
		"NUMBER_OF_FAILS_TO_SCALE_UP_AFTER": "2", "NOTIFY_ON_EVERY_PING": "true", "LOG_FORMAT": "json",
	} {
		t.Setenv(name, value)
	}
	s, err := settingstest.Load()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newFaultyWorld(t *testing.T, base *settings.Settings) *faultyWorld {
	w := &faultyWorld{t: t, api: herokutest.NewServer(t), heart: newHeart(t), mend: func() {}}
	w.api.AddApp(dancingForest(w.heart.url, 2))
	own := *base
	s := &own
	s.HerokuAPIKey, s.HerokuAPIURL = settings.Secret(w.api.Key), settings.Text(w.api.URL)
	h := service.NewHost(s, io.Discard, &w.log)
	platform, err := heroku.New(heroku.Options{App: "dancing-forest", Key: w.api.Key, URL: w.api.URL, Timeout: 600 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	prober, err := service.OpenHeartbeat(s, platform)
	if err != nil {
		t.Fatal(err)
	}
	fanout := notify.NewFanout(notify.FanoutOptions{Log: h.Log, Queue: 1}, notify.Target{Name: "stuck", Notifier: stuck{}})
	w.bot = bot.New(service.Options(s, service.Parts{Platform: platform, Heartbeat: prober}, fanout, h))
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = fanout.Close(ctx) // the stuck notifier still holds events
		text, err := json.Marshal(w.record)
		if err != nil {
			t.Error(err)
		}
		for _, secret := range []string{w.api.Key, beatToken} {
			if strings.Contains(w.log.String()+string(text), secret) {
				t.Errorf("the log or a record holds a secret:\n%s\n%s", w.log.String(), text)
			}
		}
	})
	if _, err := platform.WebURL(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.tick() // learns the heartbeat's URL
	return w
}

func (w *faultyWorld) tick() record.Record {
	w.record = w.bot.Tick(w.t.Context(), time.Now())
	return w.record
}

// Two slow heartbeats must suffice once everything works again.
func (w *faultyWorld) recovers() {
	w.t.Helper()
	w.mend()
	w.heart.answer(takes(0))
	w.tick()
	w.heart.answer(takes(500 * time.Millisecond))
	w.tick()
	w.tick()
	if n := w.api.Quantity("dancing-forest", "web"); n != 3 {
		w.t.Errorf("after the fault two slow heartbeats left %d dynos, want 3: %s", n, w.record.Why())
	}
}
