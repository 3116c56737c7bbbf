//go:build linux

package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/digitalocean/digitaloceantest"
	"github.com/autoscalebot/autoscalebot/bot/logtest"
)

func TestServersByHand(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	env := c.env("MAX_DYNOS=2")
	stranger := c.AddDroplet(digitaloceantest.Droplet{Name: "web-1"})
	c.once(env, exitFine, "servers list", "0 servers in pool web, $0 an hour; limits now 1 to 2")
	c.once(env, exitFine, "servers sizes", "s-1vcpu-1gb 1 1024 MB 0.00893 1", "s-2vcpu-2gb 2 2048 MB")
	// Without --yes nothing is created.
	c.once(env, exitFine, "servers spinup", "create the server web-1 of size s-1vcpu-1gb (price: $0.008", "wait until it runs and is healthy", "nothing was done. Add --yes to do it")
	if n := len(c.Droplets()); n != 1 {
		t.Fatalf("a dry run made %d droplets", n-1)
	}
	c.once(env, exitFine, "servers spinup --yes", "step 1 of 3: create web-1 of size s-1vcpu-1gb", "step 3 of 3: wait until web-1 is healthy", "web-1 serves at 127.110.")
	c.once(env, exitFine, "servers spinup web-7 --yes", "web-7 serves at 127.110.")
	c.once(env, exitWork, "servers spinup --yes", "the pool has 2 servers, and MAX_DYNOS is now 2. Raise MAX_DYNOS first")
	c.once(c.env("MAX_INSTANCES=2"), exitWork, "servers spinup --yes", "the pool has 2 servers, and MAX_INSTANCES is now 2. Raise MAX_INSTANCES first")
	c.once(env, exitWork, "servers spinup mail --yes", `invalid name "mail": servers of this pool are named web-1, web-2 and so on`)
	o := c.once(env, exitFine, "servers list --json")
	var list []serverJSON
	if err := json.Unmarshal([]byte(o.stdout), &list); err != nil || len(list) != 2 || list[0].Name != "web-1" || list[1].State != "active" || list[1].Price == 0 {
		t.Errorf("list --json prints %s: %v", o.stdout, err)
	}
	// A server without the pool's tag is not touched.
	c.once(env, exitWork, fmt.Sprintf("servers destroy %d --yes", stranger), fmt.Sprintf("server %d does not belong to the pool web: it does not have the pool's tag", stranger))
	c.once(env, exitWork, "servers destroy web-9 --yes", "the pool web has no server web-9")
	c.once(env, exitWork, "servers drain web-7", "POOL_BALANCER=none")
	c.once(env, exitFine, "servers destroy web-7", "destroy web-7 (", "and everything on its disk (price: $0.00", "Add --yes to do it")
	c.once(env, exitFine, "servers destroy web-7 --yes", "web-7 (", "is gone")
	// The last serving server.
	c.once(env, exitWork, "servers resize web-1 s-2vcpu-2gb --yes", "web-1 is the only server that serves, so the app would be down for some minutes, and MAINTENANCE_WINDOW is not set. Create another first, or add --now")
	c.once(env, exitWork, "servers resize web-1 huge --now", `does not offer size "huge"`)
	c.once(env, exitFine, "servers resize web-1 s-2vcpu-2gb --now --yes", "web-1 has the size s-2vcpu-2gb")
	c.once(env, exitFine, "servers snapshot web-1 before-tuesday", "make the image before-tuesday of web-1", "nothing was done")
	c.once(env, exitFine, "servers snapshot web-1 before-tuesday --yes", "the image before-tuesday is ")
	c.once(env, exitFine, "servers images", "before-tuesday")
	c.once(env, exitFine, "servers destroy web-1", "leave fewer servers than MIN_DYNOS (now 1)")
	if got := fmt.Sprint(c.names("web"), len(c.Droplets())); got != "[web-1] 2" {
		t.Errorf("there are %s", got)
	}
	c.once(env[1:], exitUsage, "servers list", `PLATFORM: "heroku" has no servers: must be pool`)
	c.once(append(env, "POOL_PROVIDER=local"), exitUsage, "servers list", "local servers are processes of the running bot")
	// Queries need the provider, but not the settings for new servers.
	c.once([]string{"PLATFORM=pool", "POOL_PROVIDER=digitalocean", "DIGITALOCEAN_TOKEN=" + c.Token, "DIGITALOCEAN_API_URL=" + c.url, "DIGITALOCEAN_REGION=fra1"},
		exitFine, "servers images", "before-tuesday")
	c.once([]string{"PLATFORM=pool"}, exitUsage, "servers images", "POOL_PROVIDER: is not set")
}

// If the provider has no prices, those of the settings count, also for existing servers. Without either, no price is shown.
func TestServersCostWhatTheSettingsSay(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	list := `echo '[{"id":"1","name":"web-1","size":"small","address":"127.0.0.1","state":"active"},{"id":"2","name":"web-2","size":"small","state":"active"}]'`
	env := c.env("POOL_PROVIDER=command", "POOL_LIST_COMMAND="+list, "POOL_CREATE_COMMAND=false", "POOL_DESTROY_COMMAND=false", "SIZES=small", "MAX_DYNOS=4",
		"PATH="+os.Getenv("PATH"))
	c.once(env, exitFine, "servers list", "2 servers in pool web, price of 2 unknown")
	c.once(append(env, "POOL_MAX_DOLLARS_PER_HOUR=1"), exitWork, "servers spinup", "is unknown", "SERVER_PRICE_PER_HOUR")
	priced := append(env, "SERVER_PRICE_PER_HOUR=0.02")
	c.once(priced, exitFine, "servers list", "2 servers in pool web, $0.04 an hour")
	c.once(priced, exitFine, "servers destroy web-1", "price: $0.02 an hour")
	c.once(append(priced, "POOL_MAX_DOLLARS_PER_HOUR=0.06"), exitFine, "servers spinup", "price: $0.02 an hour")
	c.once(append(priced, "POOL_MAX_DOLLARS_PER_HOUR=0.05"), exitWork, "servers spinup", "the pool would cost $0.06 an hour")
}

