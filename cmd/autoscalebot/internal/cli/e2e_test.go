//go:build unix

package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
	"github.com/autoscalebot/autoscalebot/notify"
)

// The built binary runs against fakes of all its servers, from the first heartbeat to SIGTERM.
func TestEndToEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("takes about 20 s")
	}
	t.Parallel() // waits more than it computes
	api := herokutest.NewServer(t)
	app := newHeart(t)
	api.AddApp(dancingForest(app.url, 1))
	hook, mail, chat := newHook(t), newMailbox(t), newChat(t)
	secrets := []string{api.Key, "beat-t0ken", smtpPassword, "xoxb-slack-t0ken", hook.secret, "hook-path-s3cret"}
	b := start(t, secrets,
		"HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY="+api.Key, "HEROKU_API_URL="+api.URL,
		"AUTOSCALE_HEARTBEAT_INTERVAL_IN_SECONDS=0.8", "HEARTBEAT_TIMEOUT_IN_SECONDS=0.75", "HEARTBEAT_TOKEN=beat-t0ken",
		"MAX_RESPONSE_TIME_IN_MS=330", "MIN_RESPONSE_TIME_IN_MS=150",
		"NUMBER_OF_FAILS_TO_SCALE_UP_AFTER=2", "NUMBER_OF_PASSES_TO_SCALE_DOWN_AFTER=2", "MAX_DYNOS=0:00=3,12:00=3", "MANUAL_HOLD_IN_MINUTES=0", "DEPLOY_GRACE_IN_SECONDS=0",
		"NOTIFICATION_BACKENDS=console,log,webhook,email,slack", "NOTIFY_ON_EVERY_SCALE=true", "NOTIFY_ON_SCALE_FAILS=true",
		"WEBHOOK_URL="+hook.url+"/hook-path-s3cret", "WEBHOOK_SECRET="+hook.secret,
		"SMTP_URL=smtp://bot:"+smtpPassword+"@"+mail.addr, "EMAIL_FROM=bot@example.com", "EMAIL_TO=ops@example.com",
		"SLACK_BOT_TOKEN=xoxb-slack-t0ken", "SLACK_CHANNEL=#ops", "SLACK_API_URL="+chat.GetAPIURL(),
		"LOG_FORMAT=json",
	)
	web := func() int { return api.Quantity("dancing-forest", "web") }
	wantWeb := func(n int) {
		t.Helper()
		b.wait(fmt.Sprintf("%d dynos", n), func() bool { return web() == n })
	}
	wantEvent := func(kind notify.Kind, phase notify.Phase) {
		t.Helper()
		b.wait(fmt.Sprintf("%s %s by webhook", kind, phase), func() bool { return hook.take(kind, phase) })
	}

	app.answer(takes(400 * time.Millisecond)) // slow
	wantWeb(3)
	wantEvent(notify.NeedsExceedMax, notify.Opened)
	app.answer(takes(0)) // fast
	wantWeb(1)
	wantEvent(notify.NeedsExceedMax, notify.Resolved)

	app.answer(takes(220 * time.Millisecond)) // ok
	api.SetQuantity("dancing-forest", "web", 7)
	wantWeb(3) // a manual change outside the limits

	mend := api.Fail(herokutest.Fault{Status: 503, ID: "unavailable", Message: "the API is down"})
	wantEvent(notify.ScaleFailed, notify.Opened)
	mend()
	wantEvent(notify.ScaleFailed, notify.Resolved)

	app.answer(refuses)
	wantEvent(notify.HeartbeatUnreachable, notify.Opened)
	app.answer(takes(220 * time.Millisecond))
	wantEvent(notify.HeartbeatRecovered, notify.Resolved)
	if n := web(); n != 3 {
		t.Errorf("an outage of the API and of the heartbeat left %d dynos, want the 3 from before", n)
	}

	app.answer(takes(0))
	wantWeb(2)
	b.terminate() // at once, before its notice is sent

	events := hook.all()
	b.wait("every notice by e-mail", func() bool { return mail.count() == len(events) })
	if mail.pictures.Load() == 0 {
		t.Error("no mail about a scaling carries a picture")
	}
	if n := chat.count(); n != len(events) {
		t.Errorf("Slack got %d notices, the webhook %d", n, len(events))
	}
	if last := events[len(events)-1]; last.Kind != notify.Scaled || last.To != web() {
		t.Errorf("the last notice before the end was %+v, want the change to %d", last, web())
	}
	if got := strings.Count(b.out.String(), "dancing-forest"); got < len(events) {
		t.Errorf("the console has %d notices, the webhook %d:\n%s", got, len(events), b.out.String())
	}
	for line := range strings.Lines(b.log.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("a line of the log is no JSON: %s", line)
		}
	}
}

