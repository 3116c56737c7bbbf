package digitalocean_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/digitalocean"
	"github.com/autoscalebot/autoscalebot/bot/digitalocean/digitaloceantest"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

func quiet(string) {}

func slow(srv *digitaloceantest.Server) {
	for what, d := range map[string]time.Duration{"shutdown": 6, "power_off": 5, "power_on": 8, "resize": 70, "snapshot": 140} {
		srv.Takes(what, d*time.Second)
	}
}

func add(srv *digitaloceantest.Server) (int, string) {
	id := srv.AddDroplet(digitaloceantest.Droplet{Name: "web-1", Tags: []string{"web"}})
	return id, strconv.Itoa(id)
}

func kinds(srv *digitaloceantest.Server) string { return kindsSince(srv, 0) }

func kindsSince(srv *digitaloceantest.Server, n int) string {
	var list []string
	for _, a := range srv.Actions()[n:] {
		list = append(list, a.Type)
	}
	return strings.Join(list, " ")
}

func TestResize(t *testing.T) {
	virtual(t, func(t *testing.T, srv *digitaloceantest.Server, o digitalocean.Options) {
		slow(srv)
		p := open(t, o)
		id, s := add(srv)
		var told []string
		must(t, p.Resize(t.Context(), s, "s-2vcpu-2gb", func(line string) { told = append(told, line) }))
		d, _ := srv.Droplet(id)
		if d.Size != "s-2vcpu-2gb" || d.Status != "active" || d.Disk != 25 {
			t.Errorf("it is %+v, want it active, larger, with the disk that it had", d)
		}
		if got := kinds(srv); got != "shutdown resize power_on" {
			t.Errorf("the actions were %s", got)
		}
		all := strings.Join(told, "\n")
		for _, want := range []string{"shut down web-1", "resize web-1 from s-1vcpu-1gb to s-2vcpu-2gb", "switch on web-1", "in-progress after "} {
			if !strings.Contains(all, want) {
				t.Errorf("told was %s\nwant %q", all, want)
			}
		}
		if err := p.Resize(t.Context(), s, "s-2vcpu-2gb", quiet); err != nil || kinds(srv) != "shutdown resize power_on" {
			t.Errorf("Resize again: %v, %s; want that nothing is done", err, kinds(srv))
		}
		// Smaller again, since the disk has not grown.
		must(t, p.Resize(t.Context(), s, "s-1vcpu-1gb", quiet))
	})
}

func TestResizeOfADropletThatHangs(t *testing.T) {
	virtual(t, func(t *testing.T, srv *digitaloceantest.Server, o digitalocean.Options) {
		slow(srv)
		srv.FailActions("shutdown", 1)
		srv.FailActions("power_on", 2)
		id, s := add(srv)
		must(t, open(t, o).Resize(t.Context(), s, "s-2vcpu-2gb", quiet))
		if d, _ := srv.Droplet(id); d.Size != "s-2vcpu-2gb" || kinds(srv) != "shutdown power_off resize power_on power_on power_on" {
			t.Errorf("it is %+v after %s", d, kinds(srv))
		}
	})
}

