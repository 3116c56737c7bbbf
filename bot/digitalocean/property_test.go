package digitalocean_test

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot/digitalocean"
	"github.com/autoscalebot/autoscalebot/bot/digitalocean/digitaloceantest"
	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/rapidtest"
)

// A happening is a call to the provider or the balancer, and the fault of one of its requests.
type happening struct {
	what, of  int // the call, and the index of its server
	fault     int // index of the fault; none if out of range
	skip      int // requests that pass first
	afterward int // seconds
}

func mishaps() []digitaloceantest.Fault {
	return []digitaloceantest.Fault{
		{Status: 500},
		{Status: 500, Applied: true},
		{Cut: true},
		{},
		{Hang: true},
		{Hang: true, Applied: true},
		{Body: "<html>", Applied: true},
		{Status: 429, Header: http.Header{"Retry-After": {"3"}}},
		{Status: 403, Message: "processes previous actions"},
		{Status: 422},
		{Status: 404},
	}
}

// Whatever is called and whatever fails: each name has at most one droplet, refused orders were not carried out,
// destroyed servers go away, and somebody else's droplets and members stay as they were.
func TestWhateverHappens(t *testing.T) {
	one := rapid.Custom(func(t *rapid.T) happening {
		return happening{
			rapid.IntRange(0, 6).Draw(t, "what"), rapid.IntRange(0, 3).Draw(t, "of"), rapid.IntRange(0, 16).Draw(t, "fault"),
			rapid.IntRange(0, 3).Draw(t, "skip"), rapid.IntRange(0, 25).Draw(t, "afterward"),
		}
	})
	rapidtest.Check(t, func(rt *rapid.T) {
		all := rapid.SliceOfN(one, 1, 20).Draw(rt, "happenings")
		tag := rapid.SampledFrom([]string{"", "serving"}).Draw(rt, "the balancer's tag")
		srv := digitaloceantest.New()
		defer srv.Close()
		var wrong []string
		synctest.Test(t, func(t *testing.T) {
			for what, d := range map[string]time.Duration{"create": 20, "destroy": 10, "load_balancer": 5} {
				srv.Takes(what, d*time.Second)
			}
			w := newWorld(t, srv, tag)
			for i := 0; i < len(all) && len(w.wrong) == 0; i++ {
				h := all[i]
				mend := func() {}
				if faults := mishaps(); h.fault < len(faults) {
					f := faults[h.fault]
					f.Skip, f.Times = h.skip, 1
					mend = srv.Fail(f)
				}
				w.happen(h)
				mend()
				time.Sleep(time.Duration(h.afterward) * time.Second)
				w.look()
			}
			time.Sleep(6 * time.Minute) // until destroyed servers no longer count as ending
			for _, d := range w.ours() {
				if w.destined[d.ID] { // an answer was garbage
					must(t, w.p.Destroy(t.Context(), strconv.Itoa(d.ID)))
				}
			}
			time.Sleep(time.Minute)
			w.compare()
			wrong = w.wrong
		})
		if len(wrong) > 0 {
			rt.Fatal(strings.Join(wrong, "\n"))
		}
	})
}

type world struct {
	t        *testing.T
	wrong    []string // rapid's own T must not be used in a bubble
	srv      *digitaloceantest.Server
	p        *digitalocean.Provider
	b        *digitalocean.LoadBalancer
	lb       string
	foreign  digitaloceantest.Droplet
	destined map[int]bool // those ordered to be destroyed
}

func newWorld(t *testing.T, srv *digitaloceantest.Server, tag string) *world {
	o := options(srv)
	o.Transport, o.Timeout = srv.Transport(), 5*time.Second
	w := &world{t: t, srv: srv, destined: map[int]bool{}}
	id := srv.AddDroplet(digitaloceantest.Droplet{Name: "web-1", Tags: []string{"theirs", "serving"}})
	w.foreign, _ = srv.Droplet(id)
	w.lb = srv.AddLoadBalancer(digitaloceantest.LoadBalancer{Name: "front", Tag: tag})
	if tag == "" {
		srv.AddToLoadBalancer(w.lb, id)
	}
	w.p = open(t, o)
	var err error
	w.b, err = w.p.LoadBalancer(w.lb)
	must(t, err)
	return w
}

