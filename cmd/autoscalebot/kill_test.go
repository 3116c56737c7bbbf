//go:build unix

package main

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
	"github.com/autoscalebot/autoscalebot/notify"
)

// However often and whenever the bot is killed, with a state file it goes on from where it was: the file is never torn, a
// change is made once, and nothing is told twice.
func TestKillNineRepeatsNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 30 s")
	}
	api, app, hook := herokutest.NewServer(t), newHeart(t), newHook(t)
	api.AddApp(dancingForest(app.url, 1))
	app.answer(takes(30 * time.Millisecond))
	state := filepath.Join(t.TempDir(), "state.json")
	env := []string{
		"HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY=" + api.Key, "HEROKU_API_URL=" + api.URL, "STATE_FILE=" + state,
		"HEARTBEAT_INTERVAL_IN_SECONDS=0.1", "HEARTBEAT_JITTER=0", "MAX_RESPONSE_TIME_IN_MS=20", "MIN_RESPONSE_TIME_IN_MS=1",
		"NUMBER_OF_FAILS_TO_SCALE_UP_AFTER=9", "MAX_DYNOS=2", "ADMIN_SOCKET=none",
		"NOTIFICATION_BACKENDS=webhook", "NOTIFY_ON_EVERY_SCALE=true", "WEBHOOK_URL=" + hook.url, "WEBHOOK_SECRET=" + hook.secret,
	}
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range 200 {
		b := start(t, []string{api.Key, hook.secret}, env...)
		time.Sleep(time.Duration(5+random.IntN(160)) * time.Millisecond) // the moment of the kill is the point
		_ = b.cmd.Process.Kill()
		<-b.ended
		text, err := os.ReadFile(state)
		if err == nil && !json.Valid(text) {
			t.Fatalf("after kill %d (seed %d) the state file is torn: %q", i+1, seed, text)
		}
	}
	b := start(t, nil, env...)
	b.wait("a heartbeat at the maximum", func() bool { return strings.Contains(b.log.String(), "the maximum of this hour is 2") })
	b.terminate()

	changes, told := 0, map[notify.Kind]int{}
	for _, c := range api.Calls() {
		if c.Method == "PATCH" {
			changes++
		}
	}
	for _, e := range hook.all() {
		told[e.Kind]++
	}
	if changes != 1 || told[notify.Scaled] > 1 || told[notify.NeedsExceedMax] > 1 {
		t.Errorf("seed %d: the change was asked for %d times, told %v, want once, and once each at the most", seed, changes, told)
	}
	if left, _ := filepath.Glob(state + "*unreadable"); len(left) > 0 {
		t.Errorf("seed %d: left %v", seed, left)
	}
}