func TestAResizeThatCannotBeLeavesItOn(t *testing.T) {
	for what, c := range map[string]struct {
		size    string
		prepare func(*digitaloceantest.Server, int)
		want    string
		actions string
	}{
		"no such size": {size: "s-3vcpu-1gb", want: "no such size in fra1"},
		"sold out":     {size: "s-8vcpu-16gb", want: "no such size in fra1"},
		"a smaller disk": {size: "s-1vcpu-1gb", prepare: func(s *digitaloceantest.Server, id int) {
			s.Change(id, func(d *digitaloceantest.Droplet) { d.Size, d.Disk = "s-2vcpu-2gb", 60 })
		}, want: "its disk has 25 GB, but the droplet's disk has 60 GB"},
		"refused": {size: "s-2vcpu-2gb", prepare: func(s *digitaloceantest.Server, id int) {
			s.Fail(digitaloceantest.Fault{Method: "POST", Path: "*", Skip: 1, Times: 1, Status: 422, Message: "Size is too large to fit on your droplet's server"})
		}, want: "too large to fit", actions: "shutdown power_on"},
		"begun, and failed": {size: "s-2vcpu-2gb", prepare: func(s *digitaloceantest.Server, id int) { s.FailActions("resize", 1) }, want: "DigitalOcean started it, and it failed", actions: "shutdown resize power_on"},
	} {
		t.Run(what, func(t *testing.T) {
			virtual(t, func(t *testing.T, srv *digitaloceantest.Server, o digitalocean.Options) {
				slow(srv)
				id, s := add(srv)
				if c.prepare != nil {
					c.prepare(srv, id)
				}
				before, _ := srv.Droplet(id)
				err := open(t, o).Resize(t.Context(), s, c.size, quiet)
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("Resize: %v, want %q", err, c.want)
				}
				if d, _ := srv.Droplet(id); d.Status != "active" || d.Size != before.Size || kinds(srv) != c.actions {
					t.Errorf("it is %+v after %q, want it active as it was after %q", d, kinds(srv), c.actions)
				}
			})
		})
	}
}

// Repeating the resize continues it, without doing a step twice.
func TestAResizeGoesOnWhereItWas(t *testing.T) {
	virtual(t, func(t *testing.T, srv *digitaloceantest.Server, o digitalocean.Options) {
		slow(srv)
		for after := time.Second; after < 110*time.Second; after += 3 * time.Second {
			done := len(srv.Actions())
			id, s := add(srv)
			ctx, cancel := context.WithTimeout(t.Context(), after)
			err := open(t, o).Resize(ctx, s, "s-2vcpu-2gb", quiet)
			cancel()
			if err != nil && (!errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "Repeat the resize to continue")) {
				t.Errorf("cut off after %v: %v", after, err)
			}
			if err := open(t, o).Resize(t.Context(), s, "s-2vcpu-2gb", quiet); err != nil {
				t.Errorf("Resize again after %v: %v", after, err)
			}
			again := kindsSince(srv, done)
			if d, _ := srv.Droplet(id); d.Size != "s-2vcpu-2gb" || d.Status != "active" || again != "shutdown resize power_on" {
				t.Errorf("cut off after %v: it is %+v after %v", after, d, again)
			}
			srv.RemoveDroplet(id)
		}
	})
}

func TestAResizeOutlivesAnyOneFailure(t *testing.T) {
	faults := map[string]digitaloceantest.Fault{
		"500": {Status: 500}, "500, done": {Status: 500, Applied: true}, "cut": {Cut: true}, "429": {Status: 429, Header: http.Header{"Retry-After": {"30"}}},
	}
	for i, what := range slices.Sorted(maps.Keys(faults)) {
		fault := faults[what]
		virtual(t, func(t *testing.T, srv *digitaloceantest.Server, o digitalocean.Options) {
			slow(srv)
			for skip := 2 + i%2; skip < 22; skip += 2 { // the first two calls come before any change
				id, s := add(srv)
				fault.Skip, fault.Times = skip, 1
				mend := srv.Fail(fault)
				if err := open(t, o).Resize(t.Context(), s, "s-2vcpu-2gb", quiet); err != nil {
					t.Errorf("%s at call %d: %v", what, skip, err)
				}
				if d, _ := srv.Droplet(id); d.Size != "s-2vcpu-2gb" || d.Status != "active" {
					t.Errorf("%s at call %d: it is %+v", what, skip, d)
				}
				mend()
				srv.RemoveDroplet(id)
			}
		})
	}
}

