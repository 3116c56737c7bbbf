//go:build unix

package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/autoscalebot/autoscalebot/bot/cloudfoundry/cloudfoundrytest"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// The environment is that of a bot that runs next to the app shop, pushed with the manifest of the examples.
func pushed(t *testing.T, appURL string, instances int) (srv *cloudfoundrytest.Server, env []string) {
	t.Helper()
	var m struct {
		Applications []struct {
			Name, Path, Command string
			Buildpacks          []string
			Instances           int
			Memory              string
			Disk                string            `yaml:"disk_quota"`
			NoRoute             bool              `yaml:"no-route"`
			Check               string            `yaml:"health-check-type"`
			Services            []string          `yaml:"services"`
			Env                 map[string]string `yaml:"env"`
		}
	}
	d := yaml.NewDecoder(strings.NewReader(read(t, "../../../../examples/cloudfoundry/manifest.yml")))
	d.KnownFields(true)
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	a := m.Applications[0]
	if len(m.Applications) != 1 || a.Command != "./autoscalebot" || a.Instances != 1 || !a.NoRoute || a.Check != "process" || !slices.Equal(a.Services, []string{"autoscalebot"}) {
		t.Errorf("the manifest pushes %+v", m.Applications)
	}
	srv = cloudfoundrytest.NewServer(t)
	srv.AddApp(cloudfoundrytest.App{
		Name: "shop", Processes: []cloudfoundrytest.Process{{Type: "web", Instances: instances}},
		Routes: []cloudfoundrytest.Route{{URL: strings.TrimPrefix(appURL, "http://")}},
	})
	for _, name := range slices.Sorted(maps.Keys(a.Env)) {
		env = append(env, settings.Prefix+name+"="+strings.ReplaceAll(a.Env[name], "((app))", "shop")) // with the prefix, an unknown setting is an error
	}
	return srv, append(env,
		fmt.Sprintf(`VCAP_APPLICATION={"cf_api":%q,"space_id":%q,"application_name":"autoscalebot","instance_index":0}`, srv.URL, srv.SpaceGUID(cloudfoundrytest.Space)),
		fmt.Sprintf(`VCAP_SERVICES={"user-provided":[{"name":"autoscalebot","credentials":{"username":%q,"password":%q}}]}`, cloudfoundrytest.Username, cloudfoundrytest.Password))
}

func TestCheckOnCloudFoundry(t *testing.T) {
	t.Parallel()
	app := newHeart(t)
	srv, env := pushed(t, app.url, 2)
	o := runOnce(t, env, "check")
	if o.code != exitFine {
		t.Errorf("code %d, want 0\n%s%s", o.code, o.stdout, o.stderr)
	}
	for _, want := range []string{
		"credentials ok user bot@example.com, on " + srv.URL, "app ok shop, started", "process ok web: 2 × 256 MB", "instances ok 2 now", "heartbeat ok 200 after ", " all checks passed",
	} {
		if !strings.Contains(oneSpaced(o.stdout), want) {
			t.Errorf("check does not say %q:\n%s", want, o.stdout)
		}
	}
	srv.Stop("shop")
	srv.SetSpaceQuota(cloudfoundrytest.Space, cloudfoundrytest.Quota{Name: "small", MemoryMB: 1024})
	o = runOnce(t, env, "check")
	for _, want := range []string{
		"app WRONG shop, stopped: ", "the app is stopped, so the bot leaves it alone", `formation WRONG MAX_DYNOS goes up to 6, which needs 1536 MB, but the space's quota "small" allows 1024 MB`,
	} {
		if !strings.Contains(oneSpaced(o.stdout), want) {
			t.Errorf("check does not say %q:\n%s", want, o.stdout)
		}
	}
	if strings.Contains(o.stdout+o.stderr, cloudfoundrytest.Password) || o.code != exitWork {
		t.Errorf("code %d, want 1, without the password\n%s%s", o.code, o.stdout, o.stderr)
	}
}

func TestTheBotScalesOnCloudFoundry(t *testing.T) {
	t.Parallel()
	app := newHeart(t)
	srv, env := pushed(t, app.url, 2)
	app.answer(refuses)
	b := start(t, []string{cloudfoundrytest.Password}, append(env, "HEARTBEAT_INTERVAL_IN_SECONDS=0.2", "HEARTBEAT_FAIL_ON=any", "AUTOSCALE_MAX_DYNOS=3", "AUTOSCALE_NUMBER_OF_FAILS_TO_SCALE_UP_AFTER=2")...)
	b.wait("a third instance", func() bool { return srv.Instances("shop", "web") == 3 })
	b.terminate()
}

// Log Cache's data are older than the minute that the adaptive policy accepts, so the policy does not read them.
func TestTheAdaptivePolicyIsNotFedByLogCache(t *testing.T) {
	s := &settings.Settings{Platform: "cloudfoundry"}
	s.Policy, s.HerokuProcessType = "adaptive", "web"
	if got := service.WantedSignals(s); len(got) != 0 {
		t.Errorf("without rules %v are read", got)
	}
	s.Rules = settings.Rules{{Signal: "requests_per_second", PerDyno: true, Max: 40}}
	if got := service.WantedSignals(s); !slices.Equal(got, []string{"requests_per_second"}) {
		t.Errorf("with a rule %v are read", got)
	}
}

// Only the platform's metrics have the app's CPU use.
func TestARuleByLogCache(t *testing.T) {
	t.Parallel()
	app := newHeart(t)
	srv, env := pushed(t, app.url, 2)
	srv.SetTokenLife(time.Second) // the bot must renew its token during the test
	srv.EmitUsage("shop", time.Now(), time.Minute, []float64{95, 90}, []float64{50, 50})
	b := start(t, []string{cloudfoundrytest.Password}, append(env, "HEARTBEAT_INTERVAL_IN_SECONDS=0.5", "AUTOSCALE_HEARTBEAT_URL=none", "RULES=cpu max=80 min=30 fails=2")...)
	b.wait("a third instance", func() bool { return srv.Instances("shop", "web") == 3 })
	b.terminate()
	if log := b.log.String(); !strings.Contains(log, "cpu") || !strings.Contains(log, "92.5") {
		t.Error("the log doesn't say why")
	}
}
