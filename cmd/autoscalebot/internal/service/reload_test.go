package service

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/logtest"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
)

type slowApp struct {
	mu    sync.Mutex
	n     int
	taken int
}

func (a *slowApp) Size(context.Context) (int, bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.n, true, nil
}

func (a *slowApp) Resize(_ context.Context, n int) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.n = n
	return nil
}

func (a *slowApp) Probe(context.Context) probe.Reading {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.taken++
	return probe.Reading{
		Signal: probe.HeartbeatSignal, Time: time.Now(), Value: 5000, Unit: "ms",
		Outcome: probe.Answered, Status: 200,
	}
}

func (a *slowApp) heartbeats() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.taken
}

// kept has the notices of a target.
type kept struct {
	mu     sync.Mutex
	events []notify.Event
}

func (k *kept) Notify(_ context.Context, e notify.Event) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.events = append(k.events, e)
	return nil
}

func (k *kept) has(id string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.ContainsFunc(k.events, func(e notify.Event) bool { return e.ID == id })
}

func (k *kept) kinds() (out []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, e := range k.events {
		if e.Kind == notify.SettingsReloaded || e.Kind == notify.SettingsRefused {
			out = append(out, strings.TrimSpace(string(e.Kind)+" "+string(e.Phase)))
		}
	}
	return out
}

const someApp = "heroku_app_name: shop\nheroku_api_key: s3cret-key-of-heroku\nhistory: none\nadmin_socket: " +
	"none\nheartbeat_url: http://127.0.0.1:1/\n" +
	"notification_backends: log\nmax_response_time_in_ms: 1000\nheartbeat_interval_in_seconds: " +
	"30\nheartbeat_jitter: 0\n"

// A rig is a bot whose settings are in a file, on a slow app.
type rig struct {
	*Service
	*reloader
	t    *testing.T
	app  *slowApp
	told *kept
	log  *logtest.Buffer
	ask  chan string
	stop func()
}

func write(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile("autoscale.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Only what is called in the bubble of a test.
func newRig(t *testing.T, text string, memory ...bot.Memory) *rig {
	t.Helper()
	write(t, text)
	all, err := settings.LoadAll()
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, app: &slowApp{n: 1}, told: &kept{}, log: &logtest.Buffer{}, ask: make(chan string, 1)}
	h := NewHost(all[0], io.Discard, r.log)
	h.Reload = r.ask
	v, err := New(t.Context(), all[0], Parts{
		Platform: r.app, Heartbeat: r.app,
		Targets: []notify.Target{{Name: "log", Notifier: r.told}},
	}, h)
	if err != nil {
		t.Fatal(err)
	}
	r.Service = v
	for _, m := range memory {
		v.Bot.Recall(m)
	}
	services := []*Service{v}
	ctx, cancel := context.WithCancel(t.Context())
	r.reloader = newReloader(ctx, all, h, &Receivers{}, services, watching(services, h.Log))
	end, ended := r.start(), make(chan struct{})
	go func() {
		defer close(ended)
		_ = v.Bot.Run(ctx)
	}()
	r.stop = func() {
		cancel()
		<-ended
		end()
		v.Close(context.WithoutCancel(ctx))
	}
	return r
}

func inFolder(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	settingstest.Env(t, "AUTOSCALE_FILE=autoscale.yaml")
}

func wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// Two slow heartbeats before a change of the file and one after it are three.
func TestASavedFileIsReadAgain(t *testing.T) {
	inFolder(t)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, someApp+"max_dynos: 1\n")
		wait(40 * time.Second)
		if err := r.Bot.Pause(bot.Down, time.Hour, "somebody"); err != nil {
			t.Fatal(err)
		}
		write(t, someApp+"max_dynos: 7\nwebhook_secret: s3cret-of-the-hook\ndeadman_url: ${NOBODY_SETS_THIS}\n")
		wait(3 * time.Second)
		write(t, someApp+"max_dynos: 7\nwebhook_secret: s3cret-of-the-hook\n")
		wait(3 * time.Second)
		if limits := r.Bot.Options().Schedule.At(time.Now()); limits.Max != 7 {
			t.Errorf("the limits are %v", limits)
		}
		wait(20 * time.Second)
		if n, _, _ := r.app.Size(t.Context()); n != 2 || r.app.heartbeats() != 3 {
			t.Errorf("after %d heartbeats there are %d dynos", r.app.heartbeats(), n)
		}
		if !r.Bot.Control().Down.On {
			t.Error("the pause is gone")
		}
		r.stop()
		if got, want := r.told.kinds(), []string{"settings_refused opened", "settings_reloaded", "settings_refused resolved"}; !slices.Equal(got, want) {
			t.Errorf("the notices are %q, want %q", got, want)
		}
		last := r.lastReload()
		if last.By != "a change of the file" ||
			strings.Join(last.Changed, "; ") != "MAX_DYNOS 1 → 7; WEBHOOK_SECRET set" || last.Refused != nil {
			t.Errorf("the last reload is %+v", last)
		}
		if log := r.log.String(); strings.Contains(log, "s3cret") || !strings.Contains(log, `msg="the settings were reloaded"`) {
			t.Errorf("the log says\n%s", log)
		}
	})
}