func TestSnapshot(t *testing.T) {
	virtual(t, func(t *testing.T, srv *digitaloceantest.Server, o digitalocean.Options) {
		slow(srv)
		p := open(t, o)
		_, s := add(srv)
		var told []string
		first, err := p.Snapshot(t.Context(), s, "golden", func(line string) { told = append(told, line) })
		if err != nil || first.Name != "golden" || first.ID == "" || len(told) < 3 {
			t.Fatalf("Snapshot: %+v, %v, told %q", first, err, told)
		}
		second, err := p.Snapshot(t.Context(), s, "golden", quiet)
		if err != nil || second.ID == first.ID {
			t.Errorf("Snapshot of the same name: %+v, %v; want another than %s", second, err, first.ID)
		}
		images, err := p.Images(t.Context())
		if err != nil || len(images) != 2 || images[0].ID != second.ID {
			t.Errorf("Images: %+v, %v", images, err)
		}
		if _, err := p.Snapshot(t.Context(), s, " ", quiet); !errors.Is(err, pool.ErrRefused) {
			t.Errorf("Snapshot without a name: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		if _, err := p.Snapshot(ctx, s, "late", quiet); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "DigitalOcean continues it") {
			t.Errorf("Snapshot cut off: %v", err)
		}
		time.Sleep(3 * time.Minute)
		srv.FailActions("snapshot", 1)
		if _, err := p.Snapshot(t.Context(), s, "bad", quiet); err == nil || !strings.Contains(err.Error(), "it failed") {
			t.Errorf("Snapshot that fails: %v", err)
		}
		srv.Fail(digitaloceantest.Fault{Method: http.MethodPost, Status: 502})
		if _, err := p.Snapshot(t.Context(), s, "unknown", quiet); err == nil || !strings.Contains(err.Error(), "may have started") {
			t.Errorf("Snapshot of an unknown outcome: %v", err)
		}
		if got := fmt.Sprint(len(srv.Images())); got != "4" { // including ubuntu
			t.Errorf("there are %s images", got)
		}
	})
}

// A resize to its own size, or to none, only switches it on.
func TestAResizeOfADropletThatIsOff(t *testing.T) {
	for _, size := range []string{"s-1vcpu-1gb", ""} {
		virtual(t, func(t *testing.T, srv *digitaloceantest.Server, o digitalocean.Options) {
			slow(srv)
			id, s := add(srv)
			srv.Change(id, func(d *digitaloceantest.Droplet) { d.Status = "off" })
			p := open(t, o)
			for range 2 {
				if err := p.Resize(t.Context(), s, size, quiet); err != nil {
					t.Errorf("Resize to %q: %v", size, err)
				}
			}
			if d, _ := srv.Droplet(id); d.Status != "active" || d.Size != "s-1vcpu-1gb" || kinds(srv) != "power_on" {
				t.Errorf("to %q: it is %+v after %s", size, d, kinds(srv))
			}
		})
	}
}

// It ends with either size, and reverses nothing.
func TestAResizeWithoutASizeGoesOn(t *testing.T) {
	virtual(t, func(t *testing.T, srv *digitaloceantest.Server, o digitalocean.Options) {
		slow(srv)
		for after := time.Second; after < 110*time.Second; after += 6 * time.Second {
			done := len(srv.Actions())
			id, s := add(srv)
			ctx, cancel := context.WithTimeout(t.Context(), after)
			_ = open(t, o).Resize(ctx, s, "s-2vcpu-2gb", quiet) // interrupted
			cancel()
			if err := open(t, o).Resize(t.Context(), s, "", quiet); err != nil {
				t.Errorf("after %v: %v", after, err)
			}
			resized := strings.Count(kindsSince(srv, done), "resize")
			d, _ := srv.Droplet(id)
			if larger := d.Size == "s-2vcpu-2gb"; d.Status != "active" || larger != (resized == 1) || resized > 1 {
				t.Errorf("cut off after %v: it is %+v after %d resizes", after, d, resized)
			}
			srv.RemoveDroplet(id)
		}
	})
}
