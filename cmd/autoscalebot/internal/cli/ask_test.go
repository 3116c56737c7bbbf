//go:build unix

package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/porttest"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
)

// The built binary runs as a bot, and as commands that talk to it through the socket and over TCP.
func TestARunningBotIsAsked(t *testing.T) {
	t.Parallel() // waits more than it computes
	app, runtime := newHeart(t), t.TempDir()
	app.answer(takes(60 * time.Millisecond))
	count := filepath.Join(t.TempDir(), "count")
	if err := os.WriteFile(count, []byte("2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	addr := porttest.Addr(t)
	const token = "adm1n-t0ken-0123456789"
	socket := []string{"HEROKU_APP_NAME=my forest", "XDG_RUNTIME_DIR=" + runtime}
	tcp := []string{"ADMIN_ADDR=" + addr, "ADMIN_TOKEN=" + token}
	b := start(t, []string{token}, append(append([]string{
		"PATH=" + os.Getenv("PATH"), "PLATFORM=command", "COUNT_COMMAND=cat " + count, `SCALE_COMMAND=sh -c 'echo "$DYNOS" >` + count + `'`,
		"HEARTBEAT_URL=" + app.url + "/autoscalebot/heartbeat/", "HEARTBEAT_INTERVAL_IN_SECONDS=0.2", "HEARTBEAT_TIMEOUT_IN_SECONDS=0.15",
		"MAX_RESPONSE_TIME_IN_MS=20", "MIN_RESPONSE_TIME_IN_MS=1", "NUMBER_OF_FAILS_TO_SCALE_UP_AFTER=15", "MAX_DYNOS=4",
	}, socket...), tcp...)...)
	dynos := func() string {
		text, _ := os.ReadFile(count)
		return strings.TrimSpace(string(text))
	}
	asked := func(env []string, want string, args ...string) {
		t.Helper()
		if o := runOnce(t, env, args...); o.code != exitFine || !strings.Contains(o.stdout, want) {
			t.Errorf("%v: code %d, want %q\n%s%s", args, o.code, want, o.stdout, o.stderr)
		}
	}
	why := func() string { return runOnce(t, socket, "why", "-n", "1").stdout }

	b.wait("an answer", func() bool { return runOnce(t, socket, "status").code == exitFine })
	asked(socket, "scaling up is paused until ", "pause", "up", "1h")
	b.wait("the pause to bite", func() bool {
		return strings.Contains(why(), "held at 2: ") && strings.Contains(why(), "desired 3, but scaling up is paused for ")
	})
	asked(tcp, "control         scaling up is paused until ", "status")
	asked(socket, " set an override of 3 instances until ", "scale", "3", "for", "1h")
	b.wait("3 dynos", func() bool { return dynos() == "3" })
	asked(tcp, "scaling up is paused until ", "scale", "auto")
	asked(tcp, "no pause and no override: the bot decides by itself", "resume")
	b.wait("4 dynos", func() bool { return dynos() == "4" })

	var st admin.Status
	if o := runOnce(t, tcp, "status", "--json"); json.Unmarshal([]byte(o.stdout), &st) != nil || st.App != "my forest" || st.LastChange == nil {
		t.Errorf("status --json: %s%s", o.stdout, o.stderr)
	}
	for line := range strings.Lines(runOnce(t, socket, "why", "--json", "-n", "3").stdout) {
		var r record.Record
		if err := json.Unmarshal([]byte(line), &r); err != nil || len(r.Readings) != 1 || !strings.Contains(line, `"why":"`) {
			t.Errorf("why --json: %v in %s", err, line)
		}
	}
	asked(tcp, " scaled 2 → 3: ", "why", "--since", "1h", "--changes")
	asked(tcp, "\n> was in force at ", "why", "--at", "now", "-n", "1")
	if o := runOnce(t, socket, "scale", "5"); o.code != exitWork || o.stderr != "autoscalebot: the bot refused: 5 is outside the limits now in force, 1 to 4\n" {
		t.Errorf("scale 5: code %d, %s", o.code, o.stderr)
	}

	// A second bot for the same app warns, and still runs.
	second := start(t, []string{token}, append(append([]string{"DRY_RUN=true"}, b.cmd.Env...), "ADMIN_ADDR=")...)
	second.wait("a warning", func() bool { return strings.Contains(second.log.String(), "another bot already listens on "+runtime) })
	second.wait("a heartbeat", func() bool { return strings.Contains(second.log.String(), "held at 4") })
	second.terminate()
	asked(socket, "app             my forest web", "status")

	b.terminate()
	if o := runOnce(t, socket, "status"); o.code != exitWork || !strings.Contains(o.stderr, "the bot does not answer at "+runtime) {
		t.Errorf("after the bot ended: code %d, %s", o.code, o.stderr)
	}
	if left, err := filepath.Glob(filepath.Join(runtime, "autoscalebot-*", "*")); err != nil || len(left) > 0 {
		t.Errorf("the bot left %v behind, %v", left, err)
	}
	if !strings.Contains(b.log.String(), "somebody paused scaling") {
		t.Error("the log does not mention the pause")
	}
}
