package digitalocean_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/digitalocean"
	"github.com/autoscalebot/autoscalebot/bot/digitalocean/digitaloceantest"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

func members(t *testing.T, b pool.Balancer) string {
	t.Helper()
	list, err := b.Members(t.Context())
	must(t, err)
	var texts []string
	for _, m := range list {
		if m.Requests != -1 {
			t.Errorf("%+v has a number of requests, which nobody knows", m)
		}
		texts = append(texts, m.ID+" "+string(m.State))
	}
	return strings.Join(texts, ", ")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestServersJoinAndLeaveALoadBalancer(t *testing.T) {
	for what, lb := range map[string]digitaloceantest.LoadBalancer{"by number": {Name: "lb"}, "by tag": {Name: "lb", Tag: "Serving"}} {
		t.Run(what, func(t *testing.T) {
			virtual(t, func(t *testing.T, srv *digitaloceantest.Server, o digitalocean.Options) {
				foreign := srv.AddDroplet(digitaloceantest.Droplet{Name: "db", Tags: []string{"serving"}})
				if lb.Tag == "" {
					lb.DropletIDs = []int{foreign}
				}
				lbID := srv.AddLoadBalancer(lb)
				p := open(t, o)
				b, err := p.LoadBalancer(lbID)
				must(t, err)
				id, s := add(srv)
				srv.Takes("load_balancer", 4*time.Second)
				before := fmt.Sprintf("%d serving", foreign)
				if got := members(t, b); got != before {
					t.Fatalf("Members: %s, want %s", got, before)
				}
				server := pool.Server{ID: s, Name: "web-1"}
				for range 2 {
					must(t, b.Add(t.Context(), server))
				}
				time.Sleep(5 * time.Second)
				if got, want := members(t, b), fmt.Sprintf("%s, %s serving", before, s); got != want {
					t.Errorf("Members: %s, want %s", got, want)
				}
				if got, _ := srv.LoadBalancer(lbID); fmt.Sprint(got.DropletIDs) != fmt.Sprint([]int{foreign, id}) {
					t.Errorf("the balancer has %v", got.DropletIDs)
				}
				for range 2 {
					must(t, b.Drain(t.Context(), pool.Member{ID: s}))
				}
				if got, want := members(t, b), fmt.Sprintf("%s, %s draining", before, s); got != want {
					t.Errorf("Members after Drain: %s, want %s", got, want)
				}
				// A draining member can be added again.
				must(t, b.Add(t.Context(), server))
				time.Sleep(5 * time.Second)
				if got, want := members(t, b), fmt.Sprintf("%s, %s serving", before, s); got != want {
					t.Errorf("Members after Add: %s, want %s", got, want)
				}
				must(t, b.Drain(t.Context(), pool.Member{ID: s}))
				time.Sleep(time.Minute)
				if got, want := members(t, b), fmt.Sprintf("%s, %s draining", before, s); got != want {
					t.Errorf("Members a minute after Drain: %s, want %s", got, want)
				}
				time.Sleep(time.Hour)
				if got := members(t, b); got != before {
					t.Errorf("Members an hour after Drain: %s, want %s", got, before)
				}
				must(t, b.Add(t.Context(), server))
				time.Sleep(5 * time.Second)
				for range 2 {
					must(t, b.Remove(t.Context(), pool.Member{ID: s}))
				}
				time.Sleep(5 * time.Second)
				if got := members(t, b); got != before {
					t.Errorf("Members after Remove: %s, want %s", got, before)
				}
				if d, _ := srv.Droplet(id); fmt.Sprint(d.Tags) != "[web]" {
					t.Errorf("the droplet bears %v, want the pool's tag only", d.Tags)
				}
				must(t, b.Drain(t.Context(), pool.Member{Name: "no droplet"}))
				must(t, b.Remove(t.Context(), pool.Member{ID: "1"}))
			})
		})
	}
}

func TestATagIsFollowedLater(t *testing.T) {
	virtual(t, func(t *testing.T, srv *digitaloceantest.Server, o digitalocean.Options) {
		_, s := add(srv)
		b, err := open(t, o).LoadBalancer(srv.AddLoadBalancer(digitaloceantest.LoadBalancer{Name: "lb", Tag: "serving"}))
		must(t, err)
		srv.Takes("load_balancer", 4*time.Second)
		must(t, b.Add(t.Context(), pool.Server{ID: s}))
		if got := members(t, b); got != s+" joining" {
			t.Errorf("Members at once: %s", got)
		}
		time.Sleep(5 * time.Second)
		must(t, b.Remove(t.Context(), pool.Member{ID: s}))
		if got := members(t, b); got != s+" draining" {
			t.Errorf("Members at once after Remove: %s", got)
		}
		time.Sleep(5 * time.Second)
		if got := members(t, b); got != "" {
			t.Errorf("Members later: %s", got)
		}
	})
}

func TestABusyBalancerIsWaitedFor(t *testing.T) {
	virtual(t, func(t *testing.T, srv *digitaloceantest.Server, o digitalocean.Options) {
		_, one := add(srv)
		_, two := add(srv)
		b, err := open(t, o).LoadBalancer(srv.AddLoadBalancer(digitaloceantest.LoadBalancer{Name: "lb"}))
		must(t, err)
		srv.Takes("load_balancer", 8*time.Second)
		must(t, b.Add(t.Context(), pool.Server{ID: one}))
		must(t, b.Add(t.Context(), pool.Server{ID: two}))
		if got := members(t, b); got != one+" serving, "+two+" serving" {
			t.Errorf("Members: %s", got)
		}
		srv.Takes("load_balancer", time.Hour)
		time.Sleep(time.Minute)
		must(t, b.Remove(t.Context(), pool.Member{ID: one}))
		began := time.Now()
		if err := b.Remove(t.Context(), pool.Member{ID: two}); err == nil || !strings.Contains(err.Error(), "previous actions") || time.Since(began) > time.Minute {
			t.Errorf("Remove while it is busy: %v after %v", err, time.Since(began))
		}
	})
}

func TestBalancersThatCannotBeUsed(t *testing.T) {
	srv := digitaloceantest.NewServer(t)
	o := options(srv)
	o.Tags = []string{"backend"}
	p := open(t, o)
	_, s := add(srv)
	for want, lb := range map[string]digitaloceantest.LoadBalancer{
		"takes every droplet with the tag Web, which all servers of the pool have":     {Name: "own", Tag: "Web"},
		"takes every droplet with the tag backend, which all servers of the pool have": {Name: "further", Tag: "backend"},
		"is a global load balancer": {Name: "global", Type: "GLOBAL"},
		"404 Not Found":             {},
		"the droplet is new":        {Name: "errored", Status: "errored"},
	} {
		id := "4de7ac8b-495b-4884-9a69-1050c6793cd6"
		if lb.Name != "" {
			id = srv.AddLoadBalancer(lb)
		}
		b, err := p.LoadBalancer(id)
		must(t, err)
		if lb.Status != "" {
			must(t, b.Add(t.Context(), pool.Server{ID: s}))
			if got := members(t, b); got != s+" down" {
				t.Errorf("Members of a balancer that could not be made: %s", got)
			}
			continue
		}
		if _, err := b.Members(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Members: %v, want %q", err, want)
		}
		if err := b.Add(t.Context(), pool.Server{ID: s}); err == nil {
			t.Error("Add: no error")
		}
	}
	n, _ := strconv.Atoi(s)
	if d, _ := srv.Droplet(n); fmt.Sprint(d.Tags) != "[web]" {
		t.Errorf("the droplet bears %v", d.Tags)
	}
}

func TestAMemberThatIsGoneIsOut(t *testing.T) {
	srv := digitaloceantest.NewServer(t)
	id, s := add(srv)
	lb := srv.AddLoadBalancer(digitaloceantest.LoadBalancer{Name: "lb", DropletIDs: []int{id}})
	b, err := open(t, options(srv)).LoadBalancer(lb)
	must(t, err)
	srv.Fail(digitaloceantest.Fault{Method: "DELETE", Status: 404, Times: 1})
	if err := b.Remove(t.Context(), pool.Member{ID: s}); err == nil {
		t.Error("Remove: no error, and it is still a member")
	}
	srv.Fail(digitaloceantest.Fault{Method: "DELETE", Status: 404, Times: 1, Applied: true})
	must(t, b.Remove(t.Context(), pool.Member{ID: s}))
}
