package haproxy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/haproxy"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

const webBackend = preamble + `backend web
  balance roundrobin
  option httpchk GET /health
`

func newRuntime(t testing.TB, options string, sockets ...string) *haproxy.Runtime {
	t.Helper()
	r, err := haproxy.New(haproxy.Options{Sockets: sockets, Backend: "web", ServerOptions: options})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func members(t testing.TB, b pool.Balancer) map[string]pool.Member {
	t.Helper()
	list, err := b.Members(t.Context())
	if err != nil {
		t.Fatal(err)
	}
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

// A member that drains finishes what it has, and Requests counts that. It can be had back.
func TestDrainingMember(t *testing.T) {
	p := startProxy(t, webBackend)
	r := newRuntime(t, "check inter 50ms", p.Socket)
	b := startBackend(t, "web-1")
	must(t, r.Add(t.Context(), b.server()))
	isIn(t, r, "web-1", pool.Serving)
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