// A file that is written in steps is read when it stays the same. Mistakes are reported once, all of them.
func TestAFileThatChangesIsLeftAlone(t *testing.T) {
	inFolder(t)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, someApp+"max_dynos: 1\n")
		wait(500 * time.Millisecond)
		for n := range 8 {
			write(t, someApp[:len(someApp)-8*(8-n)]) // half a file
			wait(900 * time.Millisecond)
		}
		write(t, someApp+"max_dynos: 4\n")
		wait(5 * time.Second)
		if log := r.log.String(); strings.Contains(log, "refused") || strings.Count(log, "MAX_DYNOS 1 → 4") != 1 {
			t.Errorf("the log says\n%s", log)
		}
		write(t, someApp+"max_dynos: many\nmin_dynos: none\nbogus: 3\nlog_level: loud\n")
		wait(time.Minute)
		refused := r.lastReload().Refused
		if len(refused) != 5 || strings.Count(r.log.String(), "level=ERROR") != 1 {
			t.Errorf("refused: %q; the log says\n%s", refused, r.log.String())
		}
		if w := r.Service.warnings(); len(w) != 1 || !strings.Contains(w[0], "bogus: unknown setting") {
			t.Errorf("the warnings are %q", w)
		}
		if r.current().MaxDynos.String() != "4" {
			t.Errorf("MAX_DYNOS is %v", r.current().MaxDynos)
		}
		os.Remove("autoscale.yaml")
		wait(time.Minute)
		if !strings.Contains(strings.Join(r.lastReload().Refused, " "), "no such file") ||
			strings.Count(r.log.String(), "level=ERROR") != 2 {
			t.Errorf("the log says\n%s", r.log.String())
		}
		write(t, someApp+"max_dynos: 4\n")
		wait(5 * time.Second)
		if w := r.Service.warnings(); len(w) != 0 || r.lastReload().Refused != nil {
			t.Errorf("the warnings are %q", w)
		}
		r.stop()
	})
}

// Editors replace the file, and Kubernetes swaps a link to its folder.
func TestAReplacedFileIsReadAgain(t *testing.T) {
	inFolder(t)
	synctest.Test(t, func(t *testing.T) {
		for i, text := range []string{someApp + "max_dynos: 1\n", someApp + "max_dynos: 4\n"} {
			dir := []string{"first", "second"}[i]
			if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "autoscale.yaml"), []byte(text), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		r := newRig(t, someApp+"max_dynos: 1\n")
		err := errors.Join(os.Remove("autoscale.yaml"), os.Symlink("first", "data"),
			os.Symlink("data/autoscale.yaml", "autoscale.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		wait(3 * time.Second)
		if err := errors.Join(os.Symlink("second", "next"), os.Rename("next", "data")); err != nil {
			t.Fatal(err)
		}
		wait(3 * time.Second)
		if got := r.current().MaxDynos.String(); got != "4" {
			t.Errorf("after the swap MAX_DYNOS is %s", got)
		}
		write(t, someApp+"max_dynos: 5\n")
		wait(3 * time.Second)
		if got := r.current().MaxDynos.String(); got != "5" || strings.Contains(r.log.String(), "ERROR") {
			t.Errorf("then MAX_DYNOS is %s; the log says\n%s", got, r.log.String())
		}
		r.stop()
	})
}

// A request reads the file at once, also while it changes. Several at once do no harm, nor does one at the end.
func TestReloadsAtTheSameTime(t *testing.T) {
	inFolder(t)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, someApp+"max_dynos: 1\n")
		write(t, someApp+"max_dynos: 4\n")
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { _, _ = r.reloader.reload("somebody") })
		}
		wg.Wait()
		r.ask <- "SIGHUP"
		wait(time.Second)
		if log := r.log.String(); strings.Count(log, `msg="the settings were reloaded"`) != 1 || !strings.Contains(log, "who=SIGHUP") {
			t.Errorf("the log says\n%s", log)
		}
		wait(5 * time.Second)
		write(t, someApp+"max_dynos: 5\n")
		r.ask <- "SIGHUP"
		r.stop()
		if _, err := r.reloader.reload("somebody"); err != nil {
			t.Errorf("after the end: %v", err)
		}
		wait(time.Minute)
	})
}

