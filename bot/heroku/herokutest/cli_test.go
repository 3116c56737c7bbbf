package herokutest_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
)

func cli(t *testing.T, srv *herokutest.Server, key string) func(args ...string) (output string, ok bool) {
	t.Helper()
	if testing.Short() {
		t.Skip("the Heroku CLI takes about 3 s a call, which is not -short")
	}
	path := os.Getenv("HEROKU_CLI")
	if path == "" {
		found, err := exec.LookPath("heroku")
		if err != nil {
			t.Skip("the Heroku CLI is not installed: npm i heroku@11.10.0, then set HEROKU_CLI to node_modules/.bin/heroku, or put it on the PATH")
		}
		path = found
	}
	home := t.TempDir()
	env := []string{
		"PATH=" + filepath.Dir(path) + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + home,
		"HEROKU_HOST=" + srv.URL, "HEROKU_API_KEY=" + key, "HEROKU_PARTICLEBOARD_URL=" + srv.URL,
		"DISABLE_TELEMETRY=true", "HEROKU_SKIP_NEW_VERSION_CHECK=true", "NO_COLOR=1", "NODE_OPTIONS=--require=" + metricsHere(t),
	}
	return func(args ...string) (string, bool) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, path, args...)
		cmd.Env, cmd.Dir = env, home
		out, err := cmd.CombinedOutput()
		t.Logf("heroku %s\n%s", strings.Join(args, " "), out)
		return string(out), err == nil
	}
}

// The CLI knows only the name of the metrics API: the module has it on loopback, at the port of the Platform API.
func metricsHere(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "metrics.cjs")
	const module = `const dns = require('dns'), lookup = dns.lookup
dns.lookup = (host, ...rest) => lookup(host === 'api.metrics.heroku.com' ? '127.0.0.1' : host, ...rest)
`
	must(t, os.WriteFile(path, []byte(module), 0o600))
	return path
}

func TestTheHerokuCLIScalesTheFake(t *testing.T) {
	srv := herokutest.NewServer(t)
	heroku := cli(t, srv, srv.Key)
	srv.AddApp(herokutest.App{Name: "my-app", Formation: []herokutest.Process{
		{Type: "web", Quantity: 1}, {Type: "mail", Quantity: 1, Size: "Basic"},
	}})
	for _, c := range []struct {
		args      string
		ok        bool
		want      string
		web, mail int
	}{
		{"ps:scale web=2", true, "now running web at 2:Standard-1X", 2, 1},
		{"ps:scale web+2", true, "now running web at 4:Standard-1X", 4, 1},
		{"ps:scale web-1:standard-2x mail=0", true, "web at 3:Standard-2X", 3, 0},
		{"ps:scale web=1 mail=2", false, "Cannot update to more than 1 Basic size dynos", 3, 0},
		{"ps:scale clock=1", false, "Couldn't find that process type (clock)", 3, 0},
		{"ps:scale", true, "web=3:Standard-2X", 3, 0},
		{"ps", true, "web.3: up", 3, 0},
		{"ps:wait", true, "", 3, 0},
		{"ps:restart web.2", true, "Restarting dyno", 3, 0},
		{"ps:restart web", true, "done", 3, 0},
		{"ps:restart --process-type web", true, "done", 3, 0},
		{"ps:restart web.9", false, "Couldn't find that dyno", 3, 0},
		{"ps:restart", true, "Restarting", 3, 0},
		{"ps:stop web.1", true, "Stopping", 3, 0},
		{"apps:info", true, "Dynos: web: 3", 3, 0},
		{"maintenance:on", true, "", 3, 0},
		{"maintenance", true, "on", 3, 0},
	} {
		out, ok := heroku(append(strings.Fields(c.args), "--app", "my-app")...)
		if ok != c.ok || !strings.Contains(strings.Join(strings.Fields(out), " "), c.want) {
			t.Errorf("heroku %s: ok = %v, want %v and %q in:\n%s", c.args, ok, c.ok, c.want, out)
		}
		if web, mail := srv.Quantity("my-app", "web"), srv.Quantity("my-app", "mail"); web != c.web || mail != c.mail {
			t.Errorf("after heroku %s there are %d web and %d mail dynos, want %d and %d", c.args, web, mail, c.web, c.mail)
		}
	}
}

func TestTheHerokuCLIListsApps(t *testing.T) {
	srv := herokutest.NewServer(t)
	heroku := cli(t, srv, srv.Key)
	srv.AddApp(herokutest.App{Name: "my-app"})
	srv.AddApp(herokutest.App{Name: "your-app"})
	if out, ok := heroku("apps"); !ok || !strings.Contains(out, "my-app") || !strings.Contains(out, "your-app") {
		t.Errorf("heroku apps: ok = %v\n%s", ok, out)
	}
}

func TestTheHerokuCLIIsRefusedWithAWrongKey(t *testing.T) {
	srv := herokutest.NewServer(t)
	heroku := cli(t, srv, "another-key")
	srv.AddApp(herokutest.App{Name: "my-app"})
	if out, ok := heroku("ps", "--app", "my-app"); ok || !strings.Contains(out, "HEROKU_API_KEY is invalid") {
		t.Errorf("heroku ps with a wrong key: ok = %v\n%s", ok, out)
	}
}

func TestTheHerokuCLIAutoscalesTheFake(t *testing.T) {
	srv := herokutest.NewServer(t)
	heroku := cli(t, srv, srv.Key)
	srv.AddApp(herokutest.App{Name: "my-app", Formation: []herokutest.Process{{Type: "web", Quantity: 2, Size: "Performance-M"}}})
	for _, c := range []struct {
		args string
		ok   bool
		want herokutest.Autoscaling
	}{
		{"ps:autoscale:disable", false, herokutest.Autoscaling{}},
		{"ps:autoscale:enable --min 2 --max 5", true, herokutest.Autoscaling{On: true, Min: 2, Max: 5, P95: 1000}},
		{"ps:autoscale:enable --min 3 --max 8 --p95 700", true, herokutest.Autoscaling{On: true, Min: 3, Max: 8, P95: 700}},
		{"ps:autoscale:disable", true, herokutest.Autoscaling{Min: 3, Max: 8, P95: 700}},
	} {
		out, ok := heroku(append(strings.Fields(c.args), "--app", "my-app")...)
		if got := srv.Autoscaling("my-app"); ok != c.ok || got != c.want {
			t.Errorf("heroku %s: ok = %v, %+v, want %v, %+v:\n%s", c.args, ok, got, c.ok, c.want, out)
		}
	}
}