// After Ctrl-C the command names the servers left, and the same command continues from there.
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
	want := fmt.Sprintf("web-1 (%d) exists and costs money. Run autoscalebot servers spinup web-1 --yes to continue, or autoscalebot servers destroy web-1 --yes to destroy it", id)
	if cmd.ProcessState.ExitCode() != 130 || !strings.Contains(out.String(), "interrupted: wait until web-1 runs") || !strings.Contains(out.String(), want) {
		t.Errorf("code %d, and it says\n%s", cmd.ProcessState.ExitCode(), out.String())
	}
	c.once(env, exitFine, "servers spinup web-1", "continue with web-1, which exists")
	c.once(env, exitFine, "servers destroy web-1 --yes", "is gone")
	if n := len(c.Droplets()); n > 0 {
		c.once(env, exitFine, "servers list")
		t.Errorf("%d droplets are left", n)
	}
}

// On a terminal the steps are one line, with the time that the step has taken; the result replaces it.
func TestServersOnATerminal(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.Takes("create", 3*time.Second)
	term := newTerminal(t, 80, 24, fmt.Sprintf("env %s %s servers spinup --yes", strings.Join(c.env(), " "), binary(t)))
	term.await(`step 2 of 3: wait until web-1 runs, \d s\n`)
	if screen := strings.TrimSpace(term.await(`serves at`)); strings.Contains(screen, "step") || strings.Contains(screen, "\n") {
		t.Errorf("it leaves\n%s", screen)
	}
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
	c.once(env, exitFine, "servers drain web-1", "IT IS THE ONLY SERVER THAT SERVES: THE APP WILL BE DOWN")
	c.once(env, exitFine, "servers spinup --yes", "web-2 serves at")
	c.once(env, exitFine, "servers drain web-1 --yes", "web-1 gets no requests. Run autoscalebot servers undrain web-1 --yes to send it requests again")
	c.once(env, exitFine, "servers list", "active drained 0 s-1vcpu-1gb", "active serving 0 s-1vcpu-1gb")
	c.once(env, exitFine, "servers drain web-2 --yes", "web-2 gets no requests")
	if o := c.once(env, exitFine, "servers destroy web-1"); strings.Contains(o.stdout, "ONLY SERVER") {
		t.Errorf("a drained server is said to serve:\n%s", o.stdout)
	}
	c.once(env, exitFine, "servers undrain web-2 --yes", "web-2 serves at")
	c.once(env, exitFine, "servers undrain web-1 --yes", "web-1 serves at")
	c.once(env, exitFine, "servers destroy web-2 --yes", "is gone")
	o := c.once(env, exitFine, "servers list")
	if strings.Contains(o.stdout, "web-2 ") && !strings.Contains(o.stdout, "ending") || f.status() != http.StatusOK {
		t.Errorf("the app answers %d, and there are\n%s", f.status(), o.stdout)
	}
	// A balancer that does not answer.
	c.once(c.env("POOL_BALANCER=haproxy", "HAPROXY_SOCKETS=/nowhere/admin.sock", "HAPROXY_BACKEND=web"), exitWork, "servers list", "/nowhere/admin.sock")
	c.once(c.env("POOL_BALANCER=haproxy", "HAPROXY_SOCKETS=haproxy", "HAPROXY_BACKEND=web"), exitUsage, "servers drain web-1", `invalid socket of HAProxy "haproxy"`)
}

// destroy waits until the provider no longer lists the server. A bot that starts meanwhile does not count it.
func TestDestroySaysWhatIsTrue(t *testing.T) {
	t.Parallel()
	c, app := newCloud(t), newHeart(t)
	env := c.env("HEARTBEAT_URL="+app.url+"/autoscalebot/heartbeat/", "HEARTBEAT_INTERVAL_IN_SECONDS=0.5", "HEALTH_CHECK_PASSES=1", "PAUSED=up,down", "MAX_DYNOS=4")
	for range 3 {
		c.once(env, exitFine, "servers spinup --yes")
	}
	c.Takes("destroy", 4*time.Second)
	o := c.once(env, exitFine, "servers destroy web-3 --yes", "is gone")
	if names := c.names("web"); len(names) != 2 {
		t.Errorf("%v are listed when it says\n%s", names, o.stdout)
	}
	// A call that failed, and one whose answer was lost.
	c.Takes("destroy", 0)
	c.once(env, exitFine, "servers spinup web-3 --yes")
	mend := c.Fail(digitaloceantest.Fault{Method: http.MethodDelete, Path: "/v2/droplets/*", Status: http.StatusInternalServerError})
	c.once(env, exitWork, "servers destroy web-3 --yes", "may still exist and cost money")
	mend()
	defer c.Fail(digitaloceantest.Fault{Method: http.MethodDelete, Path: "/v2/droplets/*", Cut: true, Times: 1})()
	c.once(env, exitFine, "servers destroy web-3 --yes", "is gone")
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
