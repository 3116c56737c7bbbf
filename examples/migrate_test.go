//go:build unix

package examples

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// It must not be in any output unless requested.
const apiKey = "0123-the-key-4567"

func converter(t *testing.T) func(settings string, flags ...string) (stdout, stderr string, code int) {
	t.Helper()
	interpreter := python(t, "sys")
	file := filepath.Join(t.TempDir(), "settings.py")
	return func(settings string, flags ...string) (string, string, int) {
		t.Helper()
		must(t, os.WriteFile(file, []byte(settings), 0o600))
		return run(t, nil, interpreter, append([]string{"migrate-from-python/settings_to_env.py", file}, flags...)...)
	}
}

func TestSettingsToEnvConverts(t *testing.T) {
	convert := converter(t)
	tests := []struct{ name, settings, want string }{
		{"numbers", "HEARTBEAT_INTERVAL_IN_SECONDS = 0.5\nINCREMENT = 2", "HEARTBEAT_INTERVAL_IN_SECONDS=0.5 INCREMENT=2"},
		{"a number of dynos", "MAX_DYNOS = 5\nMIN_DYNOS = 0", "MAX_DYNOS=5 MIN_DYNOS=0"},
		{"a table, its rows in order", `MAX_DYNOS = {"17:00": 2, "9:00": 5, "0:00": 2}`, "MAX_DYNOS=0:00=2,9:00=5,17:00=2"},
		{"truth", "NOTIFY_ON_EVERY_PING = True\nNOTIFY_IF_NEEDS_EXCEED_MAX = False", "NOTIFY_ON_EVERY_PING=true NOTIFY_IF_NEEDS_EXCEED_MAX=false"},
		{"backends", `NOTIFICATION_BACKENDS = ["autoscalebot.backends.notification.ConsoleBackend",
    'autoscalebot.backends.notification.DjangoEmailBackend', "autoscalebot.backends.notification.LoggerBackend"]`, "NOTIFICATION_BACKENDS=console,email,log"},
		{"None and nothing are left out", "INCREMENT = 1\nNOTIFY_IF_SCALE_DIFF_EXCEEDS_THRESHOLD = None\nNOTIFICATION_BACKENDS = []", "INCREMENT=1"},
		{"the last assignment", "INCREMENT = 1\nINCREMENT: int = 3", "INCREMENT=3"},
		{"names of others", "from os import PATH\nINCREMENT = max([INCREMENT for INCREMENT in [1]]) and 1\nINCREMENT = 1\nSomething.append(1)", "INCREMENT=1"},
		{"names that are not in capitals", "import os\nincrement = 2\nINCREMENT = 1", "INCREMENT=1"},
		{"Django's file", "DEBUG = True\nTIME_ZONE = 'Asia/Tokyo'\nMAX_DYNOS = 9\nAUTOSCALE_MAX_DYNOS = 4", "TIME_ZONE=Asia/Tokyo MAX_DYNOS=4"},
		{"Django's file with a zone for the bot", "AUTOSCALE_TIME_ZONE = 'Asia/Tokyo'\nTIME_ZONE = 'UTC'", "TIME_ZONE=Asia/Tokyo"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			stdout, stderr, code := convert(test.settings)
			if got := strings.Join(strings.Fields(stdout), " "); code != 0 || got != test.want {
				t.Errorf("got %q (exit %d), want %q\n%s", got, code, test.want, stderr)
			}
		})
	}
}