func (w *world) fail(format string, args ...any) {
	w.wrong = append(w.wrong, fmt.Sprintf(format, args...))
}

func (w *world) ours() (list []digitaloceantest.Droplet) {
	for _, d := range w.srv.Droplets() {
		if slices.Contains(d.Tags, "web") {
			list = append(list, d)
		}
	}
	return list
}

// The call also goes to the foreign droplet, if possible.
func (w *world) happen(h happening) {
	ctx, before := w.t.Context(), w.ours()
	id, droplet := strconv.Itoa(w.foreign.ID), w.foreign
	if h.of < len(before) {
		droplet = before[h.of]
		id = strconv.Itoa(droplet.ID)
	}
	theirs := droplet.ID == w.foreign.ID
	var err error
	switch h.what {
	case 0, 1:
		name := fmt.Sprintf("web-%d", h.of)
		_, err = w.p.Create(ctx, pool.Order{Name: name})
		made := slices.ContainsFunc(w.ours(), func(d digitaloceantest.Droplet) bool { return d.Name == name })
		was := slices.ContainsFunc(before, func(d digitaloceantest.Droplet) bool { return d.Name == name })
		if err == nil && !made || errors.Is(err, pool.ErrRefused) && made && !was {
			w.fail("Create %s: %v, and it is there: %v", name, err, made)
		}
	case 2:
		err = w.p.Destroy(ctx, id)
		if theirs && err == nil && h.fault != 10 { // a 404 reports it as gone
			w.fail("somebody else's droplet was destroyed, it says")
		}
		if err == nil && h.fault != 10 {
			w.destined[droplet.ID] = true
		}
	case 3:
		_, err = w.p.List(ctx)
	case 4:
		if !theirs {
			err = w.b.Add(ctx, pool.Server{ID: id, Name: droplet.Name})
		}
	case 5:
		if !theirs {
			err = w.b.Drain(ctx, pool.Member{ID: id})
		}
	case 6:
		if !theirs {
			err = w.b.Remove(ctx, pool.Member{ID: id})
		}
	}
	if err != nil && strings.Contains(err.Error(), w.srv.Token) {
		w.fail("the token is in: %v", err)
	}
}

func (w *world) look() {
	names := map[string]int{}
	for _, d := range w.ours() {
		if names[d.Name]++; names[d.Name] > 1 {
			w.fail("there are two droplets called %s", d.Name)
		}
	}
	if d, there := w.srv.Droplet(w.foreign.ID); !there || !reflect.DeepEqual(d, w.foreign) {
		w.fail("somebody else's droplet is %+v, %v; it was %+v", d, there, w.foreign)
	}
	if b, _ := w.srv.LoadBalancer(w.lb); !slices.Contains(b.DropletIDs, w.foreign.ID) {
		w.fail("somebody else's member is not behind the balancer any more")
	}
}

func (w *world) compare() {
	servers, err := w.p.List(w.t.Context())
	must(w.t, err)
	var told, are []string
	for _, s := range servers {
		told = append(told, s.ID+" "+s.Name+" "+string(s.State))
	}
	for _, d := range w.ours() {
		if w.destined[d.ID] {
			w.fail("%s was destroyed, and is there a minute later", d.Name)
		}
		are = append(are, fmt.Sprintf("%d %s %s", d.ID, d.Name, d.Status))
	}
	if !slices.Equal(told, are) {
		w.fail("List tells %v, and there are %v", told, are)
	}
	members, err := w.b.Members(w.t.Context())
	must(w.t, err)
	b, _ := w.srv.LoadBalancer(w.lb)
	behind := 0
	for _, m := range members {
		if m.State == pool.Serving {
			behind++
		}
	}
	if behind != len(b.DropletIDs) {
		w.fail("behind the balancer are %v, and it tells %+v", b.DropletIDs, members)
	}
}
