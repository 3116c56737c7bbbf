//go:build unix

package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/heroku"
	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
)

// Tests do not depend on the width of columns.
func oneSpaced(s string) string { return strings.Join(strings.Fields(s), " ") }

func TestCheckFindsAllFine(t *testing.T) {
	t.Parallel()
	api, app, hook := herokutest.NewServer(t), newHeart(t), newHook(t)
	api.AddApp(dancingForest(app.url, 2))
	env := []string{
		"HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY=" + api.Key, "HEROKU_API_URL=" + api.URL, "MAX_DYNOS=0:00=3,9:00=5",
		"NOTIFICATION_BACKENDS=console,webhook", "WEBHOOK_URL=" + hook.url, "WEBHOOK_SECRET=" + hook.secret,
		"SLACK_WEBHOOK_URL=https://hooks.slack.com/services/T/B/X",
	}
	o := runOnce(t, env, "check")
	if o.code != exitFine {
		t.Errorf("code %d, want 0\n%s%s", o.code, o.stdout, o.stderr)
	}
	for _, want := range []string{
		"credentials ok owner@example.com ",
		"app ok dancing-forest, region us, maintenance mode off, " + app.url,
		"formation ok web: 2 × Standard-1X ",
		"dynos ok 2 now ",
		"heartbeat ok 200 after ",
		": fast (below 200 ms) the median of 5 heartbeats, from ",
		" DNS 0.0 ms, connect ",
		"API calls ok 120 per hour, 2.7 % of the account's 4500: one every 30 s, and up to twice as many while dynos start",
		"cost ok at most $125 a month: 5 dynos at $25 each, all month",
		"1–3 · 9:00 1–5", // from the drawing of the week
		"slack note has settings, but is not in NOTIFICATION_BACKENDS",
		"webhook ok configured. Run autoscalebot check --notify to send a test notice ",
		" all checks passed",
	} {
		if !strings.Contains(oneSpaced(o.stdout), want) {
			t.Errorf("check does not say %q:\n%s", want, o.stdout)
		}
	}
	for _, c := range api.Calls() {
		if c.Method != "GET" {
			t.Errorf("check made a call that may change something: %s %s", c.Method, c.Path)
		}
	}
	if len(hook.all()) != 0 {
		t.Error("check without --notify sent a notice")
	}
	if o := runOnce(t, env, "check", "--notify"); o.code != exitFine || !hook.take(notify.Test, "") || !strings.Contains(o.stdout, "test notice") {
		t.Errorf("check --notify: code %d, %d notices\n%s%s", o.code, len(hook.all()), o.stdout, o.stderr)
	}
}

func TestCheckFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	api, app := herokutest.NewServer(t), newHeart(t)
	forest := dancingForest(app.url, 1)
	forest.Formation[0].Size = "Basic"
	api.AddApp(forest)
	app.answer(loops)
	other := filepath.Join(t.TempDir(), "state.json")
	if err := os.WriteFile(other, []byte(`{"format": 2, "app": "another-app", "process_type": "web"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		env, want []string
	}{
		"a wrong key": {
			[]string{"HEROKU_API_KEY=another-key"},
			[]string{"credentials WRONG", "the API key is wrong or was revoked", "dynos note not checked: needs the key", "cost note not checked: needs the key", "heartbeat note not checked: needs the key, because HEARTBEAT_URL is a path", "1 check failed"},
		},
		"a wrong app": {
			[]string{"HEROKU_APP_NAME=dancing-tree"},
			[]string{"credentials ok", "app WRONG", "Run `heroku apps` to list your apps", "dynos note not checked: needs the app", "heartbeat note not checked: needs the app", "1 check failed"},
		},
		"Heroku that cannot be reached": {
			[]string{"HEROKU_API_URL=http://127.0.0.1:1"},
			[]string{"credentials WRONG read the account: Heroku is unreachable: dial tcp 127.0.0.1:1: connect: connection refused (3 tries) ", "dynos note not checked"},
		},
		"a history that nobody can write": {
			[]string{"HISTORY=sqlite:/proc/nowhere/x.db"},
			[]string{"history WRONG create the SQLite file /proc/nowhere/x.db"},
		},
		"places that cannot be used": {
			[]string{"STATE_FILE=/proc/nowhere/state.json", "ADMIN_SOCKET=/proc/nowhere/bot.sock", "DASHBOARD_ADDR=127.0.0.1:70000", "ADMIN_ADDR=203.0.113.1:7070", "ADMIN_TOKEN=adm1n-t0ken-0123456789"},
			[]string{"state file WRONG /proc/nowhere/state.json", "ADMIN_SOCKET WRONG /proc/nowhere/bot.sock", "page WRONG 127.0.0.1:70000", "ADMIN_ADDR WRONG 203.0.113.1:7070"},
		},
		"another bot's state": {
			[]string{"STATE_FILE=" + other},
			[]string{"state file WRONG", "of web of another-app"},
		},
		"a dyno size that cannot scale, a page that leads nowhere, a notifier that is gone": {
			[]string{"NOTIFICATION_BACKENDS=webhook", "WEBHOOK_URL=http://127.0.0.1:1/s3cret-path"},
			[]string{"formation WRONG", "there can be only one Basic dyno per process type", "heartbeat WRONG bad answer: more than 10 redirects", "webhook WRONG", "3 checks failed"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			env := append([]string{"HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY=" + api.Key, "HEROKU_API_URL=" + api.URL}, c.env...)
			o := runOnce(t, env, "check", "--notify")
			all := o.stdout + o.stderr
			if o.code != exitWork {
				t.Errorf("code %d, want 1", o.code)
			}
			for _, want := range c.want {
				if !strings.Contains(oneSpaced(all), want) {
					t.Errorf("check does not say %q:\n%s", want, all)
				}
			}
			if strings.Contains(all, "next heartbeat") {
				t.Errorf("check promises what only a running bot does:\n%s", all)
			}
			for _, secret := range []string{api.Key, "another-key", "s3cret-path"} {
				if strings.Contains(all, secret) {
					t.Errorf("check shows a secret:\n%s", all)
				}
			}
		})
	}
}

// The demo runs the real bot on real processes, ends after its time, and leaves no process behind.
func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 8 s")
	}
	t.Parallel()
	picture := filepath.Join(t.TempDir(), "demo.svg")
	program := ownBinary(t)
	o := runProgram(t, program, []string{"PATH=" + os.Getenv("PATH")}, "demo", "--for", "6s", "--json", "--svg", picture)
	if o.code != exitFine {
		t.Fatalf("code %d\n%s", o.code, o.stderr)
	}
	records := map[string]int{}
	for lines := bufio.NewScanner(strings.NewReader(o.stdout)); lines.Scan(); {
		var r record.Record
		var of struct{ Policy string }
		if err := errors.Join(json.Unmarshal(lines.Bytes(), &r), json.Unmarshal(lines.Bytes(), &of)); err != nil || len(r.Readings) != 1 || r.Dynos < 1 {
			t.Errorf("a line is no record of a heartbeat (%v): %s", err, lines.Text())
		}
		records[of.Policy]++
	}
	// A busy machine may miss some heartbeats.
	if a, c := records["adaptive"], records["count"]; len(records) != 2 || a < 1 || a > 7 || c < 1 || c > 7 {
		t.Errorf("%v records in 6 s of a heartbeat a second", records)
	}
	verdict := regexp.MustCompile(`\nThe adaptive policy had [0-9,]+ slow requests? of [0-9,]+(, .* unanswered,)? for [0-9,]+ dyno-seconds; counting had [0-9,]+.* for [0-9,]+\.\n\nNext: autoscalebot init\n$`)
	if !verdict.MatchString(o.stderr) || !strings.Contains(o.stderr, "dyno-seconds") {
		t.Errorf("no summary with a verdict:\n%s", o.stderr)
	}
	if svg, err := os.ReadFile(picture); err != nil || !bytes.Contains(svg, []byte("<svg")) {
		t.Errorf("no picture: %v", err)
	}
	pgrep, err := exec.LookPath("pgrep")
	if err != nil {
		t.Skip("without pgrep nobody can tell whether processes were left behind")
	}
	if out, err := exec.Command(pgrep, "-f", program+" sample-app").Output(); err == nil {
		t.Errorf("the demo left processes behind: %s", out)
	}
}

// check judges the response time, not only the status.
func TestCheckJudgesTheHeartbeat(t *testing.T) {
	t.Parallel()
	api, app := herokutest.NewServer(t), newHeart(t)
	api.AddApp(dancingForest(app.url, 1))
	env := []string{"HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY=" + api.Key, "HEROKU_API_URL=" + api.URL}
	for _, c := range []struct {
		name string
		took []time.Duration
		code int
		want string
	}{
		{"slow each time", []time.Duration{1500 * time.Millisecond}, exitWork, "heartbeat WRONG 200 after"},
		{"slow once", []time.Duration{1500 * time.Millisecond, 5 * time.Millisecond}, exitFine, "heartbeat ok 200 after"},
		{"above the lower threshold", []time.Duration{300 * time.Millisecond}, exitFine, "is above MIN_RESPONSE_TIME_IN_MS=200, so no heartbeat is fast and no dyno is ever removed. If the app has little load now, set MIN_RESPONSE_TIME_IN_MS="},
		{"near the upper threshold", []time.Duration{700 * time.Millisecond}, exitFine, "thresholds note"},
	} {
		var heartbeats atomic.Int64 // the last time repeats
		app.answer(func(w http.ResponseWriter, r *http.Request) {
			takes(c.took[min(int(heartbeats.Add(1)), len(c.took))-1])(w, r)
		})
		o := runOnce(t, env, "check")
		if o.code != c.code || !strings.Contains(oneSpaced(o.stdout), c.want) {
			t.Errorf("%s: code %d, want %d and %q:\n%s", c.name, o.code, c.code, c.want, o.stdout)
		}
	}
}

// taken has the connect, the processing and the whole times of successive heartbeats in milliseconds. The last repeats; a
// heartbeat with a negative time fails.
type taken [][]float64

func (t *taken) Probe(context.Context) probe.Reading {
	now := (*t)[0]
	*t = (*t)[min(1, len(*t)-1):]
	ms := func(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }
	r := probe.Reading{Outcome: probe.Answered, Status: 200, Value: 1, Unit: "ms", Phases: probe.Phases{Connect: ms(now[0]), Processing: ms(now[1])}}
	if len(now) > 2 {
		r.Value = now[2]
	}
	if r.Value < 0 {
		return probe.Reading{Outcome: probe.Timeout, Error: "no answer within 10s"}
	}
	return r
}

// check notes a page that costs the app almost nothing, at any distance.
func TestCheckNotesAStaticPage(t *testing.T) {
	for name, c := range map[string]struct {
		took taken
		want bool
	}{
		"a static page here":                              {taken{{0.1, 0.5}}, true},
		"a static page near":                              {taken{{1, 1.5}}, true},
		"a static page far away":                          {taken{{83, 83.4}}, true},
		"a static page over a way that varies":            {taken{{20, 24}, {25, 20.5}, {22, 26}, {20.3, 21}}, true},
		"an app of 3 ms here":                             {taken{{0.1, 3}}, false},
		"an app of 3 ms near":                             {taken{{1, 4}}, false},
		"an app of 5 ms here, while connecting is late":   {taken{{5.5, 5.2}, {0.2, 5.1}}, false},
		"an app of 5 ms far away":                         {taken{{83, 88}}, false},
		"an app of 5 ms over a way that varies":           {taken{{24, 25.5}, {20.4, 28}, {27, 25.2}, {22, 30}}, false},
		"an app of 100 ms behind a slow connection":       {taken{{300, 100}}, false},
		"an app of 100 ms on which connecting is retried": {taken{{1000, 130}, {30, 131}}, false},
	} {
		out, check := checked(t, c.took, nil)
		if got := strings.Contains(out, "heartbeat note the app answered in less than 1 ms"); got != c.want || check.wrong > 0 {
			t.Errorf("%s: noted %v, want %v:\n%s", name, got, c.want, out)
		}
	}
}

func checked(t *testing.T, took taken, change func(*settings.Settings)) (out string, c *checker) {
	t.Helper()
	var all bytes.Buffer
	s := settings.Defaults()
	if change != nil {
		change(s)
	}
	c = newChecker(&all)
	c.heartbeat(t.Context(), service.Parts{Heartbeat: &took}, s)
	return oneSpaced(all.String()), c
}

// The median of five heartbeats decides, and a baseline that the thresholds do not fit is noted with those that would.
func TestCheckJudgesTheMedian(t *testing.T) {
	adaptive := func(s *settings.Settings) { s.Policy = "adaptive" }
	took := func(ms ...float64) (all taken) {
		for _, m := range ms {
			all = append(all, []float64{5, m, m})
		}
		return all
	}
	for name, c := range map[string]struct {
		took  taken
		with  func(*settings.Settings)
		wrong int
		want  []string
		never []string
	}{
		"fast":          {took(90, 80, 85, 120, 100), nil, 0, []string{": fast (below 200 ms) the median of 5 heartbeats, from 80 ms to 120 ms"}, []string{"thresholds"}},
		"one outlier":   {took(90, 5000, 85, 120, 100), nil, 0, []string{"heartbeat ok", "from 85 ms to 5000 ms"}, []string{"thresholds"}},
		"two time out":  {took(90, -1, 85, -1, 100), nil, 0, []string{"heartbeat ok", "from 85 ms to 100 ms; 2 not answered"}, []string{"thresholds"}},
		"most time out": {took(90, -1, -1), nil, 1, []string{"heartbeat WRONG timeout: no answer within 10s"}, []string{"thresholds"}},
		"never fast": {
			took(432), nil, 0,
			[]string{"thresholds note the median of 432 ms is above MIN_RESPONSE_TIME_IN_MS=200, so no heartbeat is fast and no dyno is ever removed. If the app has little load now, set MIN_RESPONSE_TIME_IN_MS=650 and MAX_RESPONSE_TIME_IN_MS=2000"},
			nil,
		},
		"the adaptive policy needs no fast heartbeat": {took(432), adaptive, 0, []string{"heartbeat ok"}, []string{"thresholds"}},
		"near the maximum": {
			took(700), adaptive, 0,
			[]string{"thresholds note the median of 700 ms is more than half of MAX_RESPONSE_TIME_IN_MS=1000, so a short queue already counts as slow. If the app has little load now, set MAX_RESPONSE_TIME_IN_MS=2700"},
			[]string{"MIN_"},
		},
		"slow": {
			took(1500), nil, 1,
			[]string{"heartbeat WRONG", ": slow (above 1000 ms)", "The median is above MAX_RESPONSE_TIME_IN_MS=1000. If the app has little load now, the bot would scale it to the maximum and keep it there. Then set MIN_RESPONSE_TIME_IN_MS=2300 and MAX_RESPONSE_TIME_IN_MS=5700, or make the heartbeat page do less"},
			[]string{"thresholds"},
		},
	} {
		out, check := checked(t, c.took, c.with)
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("%s: check does not say %q:\n%s", name, want, out)
			}
		}
		for _, never := range c.never {
			if strings.Contains(out, never) {
				t.Errorf("%s: check says %q:\n%s", name, never, out)
			}
		}
		if check.wrong != c.wrong {
			t.Errorf("%s: %d are wrong, want %d:\n%s", name, check.wrong, c.wrong, out)
		}
	}
}

// Heroku refuses more than 4,500 calls per hour.
func TestCheckCountsTheAPICalls(t *testing.T) {
	for every, want := range map[time.Duration]string{
		30 * time.Second:       "API calls ok 120 per hour, 2.7 %",
		5 * time.Second:        "API calls ok 720 per hour, 16 %",
		time.Second:            "API calls note 3600 per hour, 80 % of the account's 4500: one every 1 s, and up to twice as many while dynos start. All of the account's bots and tools share them. Set HEARTBEAT_INTERVAL_IN_SECONDS to 2 or more",
		500 * time.Millisecond: "API calls WRONG 7200 per hour",
	} {
		var out bytes.Buffer
		s := settings.Defaults()
		s.HeartbeatInterval = settings.Seconds(every)
		p, err := heroku.New(heroku.Options{App: "dancing-forest", Key: "k"})
		if err != nil {
			t.Fatal(err)
		}
		if newChecker(&out).calls(p, s); !strings.Contains(oneSpaced(out.String()), want) {
			t.Errorf("every %v: want %q:\n%s", every, want, out.String())
		}
	}
}
