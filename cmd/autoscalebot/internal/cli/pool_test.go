//go:build linux

package cli

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/digitalocean/digitaloceantest"
	"github.com/autoscalebot/autoscalebot/bot/logtest"
	"github.com/autoscalebot/autoscalebot/bot/porttest"
	"github.com/autoscalebot/autoscalebot/notify"
)

// A cloud is a fake DigitalOcean whose droplets answer on this machine, each at its own loopback address.
type cloud struct {
	*digitaloceantest.Server
	t    *testing.T
	url  string
	port string
	// sick makes the droplets fail their health check.
	sick atomic.Bool
}

func newCloud(t *testing.T) *cloud {
	c := &cloud{Server: digitaloceantest.NewServer(t), t: t}
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	_, c.port, _ = net.SplitHostPort(l.Addr().String())
	app := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if c.sick.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})}
	go func() { _ = app.Serve(l) }()
	t.Cleanup(func() { app.Close() })
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		c.ServeHTTP(rec, r)
		for name, values := range rec.Header() {
			if name != "Content-Length" {
				w.Header()[name] = values
			}
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(bytes.ReplaceAll(rec.Body.Bytes(), []byte(`"10.110.`), []byte(`"127.110.`)))
	}))
	t.Cleanup(api.Close)
	c.url = api.URL
	return c
}

func (c *cloud) env(more ...string) []string {
	return append([]string{
		"PLATFORM=pool", "POOL_PROVIDER=digitalocean", "POOL_BALANCER=none", "HEARTBEAT_URL=http://127.0.0.1:1/", "HEROKU_APP_NAME=shop", "HISTORY=none",
		"DIGITALOCEAN_TOKEN=" + c.Token, "DIGITALOCEAN_API_URL=" + c.url, "DIGITALOCEAN_REGION=fra1", "DIGITALOCEAN_IMAGE=ubuntu-24-04-x64",
		"SIZES=s-1vcpu-1gb,s-2vcpu-2gb", "SERVER_PORT=" + c.port, "POOL_DRAIN_IN_SECONDS=2", "XDG_RUNTIME_DIR=" + c.t.TempDir(),
	}, more...)
}

func (c *cloud) once(env []string, code int, args string, wants ...string) outcome {
	c.t.Helper()
	o := runOnce(c.t, env, strings.Fields(args)...)
	if o.code != code {
		c.t.Errorf("%s: code %d, want %d\n%s%s", args, o.code, code, o.stdout, o.stderr)
	}
	for _, want := range wants {
		if !strings.Contains(oneSpaced(o.stdout+o.stderr), want) {
			c.t.Errorf("%s does not say %q:\n%s%s", args, want, o.stdout, o.stderr)
		}
	}
	if strings.Contains(o.stdout+o.stderr, c.Token) {
		c.t.Errorf("%s prints the token", args)
	}
	return o
}

func (c *cloud) names(pool string) (names []string) {
	for _, d := range c.Droplets() {
		if slices.Contains(d.Tags, "autoscalebot:"+pool) {
			names = append(names, d.Name)
		}
	}
	return names
}

// A frontend is a real HAProxy with an empty backend.
type frontend struct{ socket, url string }

func newFrontend(t *testing.T) *frontend {
	t.Helper()
	path, err := exec.LookPath("haproxy")
	if err != nil {
		if path = "/usr/sbin/haproxy"; !isThere(path) {
			t.Skip("there is no haproxy here: apt-get install haproxy")
		}
	}
	dir, err := os.MkdirTemp("", "haproxy") // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	addr := porttest.Addr(t)
	f := &frontend{filepath.Join(dir, "admin.sock"), "http://" + addr}
	config := filepath.Join(dir, "haproxy.cfg")
	text := fmt.Sprintf(`global
  stats socket %s level admin
defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
frontend in
  bind %s
  default_backend web
backend web
  balance roundrobin
`, f.socket, addr)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-db", "-f", config)
	var log logtest.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("HAProxy's log:\n%s", log.String())
		}
	})
	(&process{t: t}).wait("HAProxy", func() bool { return isThere(f.socket) })
	return f
}

