package digitalocean_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/digitalocean"
	"github.com/autoscalebot/autoscalebot/bot/digitalocean/digitaloceantest"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

const (
	fingerprint = "3b:16:e4:bf:8b:00:8b:b8:59:8c:a9:d3:f0:19:fa:45"
	vpc         = "760e09ef-dc84-11e8-981e-3cfdfeaae000"
)

func options(srv *digitaloceantest.Server) digitalocean.Options {
	return digitalocean.Options{
		Token: srv.Token, URL: srv.URL, Tag: "web", Region: "fra1", Image: "ubuntu-24-04-x64",
	}
}

func open(t *testing.T, o digitalocean.Options) *digitalocean.Provider {
	t.Helper()
	p, err := digitalocean.New(o)
	must(t, err)
	return p
}

// Calls reach the server without a network.
func virtual(t *testing.T, f func(t *testing.T, srv *digitaloceantest.Server, o digitalocean.Options)) {
	t.Helper()
	srv := digitaloceantest.NewServer(t)
	synctest.Test(t, func(t *testing.T) {
		o := options(srv)
		o.Transport = srv.Transport()
		f(t, srv, o)
	})
}

func list(t *testing.T, p *digitalocean.Provider) string {
	t.Helper()
	servers, err := p.List(t.Context())
	must(t, err)
	var names []string
	for _, s := range servers {
		names = append(names, s.Name+" "+string(s.State))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func TestADropletLivesAndEnds(t *testing.T) {
	srv := digitaloceantest.NewServer(t)
	srv.AddSSHKey(289794, fingerprint)
	srv.AddDroplet(digitaloceantest.Droplet{Name: "web-1", Tags: []string{"another"}})
	o := options(srv)
	o.SSHKeys, o.VPC, o.UserData, o.Tags = []string{"289794", fingerprint}, vpc, "#!/bin/sh\necho hello\n", []string{"firewall:web"}
	p := open(t, o)

	made, err := p.Create(t.Context(), pool.Order{Name: "web-1", Size: "s-2vcpu-2gb"})
	if err != nil || made.State != pool.Making || made.ID == "" || made.Address != "" {
		t.Fatalf("Create: %+v, %v; want one in the making, without an address", made, err)
	}
	id, _ := strconv.Atoi(made.ID)
	d, _ := srv.Droplet(id)
	got := fmt.Sprint(d.Name, d.Size, d.Region, d.Image, d.Tags, d.VPC, d.UserData, d.SSHKeys, d.Monitoring)
	want := fmt.Sprint("web-1", "s-2vcpu-2gb", "fra1", 112_929_454, []string{"web", "firewall:web"}, vpc, o.UserData,
		[]string{fingerprint, fingerprint}, true)
	if got != want {
		t.Errorf("the droplet is %s, want %s", got, want)
	}

	servers, err := p.List(t.Context())
	if err != nil || len(servers) != 1 {
		t.Fatalf("List: %+v, %v; want the one with the tag", servers, err)
	}
	s := servers[0]
	if s.ID != made.ID || s.State != pool.Active || !strings.HasPrefix(s.Address, "10.") || s.Price != 0.02679 || s.Size != "s-2vcpu-2gb" || time.Since(s.Created) > time.Minute {
		t.Errorf("List: %+v; want it active, at its private address, with its price and time", s)
	}
	o.PublicAddress = true
	if s, err := open(t, o).Describe(t.Context(), made.ID); err != nil || !strings.HasPrefix(s.Address, "203.") {
		t.Errorf("Describe with PublicAddress: %+v, %v", s, err)
	}

	for range 2 {
		if err := p.Destroy(t.Context(), made.ID); err != nil {
			t.Errorf("Destroy: %v", err)
		}
	}
	if _, err := p.Describe(t.Context(), made.ID); !errors.Is(err, pool.ErrGone) {
		t.Errorf("Describe of a gone one: %v, want ErrGone", err)
	}
	if got := list(t, p); got != "" || len(srv.Droplets()) != 1 {
		t.Errorf("left are %q and %d droplets in all, want none and somebody else's one", got, len(srv.Droplets()))
	}
	if n, ok := p.Quota(); !ok || n >= 5000 || n < 4900 {
		t.Errorf("Quota: %d, %v", n, ok)
	}
}

func TestSomebodyElsesDropletsAreNotTouched(t *testing.T) {
	srv := digitaloceantest.NewServer(t)
	p := open(t, options(srv))
	foreign := strconv.Itoa(srv.AddDroplet(digitaloceantest.Droplet{Name: "db", Tags: []string{"website"}}))
	ours := strconv.Itoa(srv.AddDroplet(digitaloceantest.Droplet{Name: "web-1", Tags: []string{"WEB"}}))
	for what, err := range map[string]error{
		"Destroy":  p.Destroy(t.Context(), foreign),
		"Describe": func() error { _, err := p.Describe(t.Context(), foreign); return err }(),
		"Resize":   p.Resize(t.Context(), foreign, "s-2vcpu-2gb", func(string) {}),
		"Snapshot": func() error { _, err := p.Snapshot(t.Context(), foreign, "x", func(string) {}); return err }(),
	} {
		if !errors.Is(err, pool.ErrNotOurs) || !strings.Contains(err.Error(), "db") || !strings.Contains(err.Error(), "web") {
			t.Errorf("%s of another's: %v, want ErrNotOurs with the droplet's name and the tag", what, err)
		}
	}
	for _, c := range srv.Calls() {
		if c.Method != http.MethodGet {
			t.Errorf("sent %s %s", c.Method, c.Path)
		}
	}
	// DigitalOcean's tags ignore case.
	if err := p.Destroy(t.Context(), ours); err != nil || len(srv.Droplets()) != 1 {
		t.Errorf("Destroy of our own: %v, left %+v", err, srv.Droplets())
	}
	for _, id := range []string{"", "0", "-1", "x", "7/actions", "007"} {
		if _, err := p.Describe(t.Context(), id); !errors.Is(err, pool.ErrGone) {
			t.Errorf("Describe(%q): %v, want ErrGone", id, err)
		}
	}
}

// A token without the scope for tags sees droplets without tags. The pool must not look empty then.
func TestTagsMustBeSeen(t *testing.T) {
	srv := digitaloceantest.NewServer(t)
	srv.Fail(digitaloceantest.Fault{Method: http.MethodGet, Path: "/v2/droplets", Body: `{"droplets":[{"id":7,"name":"web-1","status":"active"}],"links":{},"meta":{"total":1}}`})
	p := open(t, options(srv))
	for _, f := range []func() error{
		func() error { _, err := p.List(t.Context()); return err },
		func() error { _, err := p.Create(t.Context(), pool.Order{Name: "web-2"}); return err },
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), "give the token the scope tag:read") || len(srv.Droplets()) != 0 {
			t.Errorf("%v, want a hint at the scope, and no droplet made", err)
		}
	}
}

