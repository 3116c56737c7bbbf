//go:build unix

package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/notify"
)

// A bot that is killed, at any moment and repeatedly, continues where it was: its file or history is never torn, no change is made
// twice, and no notice is sent twice.
func TestKillNineRepeatsNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 12 s")
	}
	t.Parallel()
	t.Run("with a state file", func(t *testing.T) {
		t.Parallel()
		state := filepath.Join(t.TempDir(), "state.json")
		killOften(t, []string{"STATE_FILE=" + state}, func() error {
			text, err := os.ReadFile(state)
			if err == nil && !json.Valid(text) {
				return fmt.Errorf("the state file is torn: %q", text)
			}
			if left, _ := filepath.Glob(state + "*unreadable"); len(left) > 0 {
				return fmt.Errorf("left %v", left)
			}
			return nil
		})
	})
	t.Run("with a history", func(t *testing.T) {
		t.Parallel()
		url := "sqlite:" + filepath.Join(t.TempDir(), "history.db")
		killOften(t, []string{"HISTORY=" + url}, func() error {
			db, err := history.Open(t.Context(), history.Options{URL: url, App: "dancing-forest", ProcessType: "web"})
			if err != nil {
				return err
			}
			_, _, err = db.Memory(t.Context())
			return errors.Join(err, db.Close(t.Context()))
		})
	})
}

// A hundred kills, with a check of the stored state after each.
func killOften(t *testing.T, more []string, whole func() error) {
	api, app, hook := herokutest.NewServer(t), newHeart(t), newHook(t)
	api.AddApp(dancingForest(app.url, 1))
	app.answer(takes(30 * time.Millisecond))
	env := append([]string{
		"HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY=" + api.Key, "HEROKU_API_URL=" + api.URL,
		"HEARTBEAT_INTERVAL_IN_SECONDS=0.1", "HEARTBEAT_JITTER=0", "MAX_RESPONSE_TIME_IN_MS=20", "MIN_RESPONSE_TIME_IN_MS=1",
		"NUMBER_OF_FAILS_TO_SCALE_UP_AFTER=9", "MAX_DYNOS=2", "ADMIN_SOCKET=none",
		"NOTIFICATION_BACKENDS=webhook", "NOTIFY_ON_EVERY_SCALE=true", "WEBHOOK_URL=" + hook.url, "WEBHOOK_SECRET=" + hook.secret,
	}, more...)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 100 {
		b := start(t, []string{api.Key, hook.secret}, env...)
		time.Sleep(time.Duration(5+random.IntN(180)) * time.Millisecond) // the moment of the kill must vary
		_ = b.cmd.Process.Kill()
		<-b.ended
		if err := whole(); err != nil {
			t.Fatalf("after kill %d: %v", i+1, err)
		}
	}
	b := start(t, nil, env...)
	b.wait("a heartbeat at the maximum", func() bool { return strings.Contains(b.log.String(), "the maximum is 2") })
	b.terminate()

	changes, told := 0, map[notify.Kind]int{}
	for _, c := range api.Calls() {
		if c.Method == "PATCH" {
			changes++
		}
	}
	ids := map[string]bool{}
	for _, e := range hook.all() {
		if !ids[e.ID] { // a notice from just before a kill may arrive again, with its ID
			told[e.Kind]++
		}
		ids[e.ID] = true
	}
	if changes != 1 || told[notify.Scaled] > 1 || told[notify.NeedsExceedMax] > 1 {
		t.Errorf("the change was asked for %d times, told %v, want once, and once each at the most", changes, told)
	}
}
