//go:build unix

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/porttest"
)

// The commands that the bot runs get its whole environment, but of its secrets only those that COMMAND_ENV names.
func TestCommandsOfARunningBotGetNoSecrets(t *testing.T) {
	t.Parallel()
	const secret = "s3cret-0123456789-abcdef"
	app := newHeart(t)
	serve := "exec " + binary(t) + " sample-app"
	for name, c := range map[string]struct {
		runs string // the commands that are run
		env  []string
	}{
		"commands":  {"count scale", []string{"PLATFORM=command", "COUNT_COMMAND=env > count.new; mv count.new count; echo 1", "SCALE_COMMAND=env > scale; true"}},
		"processes": {"local", []string{"PLATFORM=local", "LOCAL_COMMAND=env > local; " + serve, "LOCAL_ADDR=" + porttest.Addr(t)}},
		"servers by commands": {"list create", []string{
			"PLATFORM=pool", "POOL_PROVIDER=command", "POOL_LIST_COMMAND=env > list.new; mv list.new list; echo '[]'", "POOL_CREATE_COMMAND=env > create; exit 1",
			"POOL_DESTROY_COMMAND=true", "POOL_BALANCER=none", "SIZES=small",
		}},
		"servers of processes": {"local", []string{"PLATFORM=pool", "POOL_PROVIDER=local", "LOCAL_COMMAND=env > local; " + serve, "POOL_BALANCER=none"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for i, pair := range c.env {
				key, value, _ := strings.Cut(pair, "=")
				if strings.HasSuffix(key, "_COMMAND") {
					c.env[i] = key + "=cd " + dir + "; " + value
				}
			}
			b := start(t, []string{secret}, append(c.env, "PATH="+os.Getenv("PATH"), "HEROKU_APP_NAME=shop", "HEARTBEAT_URL="+app.url+"/autoscalebot/heartbeat/", "HEARTBEAT_INTERVAL_IN_SECONDS=0.3",
				"MIN_DYNOS=2", "MAX_DYNOS=3", "HISTORY=none", "ADMIN_SOCKET=none", "MY_OWN=kept", "COMMAND_ENV=AWS_SESSION_TOKEN",
				"AWS_SESSION_TOKEN=passed", "AWS_SECRET_ACCESS_KEY="+secret, "DASHBOARD_PASSWORD="+secret, "DEADMAN_URL=http://127.0.0.1:1/"+secret,
				"DATABASE_URL=postgres://bot:"+secret+"@127.0.0.1:1/bot", "OTEL_EXPORTER_OTLP_HEADERS=api-key="+secret)...)
			for name := range strings.FieldsSeq(c.runs) {
				var text []byte
				b.wait("the "+name+" command", func() bool {
					text, _ = os.ReadFile(filepath.Join(dir, name))
					return strings.Contains(string(text), "MY_OWN=kept")
				})
				if strings.Contains(string(text), secret) || !strings.Contains(string(text), "AWS_SESSION_TOKEN=passed") {
					t.Errorf("the %s command gets\n%s", name, text)
				}
			}
			b.terminate()
		})
	}
}