func TestSettingsToEnvNamesWhatItCannotCarryOver(t *testing.T) {
	convert := converter(t)
	tests := []struct{ settings, want string }{
		{"MAX_DYNO = 3", "line 1: MAX_DYNO is not a setting of autoscalebot; did it mean MAX_DYNOS?"},
		{"COLOUR = 3", "line 1: COLOUR is not a setting of autoscalebot"},
		{"import os\nHEROKU_API_KEY = os.environ['KEY']", "line 2: HEROKU_API_KEY is computed, not a plain value"},
		{"INCREMENT = 1\nif True:\n    INCREMENT = 2", "line 3: INCREMENT is set under a condition or together with others"},
		{"A, INCREMENT = 1, 2", "line 1: INCREMENT is set under a condition or together with others"},
		{"INCREMENT = 1\nINCREMENT += 1", "line 2: INCREMENT is set under a condition or together with others"},
		{"from settings import INCREMENT, OTHER", "line 1: INCREMENT is imported"},
		{"from settings import STEP as AUTOSCALE_INCREMENT", "line 1: AUTOSCALE_INCREMENT is imported"},
		{"INCREMENT = 1\nfor INCREMENT in [2]: pass", "line 2: INCREMENT is set under a condition"},
		{"INCREMENT = 1\nif (INCREMENT := 2): pass", "line 2: INCREMENT is set under a condition"},
		{"INCREMENT = 1\ndel INCREMENT", "line 2: INCREMENT is set under a condition"},
		{"MAX_DYNOS = {'0:00': 2}\nMAX_DYNOS['9:00'] = 5", "line 2: MAX_DYNOS is changed in place"},
		{"MAX_DYNOS = {'0:00': 2}\nMAX_DYNOS.update({'9:00': 5})", "line 2: MAX_DYNOS is changed in place"},
		{"NOTIFICATION_BACKENDS = ['a.ConsoleBackend']\nNOTIFICATION_BACKENDS.append('a.LoggerBackend')", "line 2: NOTIFICATION_BACKENDS is changed in place"},
		{"from base import *\nINCREMENT = 1", "line 1: names from `import *` are ignored"},
		{`MIN_DYNOS = {"9": 5}`, "line 1: MIN_DYNOS has the row '9', which is not a time from 0:00 to 23:59"},
		{`MIN_DYNOS = {"24:00": 5}`, "MIN_DYNOS has the row '24:00', which is not a time"},
		{`MIN_DYNOS = {"9:00": "5"}`, "MIN_DYNOS has the row '9:00', whose number is text, not a whole number"},
		{`MIN_DYNOS = {"9:00": 1, "09:00": 2}`, "MIN_DYNOS has two rows for 09:00"},
		{"MIN_DYNOS = {}", "MIN_DYNOS is an empty table"},
		{"MIN_DYNOS = True", "MIN_DYNOS is True or False, not a whole number"},
		{"INCREMENT = -1", "not a whole number of 0 or more"},
		{"HEARTBEAT_INTERVAL_IN_SECONDS = 1e999", "HEARTBEAT_INTERVAL_IN_SECONDS is a value of type float, not a number"},
		{"NOTIFY_ON_EVERY_PING = 'yes'", "NOTIFY_ON_EVERY_PING is text, not True or False"},
		{"NOTIFICATION_BACKENDS = ['shop.Pager']", "NOTIFICATION_BACKENDS has no counterpart for shop.Pager"},
		{"HEARTBEAT_URL = 'a\\nb'", "HEARTBEAT_URL has a line break"},
		{"HEROKU_API_KEY = {'" + apiKey + "': 1}", "HEROKU_API_KEY is a dictionary, not text"},
		{"", "has no setting of autoscalebot"},
	}
	for _, test := range tests {
		stdout, stderr, code := convert(test.settings)
		if code != 1 || !strings.Contains(stderr, "not carried over: ") || !strings.Contains(stderr, test.want) {
			t.Errorf("%q: got exit %d, %q, want 1 and %q", test.settings, code, stderr, test.want)
		}
		if strings.Contains(stdout, "INCREMENT=1") != strings.HasPrefix(test.settings, "from base") || strings.Contains(stdout+stderr, apiKey) {
			t.Errorf("%q: printed %q %q", test.settings, stdout, stderr)
		}
	}
}

// The known backends of a list are carried over, and the others listed.
func TestSettingsToEnvKeepsTheKnownBackends(t *testing.T) {
	convert := converter(t)
	stdout, stderr, code := convert("NOTIFICATION_BACKENDS = ['a.ConsoleBackend', 'shop.Pager', 'a.LoggerBackend', 'a.TestBackend']\nINCREMENT = 2\n")
	if code != 1 || stdout != "NOTIFICATION_BACKENDS=console,log\nINCREMENT=2\n" {
		t.Errorf("exit %d, %q", code, stdout)
	}
	for _, want := range []string{"line 1: NOTIFICATION_BACKENDS", "shop.Pager", "a.TestBackend"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("no %q in %q", want, stderr)
		}
	}
	stdout, _, code = convert("NOTIFICATION_BACKENDS = ['a.ConsoleBackend', 'shop.Pager']\nNOTIFICATION_BACKENDS = []\nINCREMENT = 2\n")
	if code != 0 || stdout != "INCREMENT=2\n" {
		t.Errorf("a later list counts: exit %d, %q", code, stdout)
	}
}