func TestAllPagesAreRead(t *testing.T) {
	srv := digitaloceantest.NewServer(t)
	var ids []int
	for i := range 450 {
		ids = append(ids, srv.AddDroplet(digitaloceantest.Droplet{Name: fmt.Sprintf("web-%d", i), Tags: []string{"web"}}))
	}
	o := options(srv)
	calls := 0
	o.Transport = roundTrip(func(req *http.Request) (*http.Response, error) {
		// A droplet of the first page ends while the second is being read, so all others move up.
		if calls++; calls == 2 {
			srv.RemoveDroplet(ids[0])
		}
		return http.DefaultTransport.RoundTrip(req)
	})
	servers, err := open(t, o).List(t.Context())
	if err != nil || len(servers) != 449 || calls != 6 {
		t.Errorf("List: %d servers in %d calls, %v; want the 449 left, read twice", len(servers), calls, err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestStatesAreTold(t *testing.T) {
	virtual(t, func(t *testing.T, srv *digitaloceantest.Server, o digitalocean.Options) {
		p := open(t, o)
		for _, status := range []string{"active", "off", "archive", "new"} {
			srv.AddDroplet(digitaloceantest.Droplet{Name: status, Status: status, Tags: []string{"web"}, Created: time.Now()})
		}
		srv.FailActions("create", 1)
		srv.Takes("create", 30*time.Second)
		if _, err := p.Create(t.Context(), pool.Order{Name: "bad"}); err != nil {
			t.Fatal(err)
		}
		if got, want := list(t, p), "active active, archive ending, bad making, new making, off off"; got != want {
			t.Errorf("List: %s, want %s", got, want)
		}
		time.Sleep(6 * time.Minute)
		if got, want := list(t, p), "active active, archive ending, bad failed, new making, off off"; got != want {
			t.Errorf("List after 6 minutes: %s, want %s", got, want)
		}
	})
}

func TestOneThatEndsIsEndingUntilItIsGone(t *testing.T) {
	virtual(t, func(t *testing.T, srv *digitaloceantest.Server, o digitalocean.Options) {
		p, another := open(t, o), open(t, o)
		id := strconv.Itoa(srv.AddDroplet(digitaloceantest.Droplet{Name: "web-1", Tags: []string{"web"}}))
		srv.Takes("destroy", 20*time.Second)
		for _, p := range []*digitalocean.Provider{p, p, another} {
			must(t, p.Destroy(t.Context(), id))
			if got := list(t, p); got != "web-1 ending" {
				t.Errorf("List: %s, want it ending", got)
			}
		}
		time.Sleep(21 * time.Second)
		if got := list(t, p); got != "" {
			t.Errorf("List: %s, want none", got)
		}
		// Another action under way does not end the droplet.
		other := strconv.Itoa(srv.AddDroplet(digitaloceantest.Droplet{Name: "web-2", Tags: []string{"web"}}))
		srv.Takes("snapshot", time.Minute)
		go func() { _, _ = another.Snapshot(t.Context(), other, "x", func(string) {}) }()
		synctest.Wait()
		if err := p.Destroy(t.Context(), other); err == nil || errors.Is(err, pool.ErrRefused) || !strings.Contains(err.Error(), "pending event") {
			t.Errorf("Destroy during a snapshot: %v", err)
		}
	})
}

func TestACanceledCallEnds(t *testing.T) {
	srv := digitaloceantest.NewServer(t)
	srv.Fail(digitaloceantest.Fault{Hang: true})
	p := open(t, options(srv))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := p.List(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("List: %v, want the deadline's end", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	if err := p.Destroy(ctx, "12"); !errors.Is(err, context.Canceled) {
		t.Errorf("Destroy: %v, want that it was canceled", err)
	}
}