// The status of the app through HAProxy; 0 without an answer.
func (f *frontend) status() int {
	resp, err := http.Get(f.url)
	if err != nil {
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

// The quick start runs check before the first server exists. Only then it is ok that HAProxy has no server.
func TestCheckOfAnEmptyPool(t *testing.T) {
	t.Parallel()
	c, f := newCloud(t), newFrontend(t)
	env := c.env("POOL_BALANCER=haproxy", "HAPROXY_SOCKETS="+f.socket, "HAPROXY_BACKEND=web", "HEARTBEAT_URL="+f.url+"/",
		"SIGNALS=busy=nodes+pool://:9100#cpu", "RULES=busy max=90 min=20")
	c.once(env, exitFine, "check", "servers ok pool web has no servers yet", "servers ok desired 1, serving 0, existing 0", "heartbeat note", "the pool has no servers yet", "busy note", "all checks passed")
	if o := c.once(append(env, "SIZES=s-9vcpu-1gb"), exitWork, "check", "size WRONG s-9vcpu-1gb is not available in fra1"); strings.Contains(o.stdout, "\nsizes ") {
		t.Errorf("one cause is told twice:\n%s", o.stdout)
	}
	c.once(append(env, "SIZES=s-1vcpu-1gb", "MIN_DYNOS=3", "MAX_DYNOS=4", "MONTHLY_BUDGET=10"), exitWork, "check", "budget WRONG $10 a month: the minimum of 3 servers costs $19.56 a month")
	if o := c.once(append(env, "SIZES=s-1vcpu-1gb", "MIN_DYNOS=3", "MAX_DYNOS=4", "MONTHLY_BUDGET=20"), exitFine, "check"); strings.Contains(o.stdout, "budget") {
		t.Errorf("a budget that is enough for the minimum is told:\n%s", o.stdout)
	}
	c.once(append(env, "SIZES=S-1VCPU-1GB"), exitFine, "check", "size ok s-1vcpu-1gb in fra1", "all checks passed")
	c.once(append(env, "SIZES=S-1VCPU-1GB"), exitFine, "servers spinup", "create the server web-1 of size s-1vcpu-1gb")
	c.once(append(env, "SIZES=s-1vcpu-1gb,s-9vcpu-1gb"), exitWork, "check", "sizes WRONG", `"s-9vcpu-1gb"`)
	c.once(append(env, "HEARTBEAT_URL=http://127.0.0.1:1/"), exitWork, "check", "heartbeat WRONG")
	c.AddDroplet(digitaloceantest.Droplet{Name: "web-1", Tags: []string{"autoscalebot:web"}, Size: "s-4vcpu-8gb"}) // not behind the balancer
	c.once(append(env, "SIZES=s-1vcpu-1gb", "SIGNALS=", "RULES="), exitWork, "check", "heartbeat WRONG", "1 of 1 servers do not have the size of new servers, s-1vcpu-1gb: web-1 (s-4vcpu-8gb)")
}

// check reports the cause of several failures once, at the first of them.
func TestCheckTellsACauseOnce(t *testing.T) {
	t.Parallel()
	c, f, app := newCloud(t), newFrontend(t), newHeart(t)
	env := c.env("POOL_BALANCER=haproxy", "HAPROXY_SOCKETS="+f.socket, "HAPROXY_BACKEND=web", "HEARTBEAT_URL="+app.url+"/autoscalebot/heartbeat/")
	for set, want := range map[string]int{
		"DIGITALOCEAN_TOKEN=dop_v1_wrong": 1, "HAPROXY_SOCKETS=/nowhere/admin.sock": 1, "HAPROXY_BACKEND=nope": 1,
		"HAPROXY_SOCKETS=/nowhere/admin.sock,/nowhere/else.sock": 1, "DIGITALOCEAN_API_URL=http://127.0.0.1:1 HAPROXY_BACKEND=nope": 2,
	} {
		o := c.once(append(env, strings.Fields(set)...), exitWork, "check")
		if n := strings.Count(o.stdout, "WRONG"); n != want {
			t.Errorf("with %s %d things are wrong, want %d:\n%s", set, n, want, o.stdout)
		}
		if strings.Contains(o.stderr, "level=") {
			t.Errorf("with %s the log says it once more:\n%s", set, o.stderr)
		}
	}
}

// Three servers, one of them manually resized, and a start without a history. New servers have a size of SIZES, and at the end all do.
func TestSizesComeFromTheSettings(t *testing.T) {
	t.Parallel()
	c, app := newCloud(t), newHeart(t)
	for i, size := range []string{"s-1vcpu-1gb", "s-1vcpu-1gb", "s-4vcpu-8gb"} {
		c.AddDroplet(digitaloceantest.Droplet{
			Name: fmt.Sprintf("web-%d", i+1), Tags: []string{"autoscalebot:web"}, Size: size, Created: time.Now().Add(time.Duration(i-90) * time.Minute),
		})
	}
	env := c.env("HEARTBEAT_URL="+app.url+"/autoscalebot/heartbeat/", "HEARTBEAT_INTERVAL_IN_SECONDS=0.5", "HEALTH_CHECK_PASSES=1", "MIN_DYNOS=2", "MAX_DYNOS=4",
		"PAUSED=up,down", "SIZES=s-1vcpu-1gb")
	of := func(size string) (n int) {
		for _, d := range c.Droplets() {
			if d.Size == size {
				n++
			}
		}
		return n
	}
	c.once(env, exitFine, "check", "1 of 3 servers do not have the size of new servers, s-1vcpu-1gb: web-3 (s-4vcpu-8gb)")
	b := start(t, []string{c.Token}, env...)
	costs := func(dyno string) func() bool {
		return func() bool { return strings.Contains(runOnce(t, env, "status").stdout, "$"+dyno) }
	}
	b.wait("what the three cost", costs("21.7")) // 2 x 6.52 and 52.14, by three
	b.wait("small servers only", func() bool { return of("s-1vcpu-1gb") == 3 && len(c.Droplets()) == 3 })
	b.wait("what three small ones cost", costs("6.51"))
	b.terminate()
	// A larger size applies from the next start.
	b = start(t, []string{c.Token}, append(env, "SIZES=s-2vcpu-2gb")...)
	b.wait("another size", func() bool { return of("s-2vcpu-2gb") > 0 })
	b.terminate()
}

// A server that HAProxy refuses because of invalid options is not destroyed. check and status show HAProxy's message.
func TestABalancerThatRefuses(t *testing.T) {
	t.Parallel()
	c, f, app := newCloud(t), newFrontend(t), newHeart(t)
	env := c.env("POOL_BALANCER=haproxy", "HAPROXY_SOCKETS="+f.socket, "HAPROXY_BACKEND=web", "HEARTBEAT_URL="+app.url+"/autoscalebot/heartbeat/",
		"HEARTBEAT_INTERVAL_IN_SECONDS=0.5", "HEALTH_CHECK_PASSES=1", "POOL_HEALTHY_WITHIN_IN_SECONDS=2", "HAPROXY_SERVER_OPTIONS=chekc inter 2s")
	c.once(env, exitWork, "check", "server options WRONG", "unknown keyword 'chekc'")
	b := start(t, []string{c.Token}, env...)
	b.wait("some refusals", func() bool { return strings.Count(b.log.String(), "could not add") >= 3 })
	c.once(env, exitFine, "status", "web-1 is healthy, but the balancer sends it no requests", "unknown keyword 'chekc'")
	b.terminate()
	for _, call := range c.Calls() {
		if call.Method == http.MethodDelete {
			t.Errorf("a healthy server was destroyed: %s %s", call.Method, call.Path)
		}
	}
	env = append(env, "HAPROXY_SERVER_OPTIONS=check inter 1s")
	c.once(env, exitFine, "check", "server options ok", "all checks passed")
	b = start(t, []string{c.Token}, env...)
	b.wait("the server at work", func() bool { return f.status() == http.StatusOK })
	b.terminate()
}

// The built binary creates servers as the app slows down, puts them into rotation, and destroys them. After a kill it continues.
func TestTheBotKeepsAPool(t *testing.T) {
	t.Parallel()
	c, f, app, hook := newCloud(t), newFrontend(t), newHeart(t), newHook(t)
	env := c.env("POOL_BALANCER=haproxy", "HAPROXY_SOCKETS="+f.socket, "HAPROXY_BACKEND=web", "HEARTBEAT_URL="+app.url+"/autoscalebot/heartbeat/",
		"HEARTBEAT_INTERVAL_IN_SECONDS=0.7", "MAX_RESPONSE_TIME_IN_MS=200", "MIN_RESPONSE_TIME_IN_MS=100", "NUMBER_OF_FAILS_TO_SCALE_UP_AFTER=2", "NUMBER_OF_PASSES_TO_SCALE_DOWN_AFTER=2",
		"MIN_DYNOS=1", "MAX_DYNOS=3", "MANUAL_HOLD_IN_MINUTES=0", "STOP_AFTER_UPS_WITHOUT_HELP=0", "HEALTH_CHECK_PASSES=1",
		"NOTIFICATION_BACKENDS=webhook", "WEBHOOK_URL="+hook.url, "WEBHOOK_SECRET="+hook.secret)
	app.answer(takes(150 * time.Millisecond)) // ok
	b := start(t, []string{c.Token, hook.secret}, env...)
	b.wait("the minimum", func() bool { return len(c.names("web")) == 1 && f.status() == http.StatusOK })
	app.answer(takes(300 * time.Millisecond))
	c.Takes("create", 3*time.Second)
	b.wait("the order of a second server", func() bool { return len(c.names("web")) == 2 })
	b.signal(syscall.SIGKILL)
	<-b.ended
	app.answer(takes(150 * time.Millisecond))
	c.Takes("create", 0)
	b = start(t, []string{c.Token, hook.secret}, env...)
	b.wait("the socket", func() bool { return strings.Contains(b.log.String(), "listening for") })
	c.once(env, exitWork, "servers destroy web-1 --yes", "nothing was done: the bot that has run here since", "keeps this pool at its desired number of servers")
	b.wait("the second server at work", func() bool {
		st := runOnce(t, env, "status", "--json").stdout
		return strings.Contains(st, `"serving":2`) && strings.Contains(st, `"stage":"serving"`)
	})
	c.once(env, exitFine, "status", "servers web: desired 2, serving 2, existing 2, limits 1 to 3")
	app.answer(takes(10 * time.Millisecond))
	b.wait("one server less", func() bool { return len(c.names("web")) == 1 })
	b.wait("the app through HAProxy", func() bool { return f.status() == http.StatusOK })
	b.terminate()
	if names := c.names("web"); len(names) != 1 || names[0] != "web-1" {
		t.Errorf("%v are left, want the oldest", names)
	}
}

// A failed server is reported and replaced.
func TestAServerThatFailsIsTold(t *testing.T) {
	t.Parallel()
	c, app, hook := newCloud(t), newHeart(t), newHook(t)
	app.answer(takes(0))
	b := start(t, []string{c.Token, hook.secret}, c.env("HEARTBEAT_URL="+app.url+"/autoscalebot/heartbeat/", "HEARTBEAT_INTERVAL_IN_SECONDS=0.5",
		"MIN_DYNOS=1", "MAX_DYNOS=2", "HEALTH_CHECK_PASSES=1", "NOTIFICATION_BACKENDS=webhook", "WEBHOOK_URL="+hook.url, "WEBHOOK_SECRET="+hook.secret)...)
	b.wait("the minimum", func() bool { return strings.Contains(b.log.String(), "web-1 serves") })
	c.RemoveDroplet(c.Droplets()[0].ID)
	b.wait("a notice", func() bool { return hook.take(notify.ServerFailed, "") })
	b.wait("another server", func() bool { return len(c.names("web")) == 1 })
	b.terminate()
}

// If a kill prevents the notice of a failed server, the restarted bot sends it.
func TestTheNoticeOfAFailedServerOutlivesAKill(t *testing.T) {
	t.Parallel()
	c, app, hook := newCloud(t), newHeart(t), newHook(t)
	app.answer(takes(0))
	asked := make(chan struct{}, 100)
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	t.Cleanup(hanging.Close)
	env := c.env("HEARTBEAT_URL="+app.url+"/autoscalebot/heartbeat/", "HEARTBEAT_INTERVAL_IN_SECONDS=0.5", "HISTORY=sqlite:"+filepath.Join(t.TempDir(), "kept"),
		"MIN_DYNOS=1", "MAX_DYNOS=2", "HEALTH_CHECK_PASSES=1", "NOTIFICATION_BACKENDS=webhook", "WEBHOOK_SECRET="+hook.secret)
	b := start(t, []string{c.Token, hook.secret}, append(env, "WEBHOOK_URL="+hanging.URL)...)
	b.wait("the minimum", func() bool { return strings.Contains(b.log.String(), "web-1 serves") })
	c.RemoveDroplet(c.Droplets()[0].ID)
	b.wait("the notice to be on its way", func() bool { return len(asked) > 0 })
	_ = b.cmd.Process.Kill()
	<-b.ended
	b = start(t, []string{c.Token, hook.secret}, append(env, "WEBHOOK_URL="+hook.url)...)
	b.wait("the notice", func() bool { return hook.take(notify.ServerFailed, "") })
	b.terminate()
}

func TestADryRunMakesNoServers(t *testing.T) {
	t.Parallel()
	c, app := newCloud(t), newHeart(t)
	env := c.env("HEARTBEAT_URL="+app.url+"/autoscalebot/heartbeat/", "HEARTBEAT_INTERVAL_IN_SECONDS=0.2", "DRY_RUN=true", "LOG_LEVEL=debug")
	c.once(env, exitFine, "check", "servers ok pool web has no servers yet", "limits ok 1 to 3 servers", "heartbeat ok 200 after")
	b := start(t, []string{c.Token}, env...)
	b.wait("some heartbeats", func() bool {
		return strings.Count(b.log.String(), "readings=") > 3 || strings.Count(b.log.String(), "response_ms") > 3 || len(b.log.String()) > 3000
	})
	b.terminate()
	for _, call := range c.Calls() {
		if call.Method != http.MethodGet {
			t.Errorf("a dry run asked for %s %s", call.Method, call.Path)
		}
	}
}
