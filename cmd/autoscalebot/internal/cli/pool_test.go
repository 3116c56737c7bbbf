//go:build linux

package cli

import (
	"bytes"
	"encoding/json"
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

// cloud is a DigitalOcean whose droplets all answer, on this machine: their addresses are loopback's, of which Linux has millions.
type cloud struct {
	*digitaloceantest.Server
	t    *testing.T
	url  string
	port string
	// sick has the droplets fail their health check.
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

// env are the settings of a pool there, with more behind them.
func (c *cloud) env(more ...string) []string {
	return append([]string{
		"PLATFORM=pool", "POOL_PROVIDER=digitalocean", "POOL_BALANCER=none", "HEARTBEAT_URL=http://127.0.0.1:1/", "HEROKU_APP_NAME=shop", "HISTORY=none",
		"DIGITALOCEAN_TOKEN=" + c.Token, "DIGITALOCEAN_API_URL=" + c.url, "DIGITALOCEAN_REGION=fra1", "DIGITALOCEAN_IMAGE=ubuntu-24-04-x64",
		"SIZES=s-1vcpu-1gb,s-2vcpu-2gb", "SERVER_PORT=" + c.port, "POOL_DRAIN_IN_SECONDS=2", "XDG_RUNTIME_DIR=" + c.t.TempDir(),
	}, more...)
}

// once runs one command, and wants its exit code and texts in what it prints.
func (c *cloud) once(env []string, code int, args string, wants ...string) outcome {
	c.t.Helper()
	o := runOnce(c.t, env, strings.Fields(args)...)
	if o.code != code {
		c.t.Errorf("%s: code %d, want %d\n%s%s", args, o.code, code, o.stdout, o.stderr)
	}
	for _, want := range wants {
		if !strings.Contains(words(o.stdout+o.stderr), want) {
			c.t.Errorf("%s does not say %q:\n%s%s", args, want, o.stdout, o.stderr)
		}
	}
	if strings.Contains(o.stdout+o.stderr, c.Token) {
		c.t.Errorf("%s prints the token", args)
	}
	return o
}

// names are those of the droplets of a pool.
func (c *cloud) names(pool string) (names []string) {
	for _, d := range c.Droplets() {
		if slices.Contains(d.Tags, "autoscalebot:"+pool) {
			names = append(names, d.Name)
		}
	}
	return names
}

func TestServersByHand(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	env := c.env("MAX_DYNOS=2")
	stranger := c.AddDroplet(digitaloceantest.Droplet{Name: "web-1"})
	c.once(env, exitFine, "servers list", "0 servers of the pool web, $0 an hour; 1 to 2 at this hour")
	c.once(env, exitFine, "servers sizes", "s-1vcpu-1gb 1 1024 MB 0.00893 1", "s-2vcpu-2gb 2 2048 MB")
	// Nothing is made without --yes.
	c.once(env, exitFine, "servers spinup", "make the server web-1 of s-1vcpu-1gb, which costs $0.008", "wait until it runs and is healthy", "nothing was done; add --yes to do it")
	if n := len(c.Droplets()); n != 1 {
		t.Fatalf("a dry run made %d droplets", n-1)
	}
	c.once(env, exitFine, "servers spinup --yes", "make web-1 of s-1vcpu-1gb", "wait until web-1 is healthy", "web-1 serves at 127.110.")
	c.once(env, exitFine, "servers spinup web-7 --yes", "web-7 serves at 127.110.")
	c.once(env, exitWork, "servers spinup --yes", "the pool has 2 servers, and MAX_DYNOS is 2 at this hour; raise that first")
	c.once(env, exitWork, "servers spinup mail --yes", `"mail": servers of this pool are called web-1, web-2 and so on`)
	o := c.once(env, exitFine, "servers list --json")
	var list []serverJSON
	if err := json.Unmarshal([]byte(o.stdout), &list); err != nil || len(list) != 2 || list[0].Name != "web-1" || list[1].State != "active" || list[1].Price == 0 {
		t.Errorf("list --json prints %s: %v", o.stdout, err)
	}
	// What has not the pool's tag is not touched.
	c.once(env, exitWork, fmt.Sprintf("servers destroy %d --yes", stranger), fmt.Sprintf("the server %d is not one of the pool web, since it has not its tag; it is not touched", stranger))
	c.once(env, exitWork, "servers destroy web-9 --yes", "the pool web has no server web-9")
	c.once(env, exitWork, "servers drain web-7", "POOL_BALANCER is none")
	c.once(env, exitFine, "servers destroy web-7", "destroy web-7 (", "for good, with what is on its disk; it costs $0.00", "add --yes to do it")
	c.once(env, exitFine, "servers destroy web-7 --yes", "web-7 (", "is no more")
	// The last one that serves.
	c.once(env, exitWork, "servers resize web-1 s-2vcpu-2gb --yes", "web-1 is the only server that serves, so the app would be down for some minutes, and no MAINTENANCE_WINDOW is set; make another before, or add --now")
	c.once(env, exitWork, "servers resize web-1 huge --now", `no size "huge"`)
	c.once(env, exitFine, "servers resize web-1 s-2vcpu-2gb --now --yes", "web-1 is of s-2vcpu-2gb")
	c.once(env, exitFine, "servers snapshot web-1 before-tuesday", "make the image before-tuesday of web-1", "nothing was done")
	c.once(env, exitFine, "servers snapshot web-1 before-tuesday --yes", "the image before-tuesday is ")
	c.once(env, exitFine, "servers images", "before-tuesday")
	c.once(env, exitFine, "servers destroy web-1", "fewer than MIN_DYNOS, 1 at this hour, are left")
	if got := fmt.Sprint(c.names("web"), len(c.Droplets())); got != "[web-1] 2" {
		t.Errorf("there are %s", got)
	}
	c.once(env[1:], exitUsage, "servers list", `PLATFORM: "heroku" has no servers; write pool`)
	c.once(append(env, "POOL_PROVIDER=local"), exitUsage, "servers list", "the servers of local are processes of the bot itself")
	// Who only looks need not know yet of what servers are made, but who the provider is.
	c.once([]string{"PLATFORM=pool", "POOL_PROVIDER=digitalocean", "DIGITALOCEAN_TOKEN=" + c.Token, "DIGITALOCEAN_API_URL=" + c.url, "DIGITALOCEAN_REGION=fra1"},
		exitFine, "servers images", "before-tuesday")
	c.once([]string{"PLATFORM=pool"}, exitUsage, "servers images", "POOL_PROVIDER: is not set")
}

// Where the provider tells no prices those of the settings count, for servers that are there as well; without any none is made up.
func TestServersCostWhatTheSettingsSay(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	list := `echo '[{"id":"1","name":"web-1","size":"small","address":"127.0.0.1","state":"active"},{"id":"2","name":"web-2","size":"small","state":"active"}]'`
	env := c.env("POOL_PROVIDER=command", "POOL_LIST_COMMAND="+list, "POOL_CREATE_COMMAND=false", "POOL_DESTROY_COMMAND=false", "SIZES=small", "MAX_DYNOS=4",
		"PATH="+os.Getenv("PATH"))
	c.once(env, exitFine, "servers list", "2 servers of the pool web, the price of 2 is not known")
	c.once(append(env, "POOL_MAX_DOLLARS_PER_HOUR=1"), exitWork, "servers spinup", "is not known", "SERVER_PRICE_PER_HOUR")
	priced := append(env, "SERVER_PRICE_PER_HOUR=0.02")
	c.once(priced, exitFine, "servers list", "2 servers of the pool web, $0.04 an hour")
	c.once(priced, exitFine, "servers destroy web-1", "it costs $0.02 an hour")
	c.once(append(priced, "POOL_MAX_DOLLARS_PER_HOUR=0.06"), exitFine, "servers spinup", "which costs $0.02 an hour")
	c.once(append(priced, "POOL_MAX_DOLLARS_PER_HOUR=0.05"), exitWork, "servers spinup", "the pool would cost $0.06 an hour")
}

// Ctrl-C says what is left, and the same command goes on from there.
func TestServersInterrupted(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	env := c.env()
	c.Takes("create", 15*time.Second)
	cmd := exec.Command(binary(t), "servers", "spinup", "--yes")
	var out logtest.Buffer
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = env, t.TempDir(), &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	(&process{t: t}).wait("the order", func() bool { return len(c.Droplets()) == 1 && strings.Contains(out.String(), "wait until web-1 runs") })
	_ = cmd.Process.Signal(os.Interrupt)
	_ = cmd.Wait()
	id := c.Droplets()[0].ID
	want := fmt.Sprintf("web-1 (%d) is there and costs money: autoscalebot servers spinup web-1 --yes goes on with it, and autoscalebot servers destroy web-1 --yes ends it", id)
	if cmd.ProcessState.ExitCode() != exitWork || !strings.Contains(out.String(), "interrupted: wait until web-1 runs") || !strings.Contains(out.String(), want) {
		t.Errorf("code %d, and it says\n%s", cmd.ProcessState.ExitCode(), out.String())
	}
	c.once(env, exitFine, "servers spinup web-1", "go on with web-1, which is there already")
	c.once(env, exitFine, "servers destroy web-1 --yes", "is no more")
	if n := len(c.Droplets()); n > 0 {
		c.once(env, exitFine, "servers list")
		t.Errorf("%d droplets are left", n)
	}
}

// frontend is a real HAProxy with an empty backend.
type frontend struct{ socket, url string }

func newFrontend(t *testing.T) *frontend {
	t.Helper()
	path, err := exec.LookPath("haproxy")
	if err != nil {
		if path = "/usr/sbin/haproxy"; !isThere(path) {
			t.Skip("there is no haproxy here: apt-get install haproxy")
		}
	}
	dir, err := os.MkdirTemp("", "haproxy") // a short path, since that of a socket may have a hundred bytes or so
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

// status is what the app answers through it, 0 for nothing.
func (f *frontend) status() int {
	resp, err := http.Get(f.url)
	if err != nil {
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

func TestServersBehindHAProxy(t *testing.T) {
	t.Parallel()
	c, f := newCloud(t), newFrontend(t)
	env := c.env("POOL_BALANCER=haproxy", "HAPROXY_SOCKETS="+f.socket, "HAPROXY_BACKEND=web")
	c.once(env, exitFine, "servers spinup --yes", "put web-1 behind the balancer", "web-1 serves at")
	if got := f.status(); got != http.StatusOK {
		t.Errorf("the app answers %d through HAProxy", got)
	}
	c.once(env, exitFine, "servers list", "active serving 0 s-1vcpu-1gb")
	c.once(env, exitFine, "servers drain web-1", "IT IS THE ONLY ONE THAT SERVES, SO THE APP IS DOWN THEN")
	c.once(env, exitFine, "servers spinup --yes", "web-2 serves at")
	c.once(env, exitFine, "servers drain web-1 --yes", "web-1 gets no requests; autoscalebot servers undrain web-1 --yes gives it some again")
	c.once(env, exitFine, "servers list", "active drained 0 s-1vcpu-1gb", "active serving 0 s-1vcpu-1gb")
	c.once(env, exitFine, "servers drain web-2 --yes", "web-2 gets no requests")
	if o := c.once(env, exitFine, "servers destroy web-1"); strings.Contains(o.stdout, "ONLY ONE") {
		t.Errorf("a drained server is said to serve:\n%s", o.stdout)
	}
	c.once(env, exitFine, "servers undrain web-2 --yes", "web-2 serves at")
	c.once(env, exitFine, "servers undrain web-1 --yes", "web-1 serves at")
	c.once(env, exitFine, "servers destroy web-2 --yes", "is no more")
	o := c.once(env, exitFine, "servers list")
	if strings.Contains(o.stdout, "web-2 ") && !strings.Contains(o.stdout, "ending") || f.status() != http.StatusOK {
		t.Errorf("the app answers %d, and there are\n%s", f.status(), o.stdout)
	}
	// A balancer that cannot be asked.
	c.once(c.env("POOL_BALANCER=haproxy", "HAPROXY_SOCKETS=/nowhere/admin.sock", "HAPROXY_BACKEND=web"), exitWork, "servers list", "/nowhere/admin.sock")
	c.once(c.env("POOL_BALANCER=haproxy", "HAPROXY_SOCKETS=haproxy", "HAPROXY_BACKEND=web"), exitUsage, "servers drain web-1", `the socket of HAProxy is "haproxy"`)
}

// The quick start checks its settings before there is any server: that HAProxy has nobody to ask is no failure then, and is one later.
func TestCheckOfAnEmptyPool(t *testing.T) {
	t.Parallel()
	c, f := newCloud(t), newFrontend(t)
	env := c.env("POOL_BALANCER=haproxy", "HAPROXY_SOCKETS="+f.socket, "HAPROXY_BACKEND=web", "HEARTBEAT_URL="+f.url+"/",
		"SIGNALS=busy=nodes+pool://:9100#cpu", "RULES=busy max=90 min=20")
	c.once(env, exitFine, "check", "servers ok none of the pool web yet", "dynos ok 1 wanted, 0 serving, 0 existing", "heartbeat note", "the pool has no servers yet", "busy note", "all is fine")
	if o := c.once(append(env, "SIZES=s-9vcpu-1gb"), exitWork, "check", "size WRONG s-9vcpu-1gb cannot be had in fra1"); strings.Contains(o.stdout, "sizes") {
		t.Errorf("one cause is told twice:\n%s", o.stdout)
	}
	c.once(append(env, "SIZES=s-1vcpu-1gb", "MIN_DYNOS=3", "MAX_DYNOS=4", "MONTHLY_BUDGET=10"), exitWork, "check", "budget WRONG $10 a month: the minimum of 3 dynos costs $19.56 a month")
	if o := c.once(append(env, "SIZES=s-1vcpu-1gb", "MIN_DYNOS=3", "MAX_DYNOS=4", "MONTHLY_BUDGET=20"), exitFine, "check"); strings.Contains(o.stdout, "budget") {
		t.Errorf("a budget that is enough for the minimum is told:\n%s", o.stdout)
	}
	c.once(append(env, "SIZES=S-1VCPU-1GB"), exitFine, "check", "size ok s-1vcpu-1gb in fra1", "all is fine")
	c.once(append(env, "SIZES=S-1VCPU-1GB"), exitFine, "servers spinup", "make the server web-1 of s-1vcpu-1gb")
	c.once(append(env, "SIZES=s-1vcpu-1gb,s-9vcpu-1gb"), exitWork, "check", "sizes WRONG", `"s-9vcpu-1gb"`)
	c.once(append(env, "HEARTBEAT_URL=http://127.0.0.1:1/"), exitWork, "check", "heartbeat WRONG")
	c.AddDroplet(digitaloceantest.Droplet{Name: "web-1", Tags: []string{"autoscalebot:web"}, Size: "s-4vcpu-8gb"}) // which the balancer does not have
	c.once(append(env, "SIZES=s-1vcpu-1gb", "SIGNALS=", "RULES="), exitWork, "check", "heartbeat WRONG", "1 of 1 servers are not of s-1vcpu-1gb, the size of new servers: web-1 (s-4vcpu-8gb)")
}

// What keeps several things from being known is told once, with the first of them.
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

// Three servers, one of which somebody made large by hand, and a start without a history: new ones are of SIZES, and so are all in the end.
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
	c.once(env, exitFine, "check", "1 of 3 servers are not of s-1vcpu-1gb, the size of new servers: web-3 (s-4vcpu-8gb)")
	b := start(t, []string{c.Token}, env...)
	costs := func(dyno string) func() bool {
		return func() bool { return strings.Contains(runOnce(t, env, "status").stdout, "a dyno costs $"+dyno) }
	}
	b.wait("what the three cost", costs("21.7")) // 2 x 6.52 and 52.14, by three
	b.wait("small servers only", func() bool { return of("s-1vcpu-1gb") == 3 && len(c.Droplets()) == 3 })
	b.wait("what three small ones cost", costs("6.51"))
	b.terminate()
	// A larger size takes effect at the next start.
	b = start(t, []string{c.Token}, append(env, "SIZES=s-2vcpu-2gb")...)
	b.wait("another size", func() bool { return of("s-2vcpu-2gb") > 0 })
	b.terminate()
}

// What destroy says is true: it waits until the provider lists the server no more. A bot that is started meanwhile does not count it.
func TestDestroySaysWhatIsTrue(t *testing.T) {
	t.Parallel()
	c, app := newCloud(t), newHeart(t)
	env := c.env("HEARTBEAT_URL="+app.url+"/autoscalebot/heartbeat/", "HEARTBEAT_INTERVAL_IN_SECONDS=0.5", "HEALTH_CHECK_PASSES=1", "PAUSED=up,down", "MAX_DYNOS=4")
	for range 3 {
		c.once(env, exitFine, "servers spinup --yes")
	}
	c.Takes("destroy", 4*time.Second)
	o := c.once(env, exitFine, "servers destroy web-3 --yes", "is no more")
	if names := c.names("web"); len(names) != 2 {
		t.Errorf("%v are listed when it says\n%s", names, o.stdout)
	}
	// A failure that did nothing, and one where only the answer was lost.
	c.Takes("destroy", 0)
	c.once(env, exitFine, "servers spinup web-3 --yes")
	mend := c.Fail(digitaloceantest.Fault{Method: http.MethodDelete, Path: "/v2/droplets/*", Status: http.StatusInternalServerError})
	c.once(env, exitWork, "servers destroy web-3 --yes", "may still be there and cost money")
	mend()
	defer c.Fail(digitaloceantest.Fault{Method: http.MethodDelete, Path: "/v2/droplets/*", Cut: true, Times: 1})()
	c.once(env, exitFine, "servers destroy web-3 --yes", "is no more")
	if names := c.names("web"); len(names) != 2 {
		t.Errorf("%v are listed", names)
	}
	c.Takes("destroy", time.Minute)
	for _, d := range c.Droplets() {
		if d.Name == "web-2" {
			req, _ := http.NewRequest(http.MethodDelete, fmt.Sprintf("%s/v2/droplets/%d", c.url, d.ID), nil)
			req.Header.Set("Authorization", "Bearer "+c.Token)
			resp, err := http.DefaultClient.Do(req)
			if err != nil || resp.StatusCode != http.StatusNoContent {
				t.Fatal(resp, err)
			}
			resp.Body.Close()
		}
	}
	b := start(t, []string{c.Token}, env...)
	b.wait("the pool", func() bool { return strings.Contains(b.log.String(), "pool: found") })
	if !strings.Contains(b.log.String(), "want=1") || len(c.names("web")) != 2 {
		t.Errorf("a server that is being destroyed counts: %v\n%s", c.names("web"), b.log.String())
	}
	b.terminate()
}

// A server that HAProxy refuses for wrong options is not destroyed for it: check says what HAProxy says, before, and status, meanwhile.
func TestABalancerThatRefuses(t *testing.T) {
	t.Parallel()
	c, f, app := newCloud(t), newFrontend(t), newHeart(t)
	env := c.env("POOL_BALANCER=haproxy", "HAPROXY_SOCKETS="+f.socket, "HAPROXY_BACKEND=web", "HEARTBEAT_URL="+app.url+"/autoscalebot/heartbeat/",
		"HEARTBEAT_INTERVAL_IN_SECONDS=0.5", "HEALTH_CHECK_PASSES=1", "POOL_HEALTHY_WITHIN_IN_SECONDS=2", "HAPROXY_SERVER_OPTIONS=chekc inter 2s")
	c.once(env, exitWork, "check", "server options WRONG", "unknown keyword 'chekc'")
	b := start(t, []string{c.Token}, env...)
	b.wait("some refusals", func() bool { return strings.Count(b.log.String(), "could not add") >= 3 })
	c.once(env, exitFine, "status", "web-1 is healthy and gets no requests", "unknown keyword 'chekc'")
	b.terminate()
	for _, call := range c.Calls() {
		if call.Method == http.MethodDelete {
			t.Errorf("a healthy server was destroyed: %s %s", call.Method, call.Path)
		}
	}
	env = append(env, "HAPROXY_SERVER_OPTIONS=check inter 1s")
	c.once(env, exitFine, "check", "server options ok", "all is fine")
	b = start(t, []string{c.Token}, env...)
	b.wait("the server at work", func() bool { return f.status() == http.StatusOK })
	b.terminate()
}

// The built binary makes servers as the app slows down, gives them requests, and ends them; killed in the middle, it goes on where it was.
func TestTheBotKeepsAPool(t *testing.T) {
	t.Parallel()
	c, f, app, hook := newCloud(t), newFrontend(t), newHeart(t), newHook(t)
	env := c.env("POOL_BALANCER=haproxy", "HAPROXY_SOCKETS="+f.socket, "HAPROXY_BACKEND=web", "HEARTBEAT_URL="+app.url+"/autoscalebot/heartbeat/",
		"HEARTBEAT_INTERVAL_IN_SECONDS=0.5", "MAX_RESPONSE_TIME_IN_MS=200", "MIN_RESPONSE_TIME_IN_MS=100", "NUMBER_OF_FAILS_TO_SCALE_UP_AFTER=2", "NUMBER_OF_PASSES_TO_SCALE_DOWN_AFTER=2",
		"MIN_DYNOS=1", "MAX_DYNOS=3", "MANUAL_HOLD_IN_MINUTES=0", "STOP_AFTER_UPS_WITHOUT_HELP=0", "HEALTH_CHECK_PASSES=1",
		"NOTIFICATION_BACKENDS=webhook", "WEBHOOK_URL="+hook.url, "WEBHOOK_SECRET="+hook.secret)
	app.answer(takes(150 * time.Millisecond)) // which is right
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
	c.once(env, exitWork, "servers destroy web-1 --yes", "nothing was done: the bot that runs here since", "keeps this pool at the number of servers that it wants")
	b.wait("the second server at work", func() bool {
		st := runOnce(t, env, "status", "--json").stdout
		return strings.Contains(st, `"serving":2`) && strings.Contains(st, `"stage":"serving"`)
	})
	c.once(env, exitFine, "status", "servers web: 2 wanted, 2 serving, 2 existing, limits 1 to 3")
	app.answer(takes(10 * time.Millisecond))
	b.wait("one server less", func() bool { return len(c.names("web")) == 1 })
	b.wait("the app through HAProxy", func() bool { return f.status() == http.StatusOK })
	b.terminate()
	if names := c.names("web"); len(names) != 1 || names[0] != "web-1" {
		t.Errorf("%v are left, want the oldest", names)
	}
}

// A server that fails is told, and another takes its place.
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

// The notice of a server that failed arrives after the restart where a kill kept it from arriving.
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
	c.once(env, exitFine, "check", "servers ok none of the pool web yet", "limits ok 1 to 3 servers", "heartbeat ok 200 after")
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