func TestSettingsToEnvRefusesWhatIsNoPython(t *testing.T) {
	convert := converter(t)
	for settings, want := range map[string]string{
		"INCREMENT = 1\nHEROKU_API_KEY = '" + apiKey + "\n":     "line 2 is not Python 3",
		"INCREMENT = 1\n\nprint 'Python 2', '" + apiKey + "'\n": "line 3 is not Python 3",
		"INCREMENT = '\x00'": "Python",
		"\xff":               "Python",
	} {
		stdout, stderr, code := convert(settings)
		if code != 2 || stdout != "" || !strings.Contains(stderr, want) || strings.Contains(stderr, apiKey) || strings.Contains(stderr, "Traceback") {
			t.Errorf("%q: got exit %d, %q, %q, want 2 and %q", settings, code, stdout, stderr, want)
		}
	}
	_, stderr, code := run(t, nil, python(t, "sys"), "migrate-from-python/settings_to_env.py", "missing.py")
	if code != 2 || !strings.Contains(stderr, "missing.py: No such file") {
		t.Errorf("a missing file: exit %d, %q", code, stderr)
	}
}

func TestSettingsToEnvRunsNothing(t *testing.T) {
	convert := converter(t)
	trace := filepath.Join(t.TempDir(), "trace")
	_, _, code := convert("INCREMENT = 1\nopen('" + trace + "', 'w').close()\nMAX_DYNOS = open('" + trace + "', 'w')\nraise SystemExit(7)\n")
	if _, err := os.Stat(trace); err == nil || code != 1 {
		t.Errorf("the settings file was run (exit %d)", code)
	}
}

func TestSettingsToEnvPrintsTheKeyOnlyWhenAsked(t *testing.T) {
	convert := converter(t)
	settings := "AUTOSCALE_HEROKU_API_KEY = '" + apiKey + "'\nAUTOSCALE_X = ['\\d', '" + apiKey + "']\n"
	for _, flag := range []string{"--heroku", "--with-secrets"} {
		stdout, stderr, _ := convert(settings, flag)
		asked := flag == "--with-secrets"
		if strings.Contains(stdout, "HEROKU_API_KEY="+apiKey) != asked || strings.Contains(stderr, apiKey) {
			t.Errorf("%s: %q, %q", flag, stdout, stderr)
		}
		if hint := strings.Contains(stdout, "HEROKU_API_KEY=YOUR-HEROKU-API-KEY") && strings.Contains(stderr, "--with-secrets"); hint == asked {
			t.Errorf("%s: placeholder and hint: %v", flag, hint)
		}
	}
}

// A shell reads both forms of the output. Other readers have the same rules.
func TestSettingsToEnvQuotes(t *testing.T) {
	convert := converter(t)
	const settings = `
HEROKU_APP_NAME = "it's \"$HOME\" $(id) ` + "`id`" + ` \\ !"
HEARTBEAT_URL = "https://shop.example/?a=1&b=$PATH;c #d"
TIME_ZONE = "größer \\"
INCREMENT = 1
`
	want := map[string]string{
		"HEROKU_APP_NAME": `it's "$HOME" $(id) ` + "`id`" + ` \ !`,
		"HEARTBEAT_URL":   "https://shop.example/?a=1&b=$PATH;c #d",
		"TIME_ZONE":       `größer \`,
		"INCREMENT":       "1",
	}
	lines, stderr, code := convert(settings)
	if code != 0 {
		t.Fatal(stderr)
	}
	file := filepath.Join(t.TempDir(), "out.env")
	must(t, os.WriteFile(file, []byte(lines), 0o600))
	if got := sourced(t, file); !maps.Equal(got, want) {
		t.Errorf("KEY=value lines: got %q, want %q\n%s", got, want, lines)
	}

	command, _, _ := convert(settings, "--heroku")
	folder := fakePrograms(t, map[string]string{"heroku": `printf '%s\n' "$@"`})
	got, stderr, code := run(t, []string{"PATH=" + folder + ":" + os.Getenv("PATH")}, "sh", "-c", command)
	arguments := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	if code != 0 || arguments[0] != "config:set" || len(arguments) != 1+len(want) {
		t.Fatalf("got %q %q from\n%s", arguments, stderr, command)
	}
	for _, argument := range arguments[1:] {
		if name, value, _ := strings.Cut(argument, "="); want[name] != value {
			t.Errorf("heroku config:set got %q for %s, want %q", value, name, want[name])
		}
	}
}
