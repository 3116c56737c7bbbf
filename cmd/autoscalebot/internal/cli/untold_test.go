//go:build unix

package cli

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
)

// If a kill prevents a notice, the restarted bot sends it once, with the same ID. A delivered notice is not sent again.
func TestANoticeOutlivesAKill(t *testing.T) {
	t.Parallel()
	for name, kept := range map[string]string{"history": "HISTORY=sqlite:", "state": "STATE_FILE="} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app, hook := newHeart(t), newHook(t)
			app.answer(takes(60 * time.Millisecond))
			asked := make(chan struct{}, 100)
			hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				asked <- struct{}{}
				<-r.Context().Done()
			}))
			t.Cleanup(hanging.Close)
			env, dynos := counted(t, app, "1")
			env = append(env, kept+filepath.Join(t.TempDir(), "kept"), "NOTIFICATION_BACKENDS=webhook,log", "NOTIFY_ON_EVERY_SCALE=true",
				"WEBHOOK_SECRET="+hook.secret, "NUMBER_OF_FAILS_TO_SCALE_UP_AFTER=2", "MAX_DYNOS=2", "ADMIN_SOCKET=none")
			b := start(t, nil, append(env, "WEBHOOK_URL="+hanging.URL)...)
			b.wait("the notice to be on its way", func() bool { return len(asked) > 0 && dynos() == "2" })
			b.wait("the log's notice", func() bool { return strings.Count(b.log.String(), "type=scaled") == 1 })
			beats := app.beats.Load() // the bot notes a delivery shortly after it, in parallel to the heartbeats
			b.wait("that to be noted", func() bool { return app.beats.Load() >= beats+3 })
			_ = b.cmd.Process.Kill()
			<-b.ended

			env = append(env, "WEBHOOK_URL="+hook.url)
			b = start(t, nil, env...)
			b.wait("the notice", func() bool { return hook.take(notify.Scaled, "") })
			b.terminate()
			if strings.Contains(b.log.String(), "type=scaled") {
				t.Error("what had arrived in the log is told there again")
			}
			b = start(t, nil, env...)
			b.wait("a heartbeat", func() bool { return strings.Contains(b.log.String(), "held at 2") })
			b.terminate()
			scaled := 0
			for _, e := range hook.all() {
				if e.Kind == notify.Scaled {
					scaled++
				}
			}
			if scaled != 1 {
				t.Errorf("the change was told %d times, want once: %+v", scaled, hook.all())
			}
		})
	}
}
