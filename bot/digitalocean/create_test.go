package digitalocean_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/digitalocean"
	"github.com/autoscalebot/autoscalebot/bot/digitalocean/digitaloceantest"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

func TestANameIsMadeOnce(t *testing.T) {
	srv := digitaloceantest.NewServer(t)
	p := open(t, options(srv))
	var wg sync.WaitGroup
	ids := make([]string, 4)
	for i := range ids {
		wg.Go(func() {
			s, err := p.Create(t.Context(), pool.Order{Name: "web-7"})
			if err != nil {
				t.Error(err)
			}
			ids[i] = s.ID
		})
	}
	wg.Wait()
	if n := len(srv.Droplets()); n != 1 || len(slices.Compact(ids)) != 1 {
		t.Errorf("%d droplets of the ids %v were made of one name, want one", n, ids)
	}
}

// An order is sent once, whatever the answer. A droplet that was created despite an error is found.
func TestAnOrderIsSentOnce(t *testing.T) {
	for what, fault := range map[string]digitaloceantest.Fault{
		"503":           {Status: 503},
		"503, and made": {Status: 503, Applied: true},
		"cut":           {Cut: true},
		"no answer":     {},
		"hang":          {Hang: true, Applied: true},
		"garbage":       {Body: "<html>", Applied: true},
		"429":           {Status: 429, Header: http.Header{"Retry-After": {"1"}}},
	} {
		t.Run(what, func(t *testing.T) {
			virtual(t, func(t *testing.T, srv *digitaloceantest.Server, o digitalocean.Options) {
				p := open(t, o)
				fault.Method, fault.Path = http.MethodPost, "/v2/droplets"
				mend := srv.Fail(fault)
				_, err := p.Create(t.Context(), pool.Order{Name: "web-1"})
				if err == nil || errors.Is(err, pool.ErrRefused) {
					t.Errorf("Create: %v, want an error that leaves open what came of it", err)
				}
				if n := srv.Count(http.MethodPost, "/v2/droplets"); n != 1 {
					t.Errorf("the order was sent %d times", n)
				}
				mend()
				time.Sleep(time.Minute)
				if _, err := p.Create(t.Context(), pool.Order{Name: "web-1"}); err != nil || len(srv.Droplets()) != 1 {
					t.Errorf("Create again: %v, and there are %d droplets, want one", err, len(srv.Droplets()))
				}
			})
		})
	}
}

func TestRefusals(t *testing.T) {
	srv := digitaloceantest.NewServer(t)
	srv.SetDropletLimit(2)
	srv.AddImage(digitaloceantest.Image{Name: "in new york", Regions: []string{"nyc3"}})
	srv.AddImage(digitaloceantest.Image{Name: "big", MinDisk: 50})
	for _, c := range []struct {
		name, size, image string
		change            func(*digitalocean.Options)
		want              string
	}{
		{name: "web_1", want: "host name"},
		{name: "", want: "host name"},
		{size: "s-1vcpu-3gb", want: "422 Unprocessable Entity: You specified an invalid size"},
		{size: "c-2", want: "Size is not available in this region"},
		{image: "4711", want: "invalid image"},
		{image: "no such slug!", want: "no snapshot or custom image named"},
		{image: "in new york", want: "is in nyc3, not in the pool's region fra1"},
		{image: "big", want: "larger disk"},
		{image: "-", change: func(o *digitalocean.Options) { o.Image = "" }, want: "DIGITALOCEAN_IMAGE is not set"},
		{change: func(o *digitalocean.Options) { o.SSHKeys = []string{"12"} }, want: "invalid key"},
		{change: func(o *digitalocean.Options) { o.Token = "wrong" }, want: "401 Unauthorized: Unable to authenticate you (request "},
		{change: func(o *digitalocean.Options) {
			for srv.AddDroplet(digitaloceantest.Droplet{}); len(srv.Droplets()) < 2; {
				srv.AddDroplet(digitaloceantest.Droplet{})
			}
		}, want: "droplet limit"},
	} {
		o := options(srv)
		name := "web-1"
		if c.want == "host name" {
			name = c.name
		}
		if c.image != "" {
			o.Image = c.image
		}
		if c.change != nil {
			c.change(&o)
		}
		before := len(srv.Droplets())
		_, err := open(t, o).Create(t.Context(), pool.Order{Name: name, Size: c.size})
		if !errors.Is(err, pool.ErrRefused) || !strings.Contains(fmt.Sprint(err), c.want) || !strings.Contains(err.Error(), "the provider refused") || len(srv.Droplets()) != before {
			t.Errorf("Create: %v, want ErrRefused with %q", err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), srv.Token) {
			t.Errorf("the token is in: %v", err)
		}
	}
}

func TestTheImageIsFound(t *testing.T) {
	srv := digitaloceantest.NewServer(t)
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	srv.AddImage(digitaloceantest.Image{ID: 11, Name: "web", Created: day})
	srv.AddImage(digitaloceantest.Image{ID: 13, Name: "web", Created: day.AddDate(0, 0, 2)})
	srv.AddImage(digitaloceantest.Image{ID: 12, Name: "web", Created: day.AddDate(0, 0, 1)})
	srv.AddImage(digitaloceantest.Image{ID: 14, Name: "web", Created: day.AddDate(0, 0, 3), Regions: []string{"nyc3"}})
	srv.AddImage(digitaloceantest.Image{ID: 15, Name: "web", Created: day.AddDate(0, 0, 4), Type: "backup"})
	srv.AddImage(digitaloceantest.Image{ID: 16, Name: "web", Created: day.AddDate(0, 0, 5), Type: "custom", Status: "pending"})
	for i, c := range []struct {
		image string
		want  int
	}{{"11", 11}, {"web", 13}, {"ubuntu-24-04-x64", 112_929_454}} {
		o := options(srv)
		o.Image = c.image
		s, err := open(t, o).Create(t.Context(), pool.Order{Name: fmt.Sprintf("web-%d", i)})
		must(t, err)
		id, _ := strconv.Atoi(s.ID)
		if d, _ := srv.Droplet(id); d.Image != c.want {
			t.Errorf("of %q the image %d was taken, want %d", c.image, d.Image, c.want)
		}
	}
	p := open(t, options(srv))
	images, err := p.Images(t.Context())
	var got []string
	for _, i := range images {
		got = append(got, i.ID)
	}
	if err != nil || strings.Join(got, " ") != "14 13 12 11" || images[0].Size != 2.5 || !images[1].Created.Equal(day.AddDate(0, 0, 2)) {
		t.Errorf("Images: %+v, %v", images, err)
	}
	sizes, err := p.Sizes(t.Context())
	if err != nil || len(sizes) != 5 || sizes[0] != (pool.Size{Name: "s-1vcpu-1gb", CPUs: 1, Memory: 1024, Price: 0.00893}) || sizes[4].Name != "s-4vcpu-8gb" {
		t.Errorf("Sizes: %+v, %v; want those in fra1, the cheapest first", sizes, err)
	}
}
