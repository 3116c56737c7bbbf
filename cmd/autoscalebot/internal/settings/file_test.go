package settings_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
)

func inFile(t *testing.T, text string, pairs ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	must(t, os.WriteFile("autoscale.yaml", []byte(text), 0o600))
	env(t, append([]string{"HEROKU_APP_NAME=", "HEROKU_API_KEY=", "AUTOSCALE_FILE=autoscale.yaml"}, pairs...)...)
}

const app = "heroku_app_name: dancing-forest\nheroku_api_key: " + secret + "\n"

func TestFileGivesSettings(t *testing.T) {
	monday := time.Date(2024, 1, 15, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		file, env, want string
		get             func(*settings.Settings) any
	}{
		{"max_dynos: 7", "", "7", func(s *settings.Settings) any { return s.MaxDynos }},
		{"max_dynos: 7", "MAX_DYNOS=8", "8", func(s *settings.Settings) any { return s.MaxDynos }},
		{"max_dynos: 7", "AUTOSCALE_MAX_DYNOS=9", "9", func(s *settings.Settings) any { return s.MaxDynos }},
		{"max_dynos: 7", "MAX_DYNOS=", "7", func(s *settings.Settings) any { return s.MaxDynos }},
		{"max_dynos:", "", "3", func(s *settings.Settings) any { return s.MaxDynos }},
		{"max_dynos: ''", "", "3", func(s *settings.Settings) any { return s.MaxDynos }},
		{"max_dynos: {0:00: 2, mon-fri 9:00: 5, '17:00': 2}", "", "5", func(s *settings.Settings) any { return s.Table.At(monday).Max }},
		{"max_dynos:\n  8:00: 5\n  18:00: ${NIGHT}", "NIGHT=10", "8:00=5, 18:00=10", func(s *settings.Settings) any { return s.MaxDynos }},
		{"max_dynos: ['0:00=2', 'mon,tue 9:00=5']", "", "0:00=2, mon,tue 9:00=5", func(s *settings.Settings) any { return s.MaxDynos }},
		{"max_dynos: 0:00=2, 9:00=5", "", "0:00=2, 9:00=5", func(s *settings.Settings) any { return s.MaxDynos }},
		{"notification_backends: [console, log]", "", "[console log]", func(s *settings.Settings) any { return s.NotificationBackends }},
		{"notification_backends: console, log", "", "[console log]", func(s *settings.Settings) any { return s.NotificationBackends }},
		{"notification_backends: [urls]\nnotify_urls: [ntfy://a/b, ntfy://c/d]", "", "ntfy://a/b ntfy://c/d", func(s *settings.Settings) any { return s.NotifyURLs.Reveal() }},
		{"paused: [up]", "", "{true false}", func(s *settings.Settings) any { return s.Paused }},
		{"heartbeat_statuses: [200, 404]", "", "200,404", func(s *settings.Settings) any { return s.HeartbeatStatuses }},
		{"heartbeat_statuses: 200", "", "200", func(s *settings.Settings) any { return s.HeartbeatStatuses }},
		{"heartbeat_fail_on: [timeout, 429]", "", "{[timeout overloaded] 429}", func(s *settings.Settings) any { return s.HeartbeatFailOn }},
		{"heartbeat_keyword: 'all: well, yes'", "", "all: well, yes", func(s *settings.Settings) any { return s.HeartbeatKeyword }},
		{"heartbeat_redirects: none", "", "none", func(s *settings.Settings) any { return s.HeartbeatRedirects }},
		{"heartbeat_headers: {User-Agent: 'Mozilla/5.0 (X11; rv:9); x'}", "", "map[User-Agent:[Mozilla/5.0 (X11; rv:9); x]]", func(s *settings.Settings) any { return s.HeartbeatHeaders }},
		{"heartbeat_headers: {Accept: 'a;b', X-Key: $$1}", "", "map[Accept:[a;b] X-Key:[$1]]", func(s *settings.Settings) any { return s.HeartbeatHeaders }},
		{"dry_run: yes", "", "true", func(s *settings.Settings) any { return s.DryRun }},
		{"heartbeat_jitter: 0.25", "", "0.25", func(s *settings.Settings) any { return s.HeartbeatJitter }},
		{"heartbeat_token: a$$b${X}$c${X}", "X=y", "a$by$cy", func(s *settings.Settings) any { return s.HeartbeatToken.Reveal() }},
		{"heartbeat_token: ${X}", "X=", "", func(s *settings.Settings) any { return s.HeartbeatToken.Reveal() }},
		{"x: &x 4\nmax_dynos: *x", "", "", nil},
		{"min_dynos: &n 2\nmax_dynos: *n", "", "2 2", func(s *settings.Settings) any { return fmt.Sprint(s.MinDynos, s.MaxDynos) }},
		{"heartbeat_interval_in_seconds: 100", "HEARTBEAT_TIMEOUT_IN_SECONDS=99", "1m20s", func(s *settings.Settings) any { return s.Timeout() }},
	} {
		t.Run(c.file, func(t *testing.T) {
			var pairs []string
			if c.env != "" {
				pairs = []string{c.env}
			}
			inFile(t, app+c.file, pairs...)
			s, err := settingstest.Load()
			if c.get == nil {
				if err == nil {
					t.Error("was accepted")
				}
				return
			}
			must(t, err)
			if got := fmt.Sprint(c.get(s)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestFileMistakes(t *testing.T) {
	racetest.Computes(t)
	for _, c := range []struct{ file, want string }{
		{"max_dyno: 3", "autoscale.yaml:3: max_dyno: unknown setting; the nearest is max_dynos"},
		{"AUTOSCALE_MAX_DYNOS: 3", "autoscale.yaml:3: AUTOSCALE_MAX_DYNOS: unknown setting; the nearest is max_dynos"},
		{"autoscale_file: x", "autoscale.yaml:3: autoscale_file: unknown setting; the nearest is"},
		{"applications: [{name: a}]", "autoscale.yaml:3: applications: belongs to a manifest of cf push"},
		{"procesess: {}", "autoscale.yaml:3: procesess: unknown setting; the nearest is processes"},
		{"max_dynos: many", `autoscale.yaml:3: MAX_DYNOS: "many": `},
		{"heartbeat_interval_in_seconds: [1]", "autoscale.yaml:3: HEARTBEAT_INTERVAL_IN_SECONDS: must be one value, not a list"},
		{"notification_backends: {log: 1}", "autoscale.yaml:3: NOTIFICATION_BACKENDS: must be one value or a list, not a map"},
		{"notification_backends: ['log,console']", "autoscale.yaml:3: NOTIFICATION_BACKENDS: an item contains the separator. Write several items"},
		{"heartbeat_headers: [a]", "autoscale.yaml:3: HEARTBEAT_HEADERS: must be one value, or a map of names and values, not a list"},
		{"max_dynos:\n  0:00: 1\n  9:00: [2]", "autoscale.yaml:3: MAX_DYNOS: autoscale.yaml:5: must be one value, not a list"},
		{"min_response_time_in_ms: 1001", "autoscale.yaml:3: MIN_RESPONSE_TIME_IN_MS: 1001 is above MAX_RESPONSE_TIME_IN_MS, 1000: the lower threshold must be below the upper one"},
		{"\nmin_dynos: 4", "autoscale.yaml:4: MIN_DYNOS, MAX_DYNOS: MIN_DYNOS 4 is above MAX_DYNOS 3 at all times"},
		{"heartbeat_timeout_in_seconds: 31", "autoscale.yaml:3: HEARTBEAT_TIMEOUT_IN_SECONDS: 31 s is longer than the interval, HEARTBEAT_INTERVAL_IN_SECONDS=30"},
		{"notification_backends: slack", "SLACK_WEBHOOK_URL: is not set; NOTIFICATION_BACKENDS=slack needs it"},
		{"max_dynos: ${NO_SUCH}", "autoscale.yaml:3: MAX_DYNOS: the environment variable NO_SUCH is not set. Set it, or write $${NO_SUCH} for the literal text"},
		{"max_dynos: ${NO SUCH}", "autoscale.yaml:3: MAX_DYNOS: ${ must be followed by the name of an environment variable and }"},
		{"max_dynos: ${SECRET}", `autoscale.yaml:3: MAX_DYNOS: row ` + "`${SECRET}`: "},
		{"log_level: ${SECRET}", `autoscale.yaml:3: LOG_LEVEL: "${SECRET}": must be debug, info, warn or error`},
		{"notification_backends: 'log, ${SECRET}'", `autoscale.yaml:3: NOTIFICATION_BACKENDS: "log, ${SECRET}": unknown notifier "${SECRET}"`},
		{"webhook_url: " + secret, "autoscale.yaml:3: WEBHOOK_URL: must be a URL that begins with http:// or https://"},
		{"webhook_url: [" + secret + "]", "autoscale.yaml:3: WEBHOOK_URL: must be one value, not a list"},
		{"heroku_api_key: " + secret, "autoscale.yaml:3: duplicate key, first in line 2"},
		{"slack_bot_token: *" + secret, "autoscale.yaml: unknown anchor after an asterisk. Put a value that begins with * in quotes"},
		{"webhook_secret: \"" + secret, "autoscale.yaml:3: invalid YAML: found unexpected end of stream"},
		{"webhook_secret: a: " + secret, "autoscale.yaml:3: invalid YAML: mapping values are not allowed in this context"},
		{"processes: [web]", "autoscale.yaml:3: processes: must be a map of process types, with their settings below them, not a list"},
		{"processes:\n  web: 3", "autoscale.yaml:4: web: must be the settings of this process type, as key: value, not one value"},
		{"processes:\n  web 1: {}", `autoscale.yaml:4: HEROKU_PROCESS_TYPE: "web 1": must be a process type of the Procfile, such as web`},
		{"heroku_process_type: web\nprocesses: {web: {}}", "autoscale.yaml:3: HEROKU_PROCESS_TYPE: is not allowed together with processes, which names the process types. Remove it"},
		{"processes:\n  web:\n    heroku_process_type: web", "autoscale.yaml:5: heroku_process_type: is set by the key web above. Remove it here"},
		{"processes:\n  web:\n    log_level: debug", "autoscale.yaml:5: log_level: applies to all process types. Move it to the top of the file, out of web"},
		{"processes:\n  web:\n    processes: {}", "autoscale.yaml:5: processes: unknown setting"},
		{"admin_addr: 127.0.0.1:1\nadmin_token: 0123456789abcdef\nprocesses: {web: {}, worker: {}}", "autoscale.yaml:3: ADMIN_ADDR: web and worker must not share it. Set it for each, below the process type in the file"},
		{"state_file: s\nprocesses: {web: {}, worker: {}}", "autoscale.yaml:3: STATE_FILE: web and worker must not share it. Set it for each, below the process type in the file"},
		{"processes:\n  web: {}\n  worker: {min_dynos: 5}", "autoscale.yaml:5: MIN_DYNOS, MAX_DYNOS: MIN_DYNOS 5 is above MAX_DYNOS 3"},
	} {
		t.Run(c.file, func(t *testing.T) {
			inFile(t, app+c.file, "SECRET="+secret)
			_, err := settings.LoadAll()
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error is\n%v\nwant\n%s", err, c.want)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

func TestFileThatCannotBeRead(t *testing.T) {
	inFile(t, "- a\n")
	for file, want := range map[string]string{
		"autoscale.yaml": "autoscale.yaml:1: must be settings as key: value, not a list",
		"nowhere.yaml":   `AUTOSCALE_FILE: "nowhere.yaml": no such file: must be a path from the bot's working directory`,
		".":              `AUTOSCALE_FILE: ".": is a folder: must be the path of a file`,
	} {
		t.Setenv("AUTOSCALE_FILE", file)
		for name, load := range map[string]func() error{
			"Load":      func() error { _, err := settingstest.Load(); return err },
			"LoadTrial": func() error { _, err := settings.LoadTrial(nil, nil); return err },
		} {
			if err := load(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s of %s: %v, want %s", name, file, err, want)
			}
		}
	}
	if _, err := settings.LoadAdmin(); err == nil {
		t.Error("LoadAdmin takes a folder for a file")
	}
}

func TestAllMistakesOfAFileAtOnce(t *testing.T) {
	inFile(t, "heroku_app_name: UPPER\nmax_dyno: 3\nmax_dynos: many\nlog_level: loud\nprocesses:\n  web: {min_dynos: x}\n  worker: {increment: 0}\n", "AUTOSCALE_INKREMENT=1", "HEARTBEAT_MEASURE=y")
	_, err := settings.LoadAll()
	want := `9 settings are wrong:
  AUTOSCALE_INKREMENT: unknown setting; the nearest is AUTOSCALE_INCREMENT
  autoscale.yaml:2: max_dyno: unknown setting; the nearest is max_dynos
  autoscale.yaml:6: MIN_DYNOS: "x": must be a whole number from 0 to 10000, or a schedule such as 0:00=2, 9:00=5, 17:00=2
  autoscale.yaml:3: MAX_DYNOS: "many": must be a whole number from 0 to 10000, or a schedule such as 0:00=2, 9:00=5, 17:00=2
  HEROKU_API_KEY: is not set; create one with: heroku authorizations:create --description autoscalebot --scope identity,write
  autoscale.yaml:1: HEROKU_APP_NAME: "UPPER": must be an app's name, as listed by: heroku apps
  HEARTBEAT_MEASURE: "y": must be total, processing or queue
  autoscale.yaml:4: LOG_LEVEL: "loud": must be debug, info, warn or error
  autoscale.yaml:7: INCREMENT: "0": must be a whole number, 1 or more, or a share such as 50%`
	if got := fmt.Sprint(err); got != want {
		t.Errorf("error is\n%s\nwant\n%s", got, want)
	}
}

func TestProcessTypes(t *testing.T) {
	const text = app + "max_dynos: 6\nincrement: 2\nprocesses:\n  worker:\n    max_dynos: 9\n  web:\n    min_dynos: 2\n    state_file: web.json\n"
	inFile(t, text)
	all, err := settings.LoadAll()
	must(t, err)
	var got []string
	for _, s := range all {
		got = append(got, fmt.Sprintln(s.HerokuProcessType, s.MinDynos, s.MaxDynos, s.Increment, s.StateFile, s.HerokuAppName))
	}
	if fmt.Sprint(got) != "[worker 1 9 2  dancing-forest\n web 2 6 2 web.json dancing-forest\n]" {
		t.Errorf("the process types are %q", got)
	}
	if _, err := settings.LoadServers(false); err == nil || !strings.Contains(err.Error(), "HEROKU_PROCESS_TYPE: is not set, and autoscale.yaml has several process types. Set the one to use") {
		t.Errorf("LoadServers: %v", err)
	}
	if s, err := settings.LoadAdmin(); err != nil || s.HerokuProcessType != "worker" || s.HerokuAppName != "dancing-forest" {
		t.Errorf("LoadAdmin: %+v, %v; want the first", s, err)
	}

	// The environment overrides the file for all of them, and selects one of them.
	t.Setenv("MAX_DYNOS", "12")
	t.Setenv("AUTOSCALE_HEROKU_PROCESS_TYPE", "web")
	s, err := settingstest.Load()
	if err != nil || s.MaxDynos.String() != "12" || s.MinDynos.String() != "2" || s.HerokuProcessType != "web" {
		t.Errorf("Load: %+v, %v", s, err)
	}
	if s, err := settings.LoadAdmin(); err != nil || s.HerokuProcessType != "web" {
		t.Errorf("LoadAdmin: %+v, %v; want the one that the environment names", s, err)
	}
	t.Setenv("AUTOSCALE_HEROKU_PROCESS_TYPE", "clock")
	if _, err := settings.LoadAll(); err == nil || !strings.Contains(err.Error(), `AUTOSCALE_HEROKU_PROCESS_TYPE: "clock" is not in autoscale.yaml, which has worker, web`) {
		t.Errorf("LoadAll: %v", err)
	}
}

func TestAskingNeedsOnlyWhatItAsksFor(t *testing.T) {
	inFile(t, "heroku_app_name: dancing-forest\nmax_dynos: many\nheroku_api_key: ${NOT_HERE}\nnothing: x\n")
	if s, err := settings.LoadAdmin(); err != nil || s.HerokuAppName != "dancing-forest" {
		t.Errorf("LoadAdmin: %v", err)
	}
	inFile(t, "admin_addr: x\n")
	if _, err := settings.LoadAdmin(); err == nil || !strings.Contains(err.Error(), "autoscale.yaml:1: ADMIN_ADDR") {
		t.Errorf("LoadAdmin: %v", err)
	}
}

func TestTrialReadsTheFile(t *testing.T) {
	inFile(t, "max_dynos: 20\nmin_dynos: 2\nincrement: 4\n", "MIN_DYNOS=3")
	s, err := settings.LoadTrial([]string{"MAX_DYNOS=60", "AIM=lean"}, []string{"INCREMENT=5"})
	must(t, err)
	if got := fmt.Sprintln(s.MinDynos, s.MaxDynos, s.Increment, s.Aim); got != "3 20 5 lean\n" {
		t.Errorf("the trial has %s", got)
	}
}

func TestInForceNamesTheLine(t *testing.T) {
	inFile(t, app+"max_dynos: ${MOST}\nheartbeat_url: https://u:${PASSWORD}@example.com/\ncount_command: x\nprocesses:\n  web:\n    min_dynos: 1\n", "MOST=7", "PASSWORD="+secret, "INCREMENT=2")
	s := loaded(t)
	want := map[string]string{
		"HEROKU_API_KEY": "(set, hidden) from autoscale.yaml:2", "MAX_DYNOS": "${MOST} from autoscale.yaml:3",
		"HEARTBEAT_URL": "(set, hidden) from autoscale.yaml:4", "COUNT_COMMAND": "(set, hidden) from autoscale.yaml:5",
		"MIN_DYNOS": "1 from autoscale.yaml:8", "INCREMENT": "2 from INCREMENT", "HEROKU_PROCESS_TYPE": "web from autoscale.yaml:7",
		"AUTOSCALE_FILE": "autoscale.yaml from AUTOSCALE_FILE", "POLICY": "count from ",
	}
	for _, in := range s.AllInForce() {
		if got := in.Value + " from " + in.From; want[in.Name] != "" && got != want[in.Name] {
			t.Errorf("%s is %q, want %q", in.Name, got, want[in.Name])
		}
	}
}

func TestVariablesOfTheFilesSecretsAreKeptFromCommands(t *testing.T) {
	inFile(t, "heroku_app_name: x\nheroku_api_key: ${MY_KEY}\nheartbeat_token: ${APPS_OWN}\nmax_dynos: ${MOST}\ncommand_env: APPS_OWN\n", "MY_KEY="+secret, "APPS_OWN="+secret, "MOST=3")
	s := loaded(t)
	got := strings.Join(s.CommandEnviron(), "\n")
	if strings.Contains(got, "MY_KEY=") || !strings.Contains(got, "APPS_OWN=") || !strings.Contains(got, "MOST=") {
		t.Errorf("a command would get\n%s", got)
	}
}

func TestExampleFile(t *testing.T) {
	path, err := filepath.Abs("../../../../examples/autoscale.yaml")
	must(t, err)
	env(t, "HEROKU_APP_NAME=", "HEROKU_API_KEY=", "AUTOSCALE_FILE="+path, "MY_HEROKU_API_KEY=0123", "MY_SLACK_WEBHOOK=https://hooks.slack.com/services/x")
	all, err := settings.LoadAll()
	if err != nil || len(all) != 2 {
		t.Fatalf("%d process types, %v", len(all), err)
	}
	if why := all[0].Flap(time.Now()); why != "" {
		t.Error(why)
	}
}

// Any file is accepted or gives a list of problems. It never crashes, and no secret is shown.
func FuzzFile(f *testing.F) {
	for _, text := range []string{
		"max_dynos: 3", "processes: {web: {max_dynos: {0:00: 1}}}", "heroku_api_key: ${HOME}", "a: &a [*a]", "notification_backends: [log]", "min_dynos: ${",
		"processes:\n  web:\n  worker: {}\n", "instance_min_count: 1", "instance_limits: {min: 1, max: 2}", "scaling_rules: [{}]", "rules: [{}]", "\t{", "signals: {a: b}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		inFile(t, app+text)
		all, err := settings.LoadAll()
		var ps settings.Problems
		if err != nil && (!errors.As(err, &ps) || len(ps) == 0) {
			t.Errorf("%v is no list of problems", err)
		}
		if err == nil && len(all) == 0 {
			t.Error("there are no settings, and no problem")
		}
		if strings.Contains(fmt.Sprint(err), secret) {
			t.Errorf("the error shows the secret: %v", err)
		}
	})
}

func TestKeysThatMayBeSecretsAreNotShown(t *testing.T) {
	for _, text := range []string{
		"heroku_api_key=" + secret + ": x\n", "https://u:" + secret + "@h/: 1\n", "? " + secret + "\n: 1\n", "processes:\n  " + secret + ": 1\n",
		"processes:\n  web:\n    " + secret + ": 1\n", "scaling_rules:\n- " + secret + ": 1\n",
	} {
		inFile(t, app+text)
		refused(t, "autoscale.yaml:")
	}
}