// All parts take a new interval, level and URL at once. Notifiers whose settings are as before keep their queues.
func TestWhatAReloadExchanges(t *testing.T) {
	inFolder(t)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, someApp+"max_dynos: 1\n")
		wait(time.Minute + time.Second)
		write(t, strings.NewReplacer("in_seconds: 30", "in_seconds: 300", "backends: log",
			"backends: [log, console]").Replace(someApp)+
			"max_dynos: 2\nlog_level: warn\ndeadman_url: https://example.com/s3cret-url\nquiet_hours: 22:00-7:00\n")
		_, before := r.inForce()
		wait(4 * time.Second)
		_, after := r.inForce()
		if every := r.Bot.Options().Interval; every != 5*time.Minute || before.Heartbeat == after.Heartbeat {
			t.Errorf("the interval is %v, the log says\n%s", every, r.log.String())
		}
		r.watch.mu.Lock()
		if r.watch.stale[0] != 15*time.Minute || r.watch.url != "https://example.com/s3cret-url" {
			t.Errorf("the watch has %v and %s", r.watch.stale, r.watch.url)
		}
		r.watch.mu.Unlock()
		r.Bot.Tell(t.Context(), notify.Event{Kind: notify.Test, ID: "after"})
		wait(10 * time.Second)
		if !r.told.has("after") {
			t.Error("the target that stays gets no more")
		}
		r.Service.host.Log.Info("not at this level")
		if strings.Contains(r.log.String(), "not at this level") {
			t.Error("LOG_LEVEL is as before")
		}
		r.stop()
	})
}

// An incident from before a restart ends if the bot starts with a valid file.
func TestARefusalEndsWithARestart(t *testing.T) {
	inFolder(t)
	synctest.Test(t, func(t *testing.T) {
		var m bot.Memory
		m.Beside = notify.Incidents{}
		m.Beside.Update(notify.SettingsRefused, true, time.Now(), 0)
		r := newRig(t, someApp, m)
		wait(5 * time.Second)
		if got := r.told.kinds(); !slices.Equal(got, []string{"settings_refused resolved"}) {
			t.Errorf("the notices are %q", got)
		}
		r.stop()
	})
}

// A new key makes a new client, and what reads through it. A pool takes its new limits, and keeps its servers' settings.
func TestAReloadExchangesThePlatform(t *testing.T) {
	inFolder(t)
	write(t, someApp)
	before, err := settings.LoadAll()
	if err != nil {
		t.Fatal(err)
	}
	h := NewHost(before[0], io.Discard, io.Discard)
	p, err := Open(before[0], h, &Receivers{})
	if err != nil {
		t.Fatal(err)
	}
	v := &Service{settings: before[0], parts: p, host: h}
	write(t, strings.Replace(someApp, "s3cret-key", "another-key", 1))
	after, changes := reloaded(t, before)
	x, err := v.prepare(after[0], changes, h, &Receivers{})
	if err != nil || x.parts.Platform == p.Platform || x.parts.Heartbeat == p.Heartbeat || x.former != p.Heartbeat {
		t.Errorf("with another key: %v", err)
	}
	write(t, someApp+"rules: queue max=5\nsignals: queue=redis://127.0.0.1:1/0#jobs\n")
	after, changes = reloaded(t, before)
	if x, err = v.prepare(after[0], changes, h, &Receivers{}); err != nil || len(x.parts.Signals) != 1 || x.parts.Platform != p.Platform || x.former != nil {
		t.Errorf("with a signal: %v", err)
	}

	const pool = "platform: pool\npool_provider: local\npool_balancer: none\nlocal_command: 'true'\nheartbeat_url: http://127.0.0.1:1/\nmax_dynos: "
	write(t, pool+"2\n")
	if before, err = settings.LoadAll(); err != nil {
		t.Fatal(err)
	}
	platform, err := openPool(before[0], h)
	if err != nil {
		t.Fatal(err)
	}
	servers := platform.(serverPool)
	defer servers.close()
	write(t, pool+"7\n")
	after, changes = reloaded(t, before)
	v = &Service{settings: before[0], parts: Parts{Platform: platform}, host: h}
	if x, err = v.prepare(after[0], changes, h, &Receivers{}); err != nil {
		t.Fatal(err)
	}
	servers.live.settings.Store(x.settings)
	if _, most := servers.live.limits(time.Now()); most != 7 || x.parts.Platform.(serverPool).Pool != servers.Pool {
		t.Errorf("the pool has at most %d servers", most)
	}
}

func reloaded(t *testing.T, before []*settings.Settings) ([]*settings.Settings, []settings.Change) {
	t.Helper()
	after, err := settings.LoadAll()
	if err != nil {
		t.Fatal(err)
	}
	changes, err := settings.Changes(before, after)
	if err != nil {
		t.Fatal(err)
	}
	return after, changes
}
