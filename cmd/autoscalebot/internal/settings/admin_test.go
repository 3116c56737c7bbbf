package settings_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
)

func TestAdminNeedsNoOtherSetting(t *testing.T) {
	env(t, "HEROKU_API_KEY=", "MAX_DYNOS=many", "TIME_ZONE=Europe/Berlin", "ADMIN_ADDR=127.0.0.1:7070", "AUTOSCALE_ADMIN_TOKEN="+secret)
	s, err := settings.LoadAdmin()
	must(t, err)
	if s.HerokuAppName != "dancing-forest" || s.AdminAddr != "127.0.0.1:7070" || s.AdminToken.Reveal() != secret || s.TimeZone.String() != "Europe/Berlin" {
		t.Errorf("got %+v", s)
	}
}

func TestAdminMistakes(t *testing.T) {
	const short = "shortt0ken"
	for _, c := range []struct {
		env  []string
		want string
	}{
		{[]string{"ADMIN_ADDR=:7070"}, "ADMIN_TOKEN: is not set; ADMIN_ADDR needs it. Create one with: openssl rand -hex 16"},
		{[]string{"ADMIN_ADDR=localhost", "ADMIN_TOKEN=" + secret}, `ADMIN_ADDR: "localhost": must be host:port, such as 127.0.0.1:7070`},
		{[]string{"ADMIN_ADDR=:7070", "ADMIN_TOKEN=" + short}, "ADMIN_TOKEN: must have at least 16 printable ASCII characters without spaces. Create one with: openssl rand -hex 16"},
		{[]string{"ADMIN_ADDR=:7070", "ADMIN_TOKEN=" + short + " and more words"}, "ADMIN_TOKEN: must have at least 16 printable ASCII characters without spaces. Create one with: openssl rand -hex 16"},
	} {
		env(t, c.env...)
		want := "a setting is wrong:\n  " + c.want
		if _, err := settingstest.Load(); err == nil || err.Error() != want {
			t.Errorf("Load with %v: error is\n%v\nwant\n%s", c.env, err, want)
		}
		if _, err := settings.LoadAdmin(); err == nil || err.Error() != want || strings.Contains(err.Error(), short) {
			t.Errorf("LoadAdmin with %v: error is\n%v\nwant\n%s", c.env, err, want)
		}
	}
}

func TestSocketPath(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", "/run/user/1")
	path := func(app string, pairs ...string) string {
		env(t, pairs...)
		s, err := settings.LoadAdmin()
		must(t, err)
		s.HerokuAppName = settings.Text(app)
		return s.SocketPath()
	}
	if got := path("forest"); filepath.Dir(filepath.Dir(got)) != "/run/user/1" || filepath.Base(got) != "forest-web.sock" {
		t.Errorf("the path is %s", got)
	}
	if got := path("forest", "ADMIN_SOCKET=None"); got != "" {
		t.Errorf("switched off, the path is %s", got)
	}
	if got := path("forest", "ADMIN_SOCKET=/run/bot.sock"); got != "/run/bot.sock" {
		t.Errorf("the path is %s, want the one given", got)
	}
	taken := map[string]string{}
	for _, app := range []string{"forest", "Forest", "my app", "my-app", "my/../app", strings.Repeat("x", 300), strings.Repeat("x", 301), "wälder", ""} {
		for _, process := range []string{"web", "worker"} {
			got := path(app, "HEROKU_PROCESS_TYPE="+process)
			if other, ok := taken[got]; ok || filepath.Dir(filepath.Dir(got)) != "/run/user/1" || len(got) > 100 {
				t.Errorf("%s of %q has the path %s, as %q has", process, app, got, other)
			}
			taken[got] = process + " of " + app
		}
	}
	t.Setenv("XDG_RUNTIME_DIR", "")
	if got := path("forest"); filepath.Dir(filepath.Dir(got)) != filepath.Clean(os.TempDir()) {
		t.Errorf("without a runtime folder the path is %s", got)
	}
}
