package cloudfoundrytest_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/cloudfoundry/cloudfoundrytest"
)

// cli finds the real cf CLI, and makes a function that runs it with a home of its own.
func cli(t *testing.T) func(args ...string) (output string, ok bool) {
	t.Helper()
	path := os.Getenv("CF_CLI")
	if path == "" {
		found, err := exec.LookPath("cf")
		if err != nil {
			t.Skip("the cf CLI is not installed: go build in the source of code.cloudfoundry.org/cli/v9, then set CF_CLI to it, or put it on the PATH")
		}
		path = found
	}
	home := t.TempDir()
	return func(args ...string) (string, bool) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, path, args...)
		cmd.Env, cmd.Dir = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "CF_HOME=" + home, "CF_COLOR=false", "LC_ALL=en_US.UTF-8"}, home
		out, err := cmd.CombinedOutput()
		t.Logf("cf %s\n%s", strings.Join(args, " "), out)
		return string(out), err == nil
	}
}

func TestTheCLIScalesTheFake(t *testing.T) {
	s := cloudfoundrytest.NewServer(t)
	s.AddApp(cloudfoundrytest.App{Name: "shop", Processes: []cloudfoundrytest.Process{{Type: "web", Instances: 1}, {Type: "worker", Instances: 2}}})
	s.SetSpaceQuota(cloudfoundrytest.Space, cloudfoundrytest.Quota{Name: "small", Instances: 8})
	cf := cli(t)
	if out, ok := cf("api", s.URL, "--skip-ssl-validation"); !ok {
		t.Fatal(out)
	}
	if out, ok := cf("auth", cloudfoundrytest.Username, "wrong"); ok {
		t.Fatal("a wrong password is right: " + out)
	}
	if out, ok := cf("auth", cloudfoundrytest.Username, cloudfoundrytest.Password); !ok {
		t.Fatal(out)
	}
	if out, ok := cf("target", "-o", cloudfoundrytest.Org, "-s", cloudfoundrytest.Space); !ok {
		t.Fatal(out)
	}
	for _, c := range []struct {
		args        string
		ok          bool
		want        string
		web, worker int
	}{
		{"apps", true, "web:1/1, worker:2/2", 1, 2},
		{"app shop", true, "instances: 1/1", 1, 2},
		{"scale shop -i 3", true, "instances: 3/3", 3, 2},
		{"scale shop --process worker -i 4", true, "instances: 4/4", 3, 4},
		{"scale shop -i 6", false, "app_instance_limit", 3, 4},
		{"scale shop --process clock -i 1", false, "Process clock not found", 3, 4},
		{"restart-app-instance shop 0", true, "", 3, 4},
		{"stop shop", true, "", 3, 4},
		{"apps", true, "stopped", 3, 4},
		{"start shop", true, "instances: 3/3", 3, 4},
		{"restart shop", true, "instances: 3/3", 3, 4},
		{"app nowhere", false, "App 'nowhere' not found", 3, 4},
	} {
		out, ok := cf(strings.Fields(c.args)...)
		if ok != c.ok || !strings.Contains(strings.Join(strings.Fields(out), " "), c.want) {
			t.Errorf("cf %s: well %v, want %v and %q:\n%s", c.args, ok, c.ok, c.want, out)
		}
		if web, worker := s.Instances("shop", "web"), s.Instances("shop", "worker"); web != c.web || worker != c.worker {
			t.Errorf("after cf %s: web %d, worker %d, want %d and %d", c.args, web, worker, c.web, c.worker)
		}
	}
}
