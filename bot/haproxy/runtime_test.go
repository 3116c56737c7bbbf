package haproxy_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/haproxy"
	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/porttest"
)

const webBackend = preamble + `backend web
  balance roundrobin
  option httpchk GET /health
`

func newRuntime(t testing.TB, options string, sockets ...string) *haproxy.Runtime {
	t.Helper()
	r, err := haproxy.New(haproxy.Options{Sockets: sockets, Backend: "web", ServerOptions: options})
	must(t, err)
	return r
}

func members(t testing.TB, b pool.Balancer) map[string]pool.Member {
	t.Helper()
	list, err := b.Members(t.Context())
	must(t, err)
	all := map[string]pool.Member{}
	for _, m := range list {
		all[m.Name] = m
	}
	return all
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (b *backend) server() pool.Server {
	return pool.Server{Name: b.name, Address: b.address, State: pool.Active}
}

func isIn(t testing.TB, b pool.Balancer, name string, want pool.MemberState) {
	t.Helper()
	eventually(t, name+" is "+string(want), func() bool { return members(t, b)[name].State == want })
}

func serving(t testing.TB, r *haproxy.Runtime, name string) *backend {
	t.Helper()
	b := startBackend(t, name)
	must(t, r.Add(t.Context(), b.server()))
	isIn(t, r, name, pool.Serving)
	return b
}

// Servers join, take traffic, are drained, and leave, and no request is lost on the way.
func TestServersComeAndGoUnderLoad(t *testing.T) {
	p := startProxy(t, webBackend)
	r := newRuntime(t, "check inter 50ms", p.Socket)
	web1, web2, web3 := startBackend(t, "web-1"), startBackend(t, "web-2"), startBackend(t, "web-3")

	must(t, r.Add(t.Context(), web1.server()))
	isIn(t, r, "web-1", pool.Serving)
	l := startLoad(t, p.URL, 3, 3)
	for range 2 {
		for _, b := range []*backend{web2, web3} {
			had := l.answers(b.name)
			must(t, r.Add(t.Context(), b.server()))
			must(t, r.Add(t.Context(), b.server()))
			eventually(t, b.name+" answers", func() bool { return l.answers(b.name) > had+20 })
		}
		for _, b := range []*backend{web2, web3} {
			m := members(t, r)[b.name]
			must(t, r.Drain(t.Context(), m))
			must(t, r.Drain(t.Context(), m))
			isIn(t, r, b.name, pool.Drained)
			had, others := b.served.Load(), l.answers("web-1")
			eventually(t, "others answer", func() bool { return l.answers("web-1") > others+20 })
			if b.served.Load() != had {
				t.Errorf("%s drains, and got %d requests", b.name, b.served.Load()-had)
			}
			must(t, r.Remove(t.Context(), m))
			must(t, r.Remove(t.Context(), m))
			if _, ok := members(t, r)[b.name]; ok || strings.Contains(p.ask(t, "show servers state web"), b.name) {
				t.Errorf("%s is still there", b.name)
			}
		}
	}
	l.noneFailed(t, 300)
}

// A draining member finishes its requests, which Requests counts. It can be added again.
func TestDrainingMember(t *testing.T) {
	p := startProxy(t, webBackend)
	r := newRuntime(t, "check inter 50ms", p.Socket)
	b := serving(t, r, "web-1")
	p.slowRequest(t, b)
	must(t, r.Drain(t.Context(), pool.Member{Name: "web-1"}))
	if m := members(t, r)["web-1"]; m.State != pool.Draining || m.Requests != 1 || m.Address != b.address {
		t.Errorf("the member that drains is %+v", m)
	}
	must(t, r.Add(t.Context(), b.server()))
	if m := members(t, r)["web-1"]; m.State != pool.Serving || m.Requests != 1 {
		t.Errorf("the member that is taken back is %+v", m)
	}
	// Removed, it loses what it has.
	begun := time.Now()
	must(t, r.Remove(t.Context(), pool.Member{Name: "web-1"}))
	if _, ok := members(t, r)["web-1"]; ok || time.Since(begun) > 3*time.Second {
		t.Errorf("it is still there, or that took %v", time.Since(begun))
	}
}

// A member's state follows HAProxy's own check.
func TestMemberByItsCheck(t *testing.T) {
	p := startProxy(t, webBackend)
	r := newRuntime(t, "check inter 30ms fall 2 rise 2", p.Socket)
	b := startBackend(t, "web-1")
	b.sick.Store(true)
	must(t, r.Add(t.Context(), b.server()))
	eventually(t, "the check says why", func() bool {
		return strings.Contains(members(t, r)["web-1"].Note, "503") || strings.Contains(members(t, r)["web-1"].Note, "Layer7")
	})
	isIn(t, r, "web-1", pool.Down)
	b.sick.Store(false)
	isIn(t, r, "web-1", pool.Serving)
	b.sick.Store(true)
	isIn(t, r, "web-1", pool.Down)
	must(t, r.Drain(t.Context(), pool.Member{Name: "web-1"}))
	isIn(t, r, "web-1", pool.Drained)
}

// A server that comes back at another address under its old name is sent requests there.
func TestServerOfTheSameNameElsewhere(t *testing.T) {
	for name, config := range map[string]string{
		"added": webBackend, "slots": webBackend + "  server-template web- 1-3 127.0.0.1:1 check inter 30ms disabled\n",
	} {
		t.Run(name, func(t *testing.T) {
			p := startProxy(t, config)
			r := newRuntime(t, "check inter 30ms", p.Socket)
			for range 2 {
				b := serving(t, r, "web-1")
				if m := members(t, r)["web-1"]; m.Address != b.address {
					t.Errorf("it is at %s, want %s", m.Address, b.address)
				}
				eventually(t, "the new one answers", func() bool {
					if resp, err := http.Get(p.URL); err == nil {
						resp.Body.Close()
					}
					return b.served.Load() > 0
				})
			}
		})
	}
}

// IPv6 addresses, and the port that all servers have.
func TestAddresses(t *testing.T) {
	p := startProxy(t, webBackend)
	r, err := haproxy.New(haproxy.Options{Sockets: []string{p.Socket}, Backend: "web", Port: 8080})
	must(t, err)
	for address, want := range map[string]string{
		"10.1.2.3": "10.1.2.3:8080", "10.1.2.3:90": "10.1.2.3:90", "::1": "[::1]:8080", "[2001:db8::1]:81": "[2001:db8::1]:81", "::ffff:10.1.2.3": "10.1.2.3:8080",
	} {
		must(t, r.Add(t.Context(), pool.Server{Name: "web-1", Address: address}))
		if m := members(t, r)["web-1"]; m.Address != want {
			t.Errorf("%s is behind HAProxy at %s, want %s", address, m.Address, want)
		}
		must(t, r.Remove(t.Context(), pool.Member{Name: "web-1"}))
	}
}

// Several HAProxies get the same commands. One that was restarted gets them again. An error names one that is down.
func TestSeveralHAProxies(t *testing.T) {
	one, two := startProxy(t, webBackend), startProxy(t, webBackend)
	r := newRuntime(t, "check inter 30ms", one.Socket, two.Socket)
	b := serving(t, r, "web-1")
	if m := members(t, r)["web-1"]; m.Partly {
		t.Errorf("a member of both is %+v", m)
	}

	// Like a reload: two has forgotten the server.
	must(t, newRuntime(t, "", two.Socket).Remove(t.Context(), pool.Member{Name: "web-1"}))
	if m := members(t, r)["web-1"]; !m.Partly || m.State != pool.Joining || !strings.Contains(m.Note, "not on "+two.Socket) {
		t.Errorf("a member of one is %+v", m)
	}
	must(t, r.Add(t.Context(), b.server()))
	isIn(t, r, "web-1", pool.Serving)

	// Half of a drain.
	must(t, newRuntime(t, "", one.Socket).Drain(t.Context(), pool.Member{Name: "web-1"}))
	if m := members(t, r)["web-1"]; !m.Partly || m.State != pool.Draining {
		t.Errorf("a member that drains on one is %+v", m)
	}
	must(t, r.Drain(t.Context(), pool.Member{Name: "web-1"}))
	if m := members(t, r)["web-1"]; m.Partly || m.State != pool.Drained || m.Requests != 0 {
		t.Errorf("a member that drains on both is %+v", m)
	}

	two.stop(t)
	other := startBackend(t, "web-2")
	for what, err := range map[string]error{
		"Members": func() error { _, err := r.Members(t.Context()); return err }(),
		"Add":     r.Add(t.Context(), other.server()),
		"Drain":   r.Drain(t.Context(), pool.Member{Name: "web-1"}),
		"Remove":  r.Remove(t.Context(), pool.Member{Name: "web-1"}),
	} {
		if err == nil || !strings.Contains(err.Error(), two.Socket) || strings.Contains(err.Error(), one.Socket) {
			t.Errorf("%s with one HAProxy down: %v", what, err)
		}
	}
	if state := one.ask(t, "show servers state web"); !strings.Contains(state, "web-2") || strings.Contains(state, "web-1") {
		t.Errorf("the one that is up was not told: %s", state)
	}
}

// The socket may be one of TCP.
func TestOverTCP(t *testing.T) {
	port := porttest.Port(t)
	startProxy(t, strings.Replace(webBackend, "global\n", "global\n  stats socket ipv4@127.0.0.1:"+port+" level admin\n", 1))
	r := newRuntime(t, "", "tcp://127.0.0.1:"+port)
	serving(t, r, "web-1")
}

// One whose weight somebody has set to 0 is draining, and is taken back with the weight of its options.
func TestWeightByHand(t *testing.T) {
	p := startProxy(t, webBackend)
	r := newRuntime(t, "weight 20", p.Socket)
	b := startBackend(t, "web-1")
	must(t, r.Add(t.Context(), b.server()))
	p.ask(t, "set server web/web-1 weight 0")
	isIn(t, r, "web-1", pool.Drained)
	must(t, r.Add(t.Context(), b.server()))
	isIn(t, r, "web-1", pool.Serving)
	if weight := p.ask(t, "get weight web/web-1"); !strings.Contains(weight, "20 (initial 20)") {
		t.Errorf("its weight is %q", weight)
	}
}

// What HAProxy itself does not take is an error in its words, with what to do.
func TestWhatHAProxyRefuses(t *testing.T) {
	p := startProxy(t, strings.Replace(webBackend, "roundrobin", "static-rr", 1)+"backend other\n  balance roundrobin\n  use-server x if { path /x }\n  server x 127.0.0.1:1\n")
	operator := startProxy(t, strings.Replace(webBackend, "level admin", "level operator", 1))
	for _, c := range []struct {
		name string
		o    haproxy.Options
		want string
	}{
		{"algorithm", haproxy.Options{Sockets: []string{p.Socket}, Backend: "web"}, "Use roundrobin, leastconn, random, first"},
		{"backend", haproxy.Options{Sockets: []string{p.Socket}, Backend: "nope"}, `no backend "nope"`},
		{"option", haproxy.Options{Sockets: []string{p.Socket}, Backend: "other", ServerOptions: "check cookie $NAME"}, "'cookie' option is not accepted for dynamic server"},
		{"agent", haproxy.Options{Sockets: []string{p.Socket}, Backend: "other", ServerOptions: "agent-check"}, "does not have agent port"},
		{"weight", haproxy.Options{Sockets: []string{p.Socket}, Backend: "other", ServerOptions: "weight 0"}, "its weight is 0"},
		{"level", haproxy.Options{Sockets: []string{operator.Socket}, Backend: "web"}, "Give its stats socket level admin"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := haproxy.New(c.o)
			must(t, err)
			err = r.Add(t.Context(), pool.Server{Name: "web-1", Address: "127.0.0.1:80"})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("the error is %v; want %q", err, c.want)
			}
		})
	}
	r, err := haproxy.New(haproxy.Options{Sockets: []string{p.Socket}, Backend: "other"})
	must(t, err)
	if _, ok := members(t, r)["web-1"]; ok {
		t.Error("a server that gets no requests for its weight is left, and looks like one that drains")
	}
	begun := time.Now()
	if err := r.Remove(t.Context(), pool.Member{Name: "x"}); err == nil || time.Since(begun) > 2*time.Second {
		t.Errorf("a server that use-server names was removed: %v, after %v", err, time.Since(begun))
	}
}
