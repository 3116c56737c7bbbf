package settings_test

import (
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// Tests use this secret everywhere. No output may contain it.
const secret = "s3cr3t-k3y-0123456789"

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func env(t *testing.T, pairs ...string) {
	t.Helper()
	settingstest.Env(t, append([]string{"HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY=" + secret}, pairs...)...)
}

func loaded(t *testing.T) *settings.Settings {
	t.Helper()
	s, err := settingstest.Load()
	must(t, err)
	return s
}

func refused(t *testing.T, words ...string) {
	t.Helper()
	_, err := settingstest.Load()
	if err == nil {
		t.Errorf("accepted; want %q", words)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error does not say %q:\n%v", w, err)
		}
	}
	if strings.Contains(err.Error(), secret) {
		t.Errorf("the error holds a secret:\n%v", err)
	}
}

func TestEachDescriptionIsOneShortSentence(t *testing.T) {
	another := regexp.MustCompile(`[.!?][)\]]* \S`)
	for _, e := range settings.Entries() {
		if !strings.HasSuffix(e.Meaning, ".") || another.MatchString(e.Meaning) || strings.Contains(e.Meaning, "](") {
			t.Errorf("the description of %s is not one sentence without links: %s", e.Name, e.Meaning)
		}
		if n := utf8.RuneCountInString(strings.ReplaceAll(e.Meaning, "`", "")); n > 120 {
			t.Errorf("the description of %s has %d characters, want at most 120: %s", e.Name, n, e.Meaning)
		}
	}
}

// Documents and the dashboard show the settings in the order of the groups.
func TestEntriesAreInTheOrderOfTheGroups(t *testing.T) {
	var groups []string
	seen := map[string]bool{}
	for _, e := range settings.Entries() {
		if len(groups) == 0 || groups[len(groups)-1] != e.Group {
			groups = append(groups, e.Group)
		}
		if seen[e.Name] {
			t.Errorf("%s is listed twice", e.Name)
		}
		seen[e.Name] = true
	}
	var want []string
	for _, g := range settings.Groups() {
		want = append(want, g.Name)
		if !strings.HasSuffix(g.Intro, ".") {
			t.Errorf("the introduction of %s is not a sentence: %s", g.Name, g.Intro)
		}
	}
	if !slices.Equal(groups, want) {
		t.Errorf("the settings are in the groups\n%q, want\n%q", groups, want)
	}
}

func TestDefaultsAreThoseOfTheOriginal(t *testing.T) {
	env(t)
	s := loaded(t)
	got := fmt.Sprintln(time.Duration(s.HeartbeatInterval), s.HeartbeatURL, s.MaxResponseTime, s.MinResponseTime, s.Fails, s.Passes,
		s.MinDynos, s.MaxDynos, s.Increment, s.TimeZone, s.NotifyExceedMax, s.NotifyBelowMin, s.NotifyScaleFails,
		s.NotifyEveryScale, s.NotifyEveryPing, len(s.NotificationBackends), s.Timeout(), s.HerokuProcessType, time.Duration(s.NotifyReminder))
	want := "30s /autoscalebot/heartbeat/ 1000 200 3 in a row 5 in a row 1 3 1 UTC true false false false false 0 10s web 1h0m0s\n"
	if got != want {
		t.Errorf("defaults are\n%s, want\n%s", got, want)
	}
}

func TestDefaultsNeedNoEnvironment(t *testing.T) {
	env(t, "MAX_DYNOS=9", "AUTOSCALE_MIN_DYNOS=4")
	s := settings.Defaults()
	if got := s.MaxDynos.String() + " " + s.MinDynos.String(); got != "3 1" {
		t.Errorf("Defaults took %s from the environment, want 3 1", got)
	}
}

