//go:build unix

package cli

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
)

// Two bots with one history both report it from their second heartbeat on: by notice, in status and on the page. When one ends or is
// killed, the other reports the end. A restart after a kill does not count as a second bot.
func TestTwoBotsWithOneHistoryBothSaySo(t *testing.T) {
	t.Parallel()
	app := newHeart(t)
	env, _ := counted(t, app, "1")
	env = append(env, "HISTORY=sqlite:"+filepath.Join(t.TempDir(), "history.db"), "DASHBOARD_ADDR=127.0.0.1:0", "NOTIFICATION_BACKENDS=webhook",
		"HEARTBEAT_INTERVAL_IN_SECONDS=1", "HEARTBEAT_TIMEOUT_IN_SECONDS=0.5")
	type one struct {
		*process
		hook *hook
		env  []string
	}
	begin := func() one {
		o := one{hook: newHook(t)}
		o.env = append(env[:len(env):len(env)], "WEBHOOK_URL="+o.hook.url, "WEBHOOK_SECRET="+o.hook.secret, "XDG_RUNTIME_DIR="+t.TempDir())
		o.process = start(t, nil, o.env...)
		return o
	}
	told := func(o one, phase notify.Phase) func() bool {
		return func() bool { return o.hook.take(notify.SecondBot, phase) }
	}
	beat := func(o one, n int64) {
		from := app.beats.Load()
		o.wait("heartbeats", func() bool { return app.beats.Load() >= from+n })
	}
	a := begin()
	beat(a, 3) // at least two are noted
	_ = a.cmd.Process.Kill()
	<-a.ended
	a = begin()
	beat(a, 4) // the killed bot must not count as alive
	if told(a, notify.Opened)() {
		t.Error("a bot that was killed is taken to be alive")
	}
	b := begin()
	begun := time.Now()
	a.wait("the first to tell of the second", told(a, notify.Opened))
	b.wait("the second to tell of the first", told(b, notify.Opened))
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("that took %v", took)
	}
	for _, o := range []one{a, b} {
		if status := runOnce(t, o.env, "status").stdout; !strings.Contains(status, "another autoscalebot") {
			t.Errorf("status says\n%s", status)
		}
		if page := fetch(t, o.page()+"/"); !strings.Contains(page, "another autoscalebot") {
			t.Errorf("the page does not say so:\n%.2000s", page)
		}
	}
	b.terminate()
	a.wait("the end to be told", told(a, notify.Resolved))
	if status := runOnce(t, a.env, "status").stdout; strings.Contains(status, "another autoscalebot") {
		t.Errorf("after the end of the other, status says\n%s", status)
	}
	c := begin()
	a.wait("the third to be told", told(a, notify.Opened))
	_ = c.cmd.Process.Kill()
	<-c.ended
	a.wait("the kill to be noticed", told(a, notify.Resolved))
	a.terminate()
}

// A second bot is one incident, even over a restart, and it ends.
func TestASecondBotIsOneIncidentOverARestart(t *testing.T) {
	t.Parallel()
	env, _ := counted(t, newHeart(t), "1")
	env = append(env, "HISTORY=sqlite:"+filepath.Join(t.TempDir(), "history.db"), "ADMIN_SOCKET=none", "HEARTBEAT_INTERVAL_IN_SECONDS=0.5",
		"HEARTBEAT_TIMEOUT_IN_SECONDS=0.3")
	other := start(t, nil, env...)
	other.wait("a heartbeat", func() bool { return strings.Contains(other.log.String(), "held at") })
	hook := newHook(t)
	app := newHeart(t)
	mine := append(env, "HEARTBEAT_URL="+app.url+"/autoscalebot/heartbeat/", "STATE_FILE="+filepath.Join(t.TempDir(), "state.json"), "NOTIFICATION_BACKENDS=webhook", "WEBHOOK_URL="+hook.url,
		"WEBHOOK_SECRET="+hook.secret)
	b := start(t, nil, mine...)
	b.wait("it to be told", func() bool { return hook.take(notify.SecondBot, notify.Opened) })
	for range 2 {
		_ = b.cmd.Process.Kill()
		<-b.ended
		b = start(t, nil, mine...)
		before := app.beats.Load()
		b.wait("a few heartbeats, at which it must not end", func() bool { return app.beats.Load() >= before+3 })
	}
	other.terminate()
	b.wait("its end", func() bool { return hook.take(notify.SecondBot, notify.Resolved) })
	b.terminate()
	phases, incidents, ids := []string{}, map[string]bool{}, map[string]bool{}
	for _, e := range hook.all() {
		if e.Kind == notify.SecondBot && !ids[e.ID] { // the kill may have come before the delivery was noted
			phases = append(phases, string(e.Phase))
			incidents[e.Incident], ids[e.ID] = true, true
		}
	}
	if strings.Join(phases, " ") != "opened resolved" || len(incidents) != 1 {
		t.Errorf("told %q of %d incidents", phases, len(incidents))
	}
}
