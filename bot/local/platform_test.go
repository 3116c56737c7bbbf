package local

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/logtest"
	"github.com/autoscalebot/autoscalebot/bot/scalertest"
)

var (
	_ bot.Scaler     = (*Platform)(nil)
	_ bot.WebURLer   = (*Platform)(nil)
	_ bot.Checker    = (*Platform)(nil)
	_ bot.Runner     = (*Platform)(nil)
	_ bot.UpReporter = (*Platform)(nil)
)

func TestConformance(t *testing.T) {
	scalertest.Run(t, func(t *testing.T) scalertest.Fixture {
		p := open(t, options(t, "", 2))
		start(t, p)
		return scalertest.Fixture{Unit: "process", Scaler: p, Count: p.procs.count}
	})
}

func TestNewRefusesWhatCannotRun(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer taken.Close()
	for _, c := range []struct {
		name string
		set  func(*Options)
		want string
	}{
		{"no command", func(o *Options) { o.Command = " " }, `must be a shell command such as "gunicorn app:app"`},
		{"zero byte", func(o *Options) { o.Command = "a\x00b" }, "zero byte"},
		{"process type", func(o *Options) { o.ProcessType = "web 1" }, `process type "web 1"`},
		{"negative", func(o *Options) { o.Dynos = -1 }, "invalid number of processes -1: must be 0 to 100"},
		{"too many", func(o *Options) { o.Dynos = 101 }, "processes 101"},
		{"boot timeout", func(o *Options) { o.BootTimeout = -1 }, "boot timeout -1ns"},
		{"folder", func(o *Options) { o.Dir = "nowhere" }, "folder of the local app: stat nowhere"},
		{"file as folder", func(o *Options) { o.Dir = "platform.go" }, "platform.go is not a folder"},
		{"no port", func(o *Options) { o.Addr = "127.0.0.1" }, "must be an address such as 127.0.0.1:5000"},
		{"port taken", func(o *Options) { o.Addr = taken.Addr().String() }, "another program uses it. Choose another port"},
	} {
		o := options(t, "", 0)
		c.set(&o)
		p, err := New(o)
		if err == nil {
			p.Kill()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: New gave %v, want an error with %q", c.name, err, c.want)
		}
	}
}

func TestResizeBeforeRunIsTheNumberToStartWith(t *testing.T) {
	p := open(t, options(t, "", 1))
	resize(t, p, 2)
	if n, settled, err := p.Size(t.Context()); n != 2 || settled || err != nil {
		t.Errorf("Size before Run = %d, %v, %v, want 2, false, nil", n, settled, err)
	}
	start(t, p)
	if got := states(p); got != "web.1 up, web.2 up" {
		t.Errorf("processes: %s", got)
	}
}

func TestEnvironmentOfAProcessIsWhatWasGivenAndNoMore(t *testing.T) {
	t.Setenv("HEROKU_API_KEY", "of the bot alone")
	var out logtest.Buffer
	o := options(t, "", 1)
	o.Command, o.Out, o.Dir, o.ProcessType = `echo "${HEROKU_API_KEY-unset} $GREETING $DYNO ${PORT:+port}"; pwd; exec "$APP"`, &out, t.TempDir(), "api"
	o.Env = append(o.Env, "GREETING=hello", "PORT=1")
	p := open(t, o)
	start(t, p)
	want := "api.1 | unset hello api.1 port\napi.1 | " + o.Dir + "\n"
	if got := out.String(); !strings.HasPrefix(got, want) {
		t.Errorf("output %q, want it to begin with %q", got, want)
	}
}

func TestShutdownEndsEveryProcessAndRefusesAResize(t *testing.T) {
	p := open(t, options(t, "ignore SIGTERM", 2))
	p.timing.grace = 300 * time.Millisecond
	stop := start(t, p)
	done := make(chan error)
	go func() { done <- stop() }()
	<-p.closing
	if err := p.Resize(t.Context(), 5); err == nil || !strings.Contains(err.Error(), "shutting down") {
		t.Errorf("Resize during the shutdown gave %v", err)
	}
	if err := <-done; err != nil {
		t.Errorf("Run gave %v", err)
	}
	if p.procs.count() != 0 || len(p.Dynos()) != 0 || listening(strings.TrimPrefix(p.url, "http://")) {
		t.Errorf("after Run there are still %d processes, %q, or a router", p.procs.count(), states(p))
	}
	if err := p.Run(t.Context()); err == nil {
		t.Error("Run could be called twice")
	}
}

func TestKillDoesNotWaitForTheGracePeriod(t *testing.T) {
	p := open(t, options(t, "ignore SIGTERM", 2))
	p.timing.grace = time.Hour
	stop := start(t, p)
	go func() {
		<-p.closing
		p.Kill()
	}()
	if err := stop(); err != nil {
		t.Errorf("Run gave %v", err)
	}
}

func TestKillAloneEndsRun(t *testing.T) {
	p := open(t, options(t, "", 1))
	settled := make(chan error)
	go func() { settled <- p.Run(context.Background()) }()
	settle(t, p)
	p.Kill()
	if err := <-settled; err != nil || p.procs.count() != 0 {
		t.Errorf("Run gave %v, and %d processes are left", err, p.procs.count())
	}
}

func TestKillBeforeRunGivesTheAddressFree(t *testing.T) {
	o := options(t, "", 1)
	p := open(t, o)
	p.Kill()
	o.Addr = p.ln.Addr().String()
	open(t, o)
	if err := p.Run(t.Context()); err == nil {
		t.Error("Run after Kill gave no error")
	}
}

func TestWebURLIsWhereTheRouterListens(t *testing.T) {
	for _, c := range []struct{ addr, want string }{
		{"127.0.0.1:0", "http://127.0.0.1:"},
		{":0", "http://127.0.0.1:"},
		{"0.0.0.0:0", "http://127.0.0.1:"},
	} {
		o := options(t, "", 1)
		o.Addr = c.addr
		p := open(t, o)
		if u, err := p.WebURL(t.Context()); err != nil || !strings.HasPrefix(u, c.want) || strings.HasSuffix(u, ":0") {
			t.Errorf("WebURL at %s = %q, %v, want %s and the port", c.addr, u, err, c.want)
		}
	}
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		command, want string
	}{
		{"ls -l", "shell ok, router address ok, command ok, program ok"},
		{"if true", "shell ok, router address ok, command BAD"},
		{"no-such-program --port $PORT", "shell ok, router address ok, command ok, program BAD"},
		{"./no-such-program", "shell ok, router address ok, command ok, program BAD"},
		{"A=1 ls", "shell ok, router address ok, command ok"},
		{"cd . && touch changed", "shell ok, router address ok, command ok, program ok"},
	} {
		o := options(t, "", 1)
		o.Command, o.Dir = c.command, t.TempDir()
		var got []string
		open(t, o).Check(t.Context(), func(what, found string, err error) {
			state := " ok"
			if err != nil {
				state = " BAD"
			}
			got = append(got, what+state)
		})
		if g := strings.Join(got, ", "); g != c.want {
			t.Errorf("Check of %q: %s, want %s", c.command, g, c.want)
		}
		if _, err := os.Stat(filepath.Join(o.Dir, "changed")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Check of %q ran the command", c.command)
		}
	}
}
