package cloudfoundrytest_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/cloudfoundry/cloudfoundrytest"
)

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
	for _, c := range []struct {
		args string
		ok   bool
	}{
		{"api " + s.URL + " --skip-ssl-validation", true},
		{"auth " + cloudfoundrytest.Username + " wrong", false},
		{"auth " + cloudfoundrytest.Username + " " + cloudfoundrytest.Password, true},
		{"target -o " + cloudfoundrytest.Org + " -s " + cloudfoundrytest.Space, true},
	} {
		if out, ok := cf(strings.Fields(c.args)...); ok != c.ok {
			t.Fatalf("cf %s: ok is %v: %s", c.args, ok, out)
		}
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

func TestTheCLISignsInToTheFake(t *testing.T) {
	s := cloudfoundrytest.NewServer(t)
	s.AddApp(cloudfoundrytest.App{Name: "shop"})
	for n, c := range [][]string{
		{"login", "-a", s.URL, "-u", cloudfoundrytest.Username, "-p", cloudfoundrytest.Password, "-o", cloudfoundrytest.Org, "-s", cloudfoundrytest.Space, "--skip-ssl-validation"},
		{"auth", cloudfoundrytest.ClientID, cloudfoundrytest.ClientSecret, "--client-credentials"},
	} {
		cf := cli(t)
		who := cloudfoundrytest.Username
		if c[0] == "auth" {
			who = cloudfoundrytest.ClientID
			if out, ok := cf("api", s.URL, "--skip-ssl-validation"); !ok {
				t.Fatal(out)
			}
		}
		if out, ok := cf(c...); !ok {
			t.Errorf("cf %s: %s", c[0], out)
			continue
		}
		if out, ok := cf("target", "-o", cloudfoundrytest.Org, "-s", cloudfoundrytest.Space); !ok || !strings.Contains(out, who) {
			t.Errorf("cf target, after cf %s, does not name %s: %s", c[0], who, out)
		}
		if out, ok := cf("scale", "shop", "-i", strconv.Itoa(n+2)); !ok || s.Instances("shop", "web") != n+2 {
			t.Errorf("after cf %s and cf scale there are %d instances: %s", c[0], s.Instances("shop", "web"), out)
		}
		if out, ok := cf("logout"); !ok {
			t.Errorf("cf logout: %s", out)
		}
	}
}

func TestWhatTheCLIAsksFor(t *testing.T) {
	s := cloudfoundrytest.NewServer(t)
	s.AddApp(cloudfoundrytest.App{Name: "shop"})
	app := s.AppGUID("shop")
	token := s.Token()
	var claims struct {
		Origin string `json:"origin"`
		UserID string `json:"user_id"`
		Name   string `json:"user_name"`
	}
	body, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err := errors.Join(err, json.Unmarshal(body, &claims)); err != nil || claims.Origin == "" || claims.UserID == "" || claims.Name == "" {
		t.Errorf("a token says %s, %v", body, err)
	}
	ask := func(method, path, body string) (answer struct {
		GUID      string
		Resources []struct{ GUID string }
	},
	) {
		r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "bearer "+token)
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		a, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		if err := json.NewDecoder(a.Body).Decode(&answer); err != nil || a.StatusCode >= 300 {
			t.Errorf("%s %s is answered with %d, %v", method, path, a.StatusCode, err)
		}
		return answer
	}
	processes := ask("GET", "/v3/processes?app_guids="+app, "").Resources
	if len(processes) != 1 {
		t.Fatalf("the app has the processes %v", processes)
	}
	ask("GET", "/v3/processes/"+processes[0].GUID+"/sidecars", "")
	ask("POST", "/v3/apps/"+app+"/processes/web/actions/scale", `{"instances": 3}`)
	if n := s.Instances("shop", "web"); n != 3 {
		t.Errorf("the app has %d instances", n)
	}
	ask("POST", "/v3/apps/"+app+"/actions/stop", "")
	ask("GET", "/login", "")
}
