//go:build unix

package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/cloudfoundry/cloudfoundrytest"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
)

// On Cloud Foundry a dyno is an instance: in why, in status, in the log and in a notice.
func TestWordsOfThePlatform(t *testing.T) {
	t.Parallel()
	app, runtime := newHeart(t), t.TempDir()
	srv, env := pushed(t, app.url, 2)
	app.answer(refuses)
	socket := []string{"HEROKU_APP_NAME=shop", "XDG_RUNTIME_DIR=" + runtime}
	b := start(t, []string{cloudfoundrytest.Password}, append(env, "HEARTBEAT_INTERVAL_IN_SECONDS=0.2", "AUTOSCALE_MAX_DYNOS=4",
		"XDG_RUNTIME_DIR="+runtime)...)
	ask := func(args ...string) string {
		o := runOnce(t, socket, args...)
		return o.stdout + o.stderr
	}
	b.wait("an answer", func() bool { return runOnce(t, socket, "status").code == exitFine })
	ask("scale", "3", "for", "1h")
	b.wait("a third instance", func() bool { return srv.Instances("shop", "web") == 3 })

	const want = " set an override of 3 instances until "
	b.wait("why", func() bool { return strings.Contains(ask("why", "-n", "1"), want) })
	b.wait("status", func() bool { return strings.Contains(ask("status"), want) })
	var st admin.Status
	if text := ask("status", "--json"); json.Unmarshal([]byte(text), &st) != nil || st.Unit != "instance" || st.Last.Unit != "instance" {
		t.Errorf("status --json has no unit: %s", text)
	}
	b.wait("the notice", func() bool { return strings.Contains(b.log.String(), want) })
	b.terminate()
	if text := b.log.String(); strings.Contains(text, "3 dynos") {
		t.Errorf("the log says dynos:\n%s", text)
	}
}
