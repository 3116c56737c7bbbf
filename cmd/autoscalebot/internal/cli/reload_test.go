//go:build unix

package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A settingsFile replaces the file as an editor does.
type settingsFile struct {
	t    *testing.T
	path string
}

func (f settingsFile) write(text string) {
	f.t.Helper()
	next := f.path + ".swp"
	if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
	if err := os.Rename(next, f.path); err != nil {
		f.t.Fatal(err)
	}
}

// A bot of two process types in a dry run, whose app is slow. Saving the file, SIGHUP and the command reload it; mistakes change
// nothing, and are on the page, in the status and in notices.
func TestTheRunningBotReadsItsSettingsAgain(t *testing.T) {
	t.Parallel()
	app, chat := newHeart(t), newHook(t)
	app.answer(takes(80 * time.Millisecond))
	dir := t.TempDir()
	count := filepath.Join(dir, "count")
	if err := os.WriteFile(count, []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := settingsFile{t, filepath.Join(dir, "autoscale.yaml")}
	text := func(most int, more string) string {
		return fmt.Sprintf(`heroku_app_name: shop
platform: command
count_command: cat %[1]s
scale_command: echo $DYNOS >%[1]s
heartbeat_url: %[2]s/autoscalebot/heartbeat/
heartbeat_interval_in_seconds: 0.3
heartbeat_timeout_in_seconds: 0.28
max_response_time_in_ms: 50
min_response_time_in_ms: 1
number_of_fails_to_scale_up_after: 2
history: memory
dashboard_addr: 127.0.0.1:0
notification_backends: webhook
webhook_url: ${HOOK}
heartbeat_token: %[4]s
processes:
  web: {max_dynos: %[3]d}
  worker: {max_dynos: 1, count_command: echo 1, scale_command: 'true'}
%[5]s`, count, app.url, most, tokenOfTheFile, more)
	}
	env := []string{
		"PATH=" + os.Getenv("PATH"), "AUTOSCALE_FILE=" + file.path, "XDG_RUNTIME_DIR=" + dir, "HOOK=" + chat.url, "WEBHOOK_SECRET=" + chat.secret,
		"NOTIFY_IF_NEEDS_EXCEED_MAX=false",
	}
	file.write(text(1, ""))
	b := start(t, []string{tokenOfTheFile, newTokenOfTheFile, chat.secret}, env...)
	b.wait("a heartbeat at the maximum", func() bool { return strings.Contains(b.log.String(), "but the maximum is 1") })

	file.write(text(2, ""))
	b.wait("the saved maximum", func() bool {
		n, _ := os.ReadFile(count)
		return strings.TrimSpace(string(n)) == "2"
	})
	if o := runOnce(t, env, "status"); !strings.Contains(o.stdout, "reloaded at") || !strings.Contains(o.stdout, "by a change of the file: web: MAX_DYNOS 1 → 2") {
		t.Errorf("the status says %s%s", o.stdout, o.stderr)
	}

	file.write(text(3, "") + "bogus: 1\n")
	b.signal(syscall.SIGHUP)
	b.wait("a refusal", func() bool { return strings.Contains(b.log.String(), "the settings file was refused") })
	file.write(strings.Replace(text(3, ""), "max_response_time_in_ms: 50", "max_response_time_in_ms: never\nincrement: lots\npolicy: guess", 1))
	if o := runOnce(t, env, "reload"); o.code != exitUsage || !strings.Contains(o.stderr, "the bot refused: 3 settings are wrong:") ||
		!strings.Contains(o.stderr, "MAX_RESPONSE_TIME_IN_MS") || !strings.Contains(o.stderr, "POLICY") {
		t.Errorf("mistakes: %+v", o)
	}
	file.write(strings.Replace(text(3, ""), "history: memory", "history: none\nlog_format: json", 1))
	if o := runOnce(t, env, "reload"); o.code != exitUsage || !strings.Contains(o.stderr, "autoscale.yaml:12: LOG_FORMAT: cannot change while the bot runs. Restart the bot to change it") ||
		!strings.Contains(o.stderr, "HISTORY: cannot change") {
		t.Errorf("what needs a restart: %+v", o)
	}
	if o := runOnce(t, env, "status"); !strings.Contains(o.stdout, "(limits 1 to 2)") || !strings.Contains(o.stdout, "the former settings stay in force") {
		t.Errorf("after a refusal the status says %s%s", o.stdout, o.stderr)
	}
	b.wait("the notice", func() bool { return chat.take("settings_refused", "opened") })

	file.write(strings.Replace(text(3, ""), tokenOfTheFile, newTokenOfTheFile, 1))
	const changed = "reloaded:\n  web: MAX_DYNOS 2 → 3\n  HEARTBEAT_TOKEN changed\n"
	if o := runOnce(t, env, "reload"); o.code != exitFine || o.stdout != changed && o.stdout != unchanged { // the bot may be faster
		t.Errorf("the command says %+v", o)
	}
	if o := runOnce(t, env, "reload"); o.code != exitFine || o.stdout != unchanged {
		t.Errorf("without a change: %+v", o)
	}
	b.wait("the new maximum", func() bool {
		n, _ := os.ReadFile(count)
		return strings.TrimSpace(string(n)) == "3"
	})
	b.wait("the notice of the reload", func() bool { return chat.take("settings_reloaded", "") })
	b.wait("the end of the incident", func() bool { return chat.take("settings_refused", "resolved") })
	b.terminate()
}

const (
	unchanged         = "no setting has changed\n"
	tokenOfTheFile    = "tok3n-of-the-first-file"
	newTokenOfTheFile = "tok3n-of-the-second-file"
)

// Without a file, a SIGHUP changes nothing and ends nothing.
func TestWithoutAFileAHangupIsLogged(t *testing.T) {
	t.Parallel()
	app := newHeart(t)
	env, _ := counted(t, app, "1")
	b := start(t, nil, append(env, "ADMIN_SOCKET=none", "HISTORY=none")...)
	b.wait("a heartbeat", func() bool { return app.beats.Load() > 0 })
	b.signal(syscall.SIGHUP)
	b.wait("the reason", func() bool { return strings.Contains(b.log.String(), "AUTOSCALE_FILE is not set") })
	n := app.beats.Load()
	b.wait("more heartbeats", func() bool { return app.beats.Load() > n+1 })
	b.terminate()
}