func TestValues(t *testing.T) {
	racetest.Computes(t)
	at := time.Date(2024, 1, 15, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		env  []string
		get  func(*settings.Settings) any
		want any
	}{
		{[]string{"MAX_DYNOS=7"}, func(s *settings.Settings) any { return s.Table.At(at).Max }, 7},
		{[]string{"AUTOSCALE_MAX_DYNOS=7"}, func(s *settings.Settings) any { return s.Table.At(at).Max }, 7},
		{[]string{"AUTOSCALE_MAX_DYNOS=7", "MAX_DYNOS=8"}, func(s *settings.Settings) any { return s.Table.At(at).Max }, 7},
		{[]string{"AUTOSCALE_MAX_DYNOS=", "MAX_DYNOS=8"}, func(s *settings.Settings) any { return s.Table.At(at).Max }, 8},
		{[]string{"MAX_DYNOS="}, func(s *settings.Settings) any { return s.Table.At(at).Max }, 3},
		{[]string{`MAX_DYNOS={"0:00":2,"9:00":5,"17:00":2}`}, func(s *settings.Settings) any { return s.Table.At(at) }, schedule.Limits{Min: 1, Max: 5}},
		{[]string{"MAX_DYNOS=0:00=2,9:00=5,17:00=2", "TIME_ZONE=America/Vancouver"}, func(s *settings.Settings) any { return s.Table.At(at).Max }, 2},
		{[]string{"HEARTBEAT_INTERVAL_IN_SECONDS=2.5"}, func(s *settings.Settings) any { return time.Duration(s.HeartbeatInterval) }, 2500 * time.Millisecond},
		{[]string{"HEARTBEAT_INTERVAL_IN_SECONDS=2.5"}, func(s *settings.Settings) any { return s.Timeout() }, 2 * time.Second},
		{[]string{"HEARTBEAT_INTERVAL_IN_SECONDS=10", "HEARTBEAT_TIMEOUT_IN_SECONDS=9.5"}, func(s *settings.Settings) any { return s.Timeout() }, 8 * time.Second},
		{[]string{"MAX_RESPONSE_TIME_IN_MS=500.5"}, func(s *settings.Settings) any { return float64(s.MaxResponseTime) }, 500.5},
		{[]string{"NOTIFY_ON_EVERY_SCALE=True"}, func(s *settings.Settings) any { return bool(s.NotifyEveryScale) }, true},
		{[]string{"NOTIFY_IF_NEEDS_EXCEED_MAX=0"}, func(s *settings.Settings) any { return bool(s.NotifyExceedMax) }, false},
		{[]string{"NOTIFICATION_BACKENDS=console, log,console"}, func(s *settings.Settings) any { return []string(s.NotificationBackends) }, []string{"console", "log"}},
		{[]string{"NOTIFICATION_BACKENDS=autoscalebot.backends.notification.ConsoleBackend"}, func(s *settings.Settings) any { return []string(s.NotificationBackends) }, []string{"console"}},
		{[]string{"HEARTBEAT_FAIL_ON=timeout, 4XX"}, func(s *settings.Settings) any { return s.HeartbeatFailOn.Outcomes }, []probe.Outcome{probe.Timeout, probe.ClientError}},
		{[]string{"HEARTBEAT_HEADERS=X-Api-Key: abc; Accept: text/plain"}, func(s *settings.Settings) any { return http.Header(s.HeartbeatHeaders) }, http.Header{"X-Api-Key": {"abc"}, "Accept": {"text/plain"}}},
		{[]string{"HEARTBEAT_FAIL_ON=timeout, 429,520-523"}, func(s *settings.Settings) any { return s.HeartbeatFailOn }, settings.FailOn{
			Outcomes: []probe.Outcome{probe.Timeout, probe.Overloaded}, Statuses: probe.Statuses{{From: 429, To: 429}, {From: 520, To: 523}},
		}},
		{nil, func(s *settings.Settings) any { return s.HeartbeatStatuses.String() }, "2xx"},
		{[]string{"HEARTBEAT_STATUSES=200-204, 404"}, func(s *settings.Settings) any { return s.HeartbeatStatuses.String() }, "200-204,404"},
		{[]string{"AUTOSCALE_HEARTBEAT_KEYWORD= All well "}, func(s *settings.Settings) any { return s.HeartbeatKeyword }, settings.Text("All well")},
		{[]string{"HEARTBEAT_REDIRECTS=ANY"}, func(s *settings.Settings) any { return s.HeartbeatRedirects }, settings.Word("any")},
		{[]string{"HEARTBEAT_HEADERS=User-Agent: Mozilla/5.0 (X11; Linux; rv:9) Gecko; X-Key: abc;"}, func(s *settings.Settings) any { return http.Header(s.HeartbeatHeaders) }, http.Header{"User-Agent": {"Mozilla/5.0 (X11; Linux; rv:9) Gecko"}, "X-Key": {"abc"}}},
		{[]string{`HEARTBEAT_HEADERS=Cookie: a=1; b=2; Accept: text/html; q=0.5; X-Time: 12:30:01; X-Q: "a; b: c"`}, func(s *settings.Settings) any { return http.Header(s.HeartbeatHeaders) }, http.Header{"Cookie": {"a=1; b=2"}, "Accept": {"text/html; q=0.5"}, "X-Time": {"12:30:01"}, "X-Q": {`"a; b: c"`}}},
		{[]string{`HEARTBEAT_HEADERS={"Accept": "a;b"}`}, func(s *settings.Settings) any { return http.Header(s.HeartbeatHeaders) }, http.Header{"Accept": {"a;b"}}},
		{[]string{"NUMBER_OF_FAILS_TO_SCALE_UP_AFTER=3/5"}, func(s *settings.Settings) any { return s.Fails.Quorum }, decide.Quorum{N: 3, M: 5}},
		{[]string{"INCREMENT=2", "INCREMENT_UP=50%"}, func(s *settings.Settings) any { return []decide.Step{s.Up(), s.Down()} }, []decide.Step{{Percent: 50}, {Dynos: 2}}},
		{[]string{"COOLDOWN_UP_IN_SECONDS=0.5"}, func(s *settings.Settings) any { return time.Duration(s.CooldownUp) }, 500 * time.Millisecond},
		{[]string{"MONTHLY_BUDGET=$150.50"}, func(s *settings.Settings) any { return float64(s.Budget) }, 150.5},
		{[]string{"PAUSED=down, UP"}, func(s *settings.Settings) any { return s.Paused }, settings.Directions{Up: true, Down: true}},
		{[]string{"QUIET_HOURS=8:00-11:00"}, func(s *settings.Settings) any { return s.Quiet.At(at) }, true},
		{[]string{"QUIET_HOURS=8:00-11:00", "TIME_ZONE=Europe/Berlin"}, func(s *settings.Settings) any { return s.Quiet.At(at) }, false}, // 11:00 there
		{nil, func(s *settings.Settings) any { return s.Quiet.At(at) }, false},
		{[]string{"HEARTBEAT_MEASURE=Queue", "HEARTBEAT_SAMPLES=20", "HEARTBEAT_PERCENTILE=99.5"}, func(s *settings.Settings) any {
			return fmt.Sprintln(s.HeartbeatMeasure, s.HeartbeatSamples, s.HeartbeatPercent)
		}, "queue 20 99.5\n"},
		{nil, func(s *settings.Settings) any { return s.Control() }, "https://api.heroku.com"},
		{[]string{"CONTROL_URL=none"}, func(s *settings.Settings) any { return s.Control() }, ""},
		{[]string{"CONTROL_URL=https://example.com/up"}, func(s *settings.Settings) any { return s.Control() }, "https://example.com/up"},
		{[]string{"LOG_LEVEL=WARN"}, func(s *settings.Settings) any { return string(s.LogLevel) }, "warn"},
	} {
		t.Run(strings.Join(c.env, " "), func(t *testing.T) {
			env(t, c.env...)
			s := loaded(t)
			if got := c.get(s); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	racetest.Computes(t)
	for _, c := range []struct{ env, want string }{
		{"AUTOSCALE_MAX_DYNO=3", "AUTOSCALE_MAX_DYNO: unknown setting; the nearest is AUTOSCALE_MAX_DYNOS"},
		{"HEROKU_API_KEY=", "HEROKU_API_KEY: is not set; create one with: heroku authorizations:create --description autoscalebot --scope identity,write"},
		{"HEROKU_API_KEY=two words", "HEROKU_API_KEY: contains a space or another invalid character. Copy the key again"},
		{"HEROKU_APP_NAME= ", "HEROKU_APP_NAME: is not set; set the app to scale, such as dancing-forest-1234"},
		{"HEROKU_APP_NAME=https://x.herokuapp.com", `HEROKU_APP_NAME: "https://x.herokuapp.com": must be an app's name, as listed by: heroku apps`},
		{"HEROKU_API_URL=http://api.heroku.com", `HEROKU_API_URL: "http://api.heroku.com" would send the API key unencrypted: must be https://…, or http://… on a loopback address`},
		{"HEROKU_API_URL=https://me:" + secret + "@api.heroku.com", "HEROKU_API_URL: must be a URL without user and query, such as https://api.heroku.com"},
		{"HEROKU_PROCESS_TYPE=web 1", `HEROKU_PROCESS_TYPE: "web 1": must be a process type of the Procfile, such as web`},
		{"PLATFORM=fly", `PLATFORM: "fly": must be heroku, cloudfoundry, local, command, pool or autoscaling-group`},
		{"TIME_ZONE=Mars/Olympus", `TIME_ZONE: "Mars/Olympus": unknown time zone: must be an IANA name, such as Europe/Berlin or America/Vancouver`},
		{"HEARTBEAT_INTERVAL_IN_SECONDS=soon", `HEARTBEAT_INTERVAL_IN_SECONDS: "soon": must be a number of seconds above 0, such as 30 or 2.5`},
		{"HEARTBEAT_INTERVAL_IN_SECONDS=NaN", `HEARTBEAT_INTERVAL_IN_SECONDS: "NaN": must be a number of seconds above 0, such as 30 or 2.5`},
		{"HEARTBEAT_INTERVAL_IN_SECONDS=0.01", "HEARTBEAT_INTERVAL_IN_SECONDS: 0.01: must be at least 0.1"},
		{"HEARTBEAT_TIMEOUT_IN_SECONDS=31", "HEARTBEAT_TIMEOUT_IN_SECONDS: 31 s is longer than the interval, HEARTBEAT_INTERVAL_IN_SECONDS=30: must be at most 24"},
		{"MIN_RESPONSE_TIME_IN_MS=1001", "MIN_RESPONSE_TIME_IN_MS: 1001 is above MAX_RESPONSE_TIME_IN_MS, 1000: the lower threshold must be below the upper one"},
		{"MAX_RESPONSE_TIME_IN_MS=-1", `MAX_RESPONSE_TIME_IN_MS: "-1": must be a number of milliseconds, such as 1000`},
		{"NUMBER_OF_FAILS_TO_SCALE_UP_AFTER=0", `NUMBER_OF_FAILS_TO_SCALE_UP_AFTER: "0": must be a whole number from 1 to 64, such as 3 for 3 in a row, or 3/5 for 3 of the last 5`},
		{"INCREMENT=1.5", `INCREMENT: "1.5": must be a whole number, 1 or more, or a share such as 50%`},
		{"NUMBER_OF_PASSES_TO_SCALE_DOWN_AFTER=5/3", `NUMBER_OF_PASSES_TO_SCALE_DOWN_AFTER: "5/3": must be a whole number from 1 to 64, such as 3 for 3 in a row, or 3/5 for 3 of the last 5`},
		{"INCREMENT_UP=0%", `INCREMENT_UP: "0%": must be a whole number, 1 or more, or a share such as 50%`},
		{"COOLDOWN_DOWN_IN_SECONDS=-1", `COOLDOWN_DOWN_IN_SECONDS: "-1": must be a number of seconds, 0 or more`},
		{"NOTIFY_ON_EVERY_PING=maybe", `NOTIFY_ON_EVERY_PING: "maybe": must be true or false`},
		{"NOTIFICATION_BACKENDS=console,pager", `NOTIFICATION_BACKENDS: "console,pager": unknown notifier "pager": must be console, log, email, slack, pagerduty, webhook or urls`},
		{"NOTIFICATION_BACKENDS=slack", "SLACK_WEBHOOK_URL: is not set; NOTIFICATION_BACKENDS=slack needs it, or SLACK_BOT_TOKEN and SLACK_CHANNEL"},
		{"NOTIFICATION_BACKENDS=pagerduty", "PAGERDUTY_ROUTING_KEY: is not set; NOTIFICATION_BACKENDS=pagerduty needs it: the integration key of an “Events API v2” integration"},
		{"NOTIFICATION_BACKENDS=urls", "NOTIFY_URLS: is not set; NOTIFICATION_BACKENDS=urls needs it, such as ntfy://ntfy.sh/my-topic"},
		{"NOTIFICATION_BACKENDS=webhook", "WEBHOOK_URL: is not set; NOTIFICATION_BACKENDS=webhook needs it"},
		{"WEBHOOK_URL=" + secret, "WEBHOOK_URL: must be a URL that begins with http:// or https:// (the value is not shown because it may hold a secret)"},
		{"SMTP_URL=http://u:" + secret + "@x", "SMTP_URL: must be a URL that begins with smtp:// or smtps:// (the value is not shown because it may hold a secret)"},
		{`EMAIL_TO="a, b" <a@example.com>, "c, d`, `EMAIL_TO: "\"c, d" is not an e-mail address. Quote a name with a comma: "Smith, Ann" <ann@example.com>`},
		{"EMAIL_FROM=a@b; c@d", `EMAIL_FROM: "a@b; c@d" is not an e-mail address`},
		{"EMAIL_TO=a@b; c@d", `EMAIL_TO: "a@b; c@d" is not an e-mail address. Separate addresses by commas, and use no groups: ops@example.com, dev@example.com`},
		{"EMAIL_TO=['a@b.test']", `EMAIL_TO: "['a@b.test']" is not an e-mail address. Write addresses without brackets and quotes: ops@example.com, dev@example.com`},
		{"EMAIL_TO=a@example.com, b c@d", `EMAIL_TO: "b c@d" is not an e-mail address`},
		{"EMAIL_TO=me", `EMAIL_TO: "me" is not an e-mail address`},
		{"QUIET_HOURS=22-7", `QUIET_HOURS: "22-7": use times such as 7:05 or 22:00, from 0:00 to 24:00`},
		{"NOTIFY_IF_SCALE_DIFF_EXCEEDS_THRESHOLD=5", "NOTIFY_IF_SCALE_DIFF_EXCEEDS_THRESHOLD: must be set together with NOTIFY_IF_SCALE_DIFF_EXCEEDS_PERIOD_IN_MINUTES: set both above 0, or neither"},
		{"HEARTBEAT_URL=ftp://example.com/", `HEARTBEAT_URL: "ftp://example.com/": must begin with http://, https:// or, for a path, a slash`},
		{"HEARTBEAT_URL=example.com/beat?token=" + secret, `HEARTBEAT_URL: "example.com/beat": must begin with http://, https:// or, for a path, a slash`},
		{"CONTROL_URL=example.com", "CONTROL_URL: must be none, or a URL that begins with http:// or https://. Choose one that is nearly always up"},
		{"HEARTBEAT_METHOD=G E T", `HEARTBEAT_METHOD: "g e t": must be GET, HEAD or POST`},
		{"HEARTBEAT_HEADERS=" + secret, "HEARTBEAT_HEADERS: a header has no colon: must be Name: value; Name: value"},
		{"HEARTBEAT_FAIL_ON=slow", `HEARTBEAT_FAIL_ON: "slow": unknown outcome "slow": must be timeout, 5xx, 4xx, connect, unreachable, bad, any, or a status such as 429`},
		{"HEARTBEAT_FAIL_ON=timeout,204", `HEARTBEAT_FAIL_ON: lists 204, and so does HEARTBEAT_STATUSES. Remove it from one of them`},
		{"HEARTBEAT_FAIL_ON=600", `HEARTBEAT_FAIL_ON: "600": unknown outcome "600": must be timeout, 5xx, 4xx, connect, unreachable, bad, any, or a status such as 429`},
		{"HEARTBEAT_STATUSES=ok", `HEARTBEAT_STATUSES: "ok": invalid status "ok": must be 200–599, such as 200, 2xx or 200-299`},
		{"HEARTBEAT_STATUSES=200-", `HEARTBEAT_STATUSES: "200-": invalid status "200-": must be 200–599, such as 200, 2xx or 200-299`},
		{"HEARTBEAT_REDIRECTS=some", `HEARTBEAT_REDIRECTS: "some": must be same-host, any or none`},
		{"HEARTBEAT_KEYWORD=" + strings.Repeat("x", 1025), "HEARTBEAT_KEYWORD: has 1025 bytes: must have at most 1024"},
		{"HEARTBEAT_HEADERS=X-Key: a; " + secret, "HEARTBEAT_HEADERS: a header has no colon: must be Name: value; Name: value"},
		{"HEARTBEAT_MEASURE=speed", `HEARTBEAT_MEASURE: "speed": must be total, processing or queue`},
		{"HEARTBEAT_SAMPLES=0", `HEARTBEAT_SAMPLES: "0": must be a whole number from 1 to 20`},
		{"HEARTBEAT_SAMPLES=21", `HEARTBEAT_SAMPLES: "21": must be a whole number from 1 to 20`},
		{"HEARTBEAT_PERCENTILE=0", `HEARTBEAT_PERCENTILE: "0": must be above 0 and at most 100, such as 50 or 90`},
		{"HEARTBEAT_PERCENTILE=100.1", `HEARTBEAT_PERCENTILE: "100.1": must be above 0 and at most 100, such as 50 or 90`},
		{"HEARTBEAT_JITTER=2", `HEARTBEAT_JITTER: "2": must be a number from 0 to 0.5, such as 0.1`},
		{"LOG_LEVEL=loud", `LOG_LEVEL: "loud": must be debug, info, warn or error`},
		{"MONTHLY_BUDGET=much", `MONTHLY_BUDGET: "much": must be an amount of dollars, such as 150`},
		{"PAUSED=yes", `PAUSED: "yes": unknown direction "yes": must be up, down or up,down`},
		{"LOG_FORMAT=xml", `LOG_FORMAT: "xml": must be auto, console, logfmt or json`},
	} {
		t.Run(c.env, func(t *testing.T) {
			env(t, c.env)
			_, err := settingstest.Load()
			if err == nil {
				t.Fatal("was accepted")
			}
			if want := "a setting is wrong:\n  " + c.want; err.Error() != want {
				t.Errorf("error is\n%s\nwant\n%s", err, want)
			}
			if strings.Contains(err.Error(), secret) {
				t.Error("the error holds a secret")
			}
		})
	}
}

func TestMinAboveMax(t *testing.T) {
	env(t, "MIN_DYNOS=0:00=1,8:00=4,18:00=1", "MAX_DYNOS=0:00=3,9:00=5")
	refused(t, "MIN_DYNOS 4 is above MAX_DYNOS 3", "8:00")
}

func TestAllMistakesAtOnce(t *testing.T) {
	env(t, "HEROKU_API_KEY=", "MAX_DYNOS=many", "TIME_ZONE=Nowhere", "AUTOSCALE_INKREMENT=1", "LOG_LEVEL=loud", "NOTIFICATION_BACKENDS=email")
	refused(t, "8 settings are wrong", "HEROKU_API_KEY:", "MAX_DYNOS:", "TIME_ZONE:", "AUTOSCALE_INKREMENT:", "LOG_LEVEL:", "SMTP_URL:", "EMAIL_FROM:", "EMAIL_TO:")
}

func TestALimitIsNamedOnce(t *testing.T) {
	for value, want := range map[string]string{
		"abc":               `"abc": must be a whole number from 0 to 10000, or a schedule such as 0:00=2, 9:00=5, 17:00=2`,
		" 9:00=five ":       "row `9:00=five`: `five` is not a number of dynos; write a whole number from 0 to 10000",
		"0:00=1, 9:00=five": "\"0:00=1, 9:00=five\": row `9:00=five`: `five` is not a number of dynos; write a whole number from 0 to 10000",
	} {
		env(t, "MAX_DYNOS="+value)
		if _, err := settings.LoadAll(); err == nil || err.Error() != "a setting is wrong:\n  MAX_DYNOS: "+want {
			t.Errorf("%q: got %v, want %s", value, err, want)
		}
	}
}

func TestAWrongTimeZoneHidesNothing(t *testing.T) {
	env(t, "TIME_ZONE=Nowhere", "MIN_DYNOS=5", "MAX_DYNOS=3", "QUIET_HOURS=22-7")
	refused(t, "3 settings are wrong", "TIME_ZONE: ", "MIN_DYNOS 5 is above MAX_DYNOS 3", "QUIET_HOURS: ")
}

// An invalid signal hides no mistakes of the rules or the policy. A rule that may mean an unreadable name is not reported.
func TestAWrongSignalHidesNothing(t *testing.T) {
	env(t, "SIGNALS=queue=redis://h/0", "RULES=queue; qeue max=1", "POLICY=adaptive", "HEARTBEAT_URL=none")
	refused(t, "4 settings are wrong", "SIGNALS: queue: ", "queue needs max, min or both", "unknown signal qeue", "POLICY: ")
	env(t, "SIGNALS=Queue=redis://h/0#a", "RULES=queue max=1")
	if _, err := settingstest.Load(); err == nil || strings.Contains(err.Error(), "RULES") {
		t.Errorf("got %v, want a mistake of SIGNALS alone", err)
	}
	inFile(t, app+"signals: 'queue=redis://${NOWHERE}/0#a'\nrules: [queue max=1]")
	if _, err := settingstest.Load(); err == nil || !strings.Contains(err.Error(), "NOWHERE") || strings.Contains(err.Error(), "no signal queue") {
		t.Errorf("a variable that is not set: got %v, want a mistake of SIGNALS alone", err)
	}
}

func TestOtherPlatforms(t *testing.T) {
	for _, c := range []struct {
		env  []string
		want string
	}{
		{[]string{"PLATFORM=command", "HEARTBEAT_URL=https://example.com/beat", "COUNT_COMMAND=./count", "SCALE_COMMAND=./scale"}, ""},
		{[]string{"PLATFORM=command", "COUNT_COMMAND=./count"}, "2 settings are wrong:\n  SCALE_COMMAND: is not set; set a command that changes the number of dynos\n  HEARTBEAT_URL: \"/autoscalebot/heartbeat/\" is only a path: set the whole URL, because PLATFORM=command does not know the app's"},
		{[]string{"PLATFORM=local", "LOCAL_COMMAND=./app"}, ""},
		{[]string{"PLATFORM=local", "LOCAL_COMMAND=./app", "MONTHLY_BUDGET=9"}, "a setting is wrong:\n  DYNO_PRICE_PER_MONTH: is not set; MONTHLY_BUDGET needs it because PLATFORM=local reports no prices"},
		{[]string{"PLATFORM=local", "LOCAL_ADDR=5000"}, "a setting is wrong:\n  LOCAL_ADDR: \"5000\": must be host:port, such as 127.0.0.1:5000"},
	} {
		env(t, append([]string{"HEROKU_APP_NAME=", "HEROKU_API_KEY="}, c.env...)...)
		_, err := settingstest.Load()
		if got := fmt.Sprint(err); err != nil && got != c.want || err == nil && c.want != "" {
			t.Errorf("%v: error is\n%v\nwant\n%v", c.env, err, c.want)
		}
	}
}

func TestSecretsAreNeverShown(t *testing.T) {
	env(t, "HEARTBEAT_TOKEN="+secret, "WEBHOOK_SECRET="+secret)
	s := loaded(t)
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if strings.Contains(fmt.Sprintf(format, *s), secret) {
			t.Errorf("%s shows a secret", format)
		}
	}
	if s.HerokuAPIKey.Reveal() != secret {
		t.Error("Reveal does not reveal")
	}
	var kept []string
	for _, pair := range s.CommandEnviron() {
		if strings.Contains(pair, secret) {
			kept = append(kept, pair)
		}
	}
	if len(kept) > 0 {
		t.Errorf("a command that the bot starts would get the secrets %v", kept)
	}
}

// Any text in any setting is accepted or gives a problem of that setting. It never crashes, and no secret is shown.
func FuzzLoad(f *testing.F) {
	names := []string{}
	for _, e := range settings.Entries() {
		names = append(names, e.Name)
	}
	for i, text := range []string{"", "3", "0:00=2,9:00=5", `{"0:00":1}`, "cron(0 9 * * 1)=2", "a: b; c: d", "true", "1e309", "smtp://u:p@h", "\x00", "-1"} {
		f.Add(i*5, text)
	}
	f.Fuzz(func(t *testing.T, which int, text string) {
		if strings.ContainsRune(text, 0) {
			return // no environment can hold it
		}
		name := names[uint(which)%uint(len(names))]
		env(t, name+"="+text)
		s, err := settingstest.Load()
		if err == nil {
			s.Table.At(time.Now())
			return
		}
		var ps settings.Problems
		if ps, _ = err.(settings.Problems); len(ps) == 0 {
			t.Errorf("%s=%q: %v is no list of problems", name, text, err)
		}
	})
}

func TestAMistakeInATableNeverPrintsItAll(t *testing.T) {
	rows := make([]string, 20000)
	for i := range rows {
		rows[i] = fmt.Sprintf("2026-12-%02d %d:%02d=%d", i%31+1, i/60%24, i%60, i%9)
	}
	for _, table := range []string{strings.Join(rows, ", "), strings.Join(rows[:900], ", ") + ", 25:00=1", "0:00=" + strings.Repeat("9", 5000)} {
		env(t, "HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY="+secret, "MAX_DYNOS="+table)
		_, err := settingstest.Load()
		if err == nil || len(err.Error()) > 3000 || !strings.Contains(err.Error(), "MAX_DYNOS") {
			t.Errorf("error of %d bytes: %.300v", len(fmt.Sprint(err)), err)
		}
	}
}