// After a restart the notices of an open incident continue in its Slack thread.
func TestSlackThreadsSurviveAKill(t *testing.T) {
	if testing.Short() {
		t.Skip("takes about 5 s")
	}
	t.Parallel() // waits more than it computes
	api, app, chat := herokutest.NewServer(t), newHeart(t), newChat(t)
	api.AddApp(dancingForest(app.url, 1))
	app.answer(refuses)
	state := filepath.Join(t.TempDir(), "state.json")
	env := []string{
		"HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY=" + api.Key, "HEROKU_API_URL=" + api.URL, "STATE_FILE=" + state,
		"HEARTBEAT_INTERVAL_IN_SECONDS=0.2", "HEARTBEAT_JITTER=0", "NUMBER_OF_FAILS_TO_SCALE_UP_AFTER=2", "ADMIN_SOCKET=none",
		"CONTROL_URL=none", // on a busy machine its answer takes too long, and the bot would be offline
		"NOTIFICATION_BACKENDS=slack", "SLACK_BOT_TOKEN=xoxb-slack-t0ken", "SLACK_CHANNEL=#ops", "SLACK_API_URL=" + chat.GetAPIURL(),
	}
	b := start(t, nil, env...)
	b.wait("the thread to be kept, and that the notice arrived", func() bool {
		_, err := os.Stat(state + ".slack")
		text, serr := os.ReadFile(state)
		return err == nil && serr == nil && !strings.Contains(string(text), `"undelivered"`)
	})
	_ = b.cmd.Process.Kill()
	<-b.ended
	if chat.count() != 1 || chat.replies.Load() != 0 {
		t.Errorf("Slack got %d notices, %d of them replies, before the kill", chat.count(), chat.replies.Load())
	}
	app.answer(takes(0))
	b = start(t, nil, env...)
	b.wait("the end of the incident in its thread", func() bool { return chat.replies.Load() == 1 })
	b.terminate()
	if text, err := os.ReadFile(state + ".slack"); err != nil || string(text) != "[]" {
		t.Errorf("after the end the threads are %q, %v", text, err)
	}
}

// A second signal some seconds after the first ends the bot at once.
func TestALateSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	app := newHeart(t)
	api := herokutest.NewServer(t)
	api.AddApp(dancingForest(app.url, 9))
	api.Fail(herokutest.Fault{Method: "PATCH", Hang: true})
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	t.Cleanup(hook.Close)
	b := start(t, []string{api.Key}, "HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY="+api.Key, "HEROKU_API_URL="+api.URL,
		"NOTIFICATION_BACKENDS=webhook", "NOTIFY_ON_SCALE_FAILS=true", "WEBHOOK_URL="+hook.URL)
	b.wait("the change that hangs", func() bool {
		return slices.ContainsFunc(api.Calls(), func(c herokutest.Call) bool { return c.Method == "PATCH" })
	})
	b.signal(syscall.SIGTERM)
	time.Sleep(forceAfter + 300*time.Millisecond) // a clean end takes 4 s for the change and 3.5 s for its notice
	begin := time.Now()
	b.signal(syscall.SIGTERM)
	<-b.ended
	if took := time.Since(begin); took > time.Second || b.cmd.ProcessState.ExitCode() != exitWork {
		t.Errorf("ended after %v with code %d, want at once with 1", took, b.cmd.ProcessState.ExitCode())
	}
}

func dancingForest(url string, web int) herokutest.App {
	return herokutest.App{
		Name: "dancing-forest", WebURL: url + "/",
		Formation: []herokutest.Process{{Type: "web", Quantity: web, Size: "Standard-1X", Command: "./web"}},
	}
}
