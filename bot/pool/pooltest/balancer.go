package pooltest

import (
	"context"
	"slices"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// A BalancerFixture is one new balancer under test, without members of the pool.
type BalancerFixture struct {
	Balancer pool.Balancer
	// Server creates another server with this name, healthy and reachable by the balancer.
	Server func(name string) pool.Server
	// Foreign adds a member that is not the pool's, bypassing the balancer under test, and returns how Members shows
	// it. Nil if that is impossible.
	Foreign func() (id, name string)
	// Hold starts a request through the balancer to a member, and returns while it is in flight; end ends it. Nil if
	// that is impossible.
	Hold func(s pool.Server) (end func())
	// Serves reports whether a server gets new requests, without asking the balancer under test. Nil if that is
	// impossible.
	Serves func(s pool.Server) bool
	// Break makes every call fail until the returned function is called. Nil if no call can fail.
	Break func() (mend func())
	// Secrets must not appear in any error.
	Secrets []string
}

// Balancer tests a balancer against the contract of [pool.Balancer]. open returns a new fixture and registers its
// clean-up.
func Balancer(t *testing.T, open func(t *testing.T) BalancerFixture) {
	for _, c := range []struct {
		name string
		test func(*testing.T, BalancerFixture)
	}{
		{"a server joins and serves", joins},
		{"repeating a call is harmless", twice},
		{"a member drains, and leaves", leaves},
		{"requests in flight continue while a member drains", holds},
		{"a member that drains comes back", comesBack},
		{"others are left alone", strangers},
		{"removing an absent member is not an error", removesNothing},
		{"a canceled call returns at once", canceledBalancer},
		{"a broken balancer is an error that holds no secret", brokenBalancer},
		{"answers several at once", concurrentBalancer},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

func joins(t *testing.T, f BalancerFixture) {
	before := len(f.members(t))
	s := f.join(t, "web-1")
	m := f.find(t, s)
	if n := len(f.members(t)); n != before+1 {
		t.Errorf("there are %d members, want %d", n, before+1)
	}
	if m.ID == "" && m.Name == "" {
		t.Errorf("the member has neither an ID nor a name: %+v", m)
	}
	if f.Serves != nil {
		eventually(t, "the server gets requests", func() bool { return f.Serves(s) })
	}
}

func twice(t *testing.T, f BalancerFixture) {
	s := f.join(t, "web-1")
	before := len(f.members(t))
	f.add(t, s)
	if n := len(f.members(t)); n != before {
		t.Errorf("after a second Add there are %d members, want %d", n, before)
	}
	m := f.find(t, s)
	for range 2 {
		f.must(t, "Drain", f.Balancer.Drain(t.Context(), *m))
	}
	f.waitFor(t, s, pool.Drained)
	for range 2 {
		f.must(t, "Remove", f.Balancer.Remove(t.Context(), *m))
	}
	f.waitGone(t, s)
}

func leaves(t *testing.T, f BalancerFixture) {
	goes, stays := f.join(t, "web-1"), f.join(t, "web-2")
	f.must(t, "Drain", f.Balancer.Drain(t.Context(), *f.find(t, goes)))
	f.waitFor(t, goes, pool.Drained)
	if f.Serves != nil {
		eventually(t, "the server gets no new requests", func() bool { return !f.Serves(goes) })
	}
	if m := f.find(t, goes); m != nil {
		f.must(t, "Remove", f.Balancer.Remove(t.Context(), *m))
	}
	f.waitGone(t, goes)
	if m := f.find(t, stays); m == nil || m.State != pool.Serving {
		t.Errorf("the other member is %+v, want it to serve", m)
	}
	f.join(t, "web-1") // a new one of the same name
}

func holds(t *testing.T, f BalancerFixture) {
	if f.Hold == nil {
		t.Skip("this balancer cannot hold a request")
	}
	s := f.join(t, "web-1")
	end := f.Hold(s)
	f.must(t, "Drain", f.Balancer.Drain(t.Context(), *f.find(t, s)))
	f.waitFor(t, s, pool.Draining)
	if m := f.find(t, s); m != nil && m.Requests == 0 {
		t.Errorf("the member that drains has %d requests, want 1, or -1 for unknown", m.Requests)
	}
	end()
	f.waitFor(t, s, pool.Drained)
}

func comesBack(t *testing.T, f BalancerFixture) {
	s := f.join(t, "web-1")
	f.must(t, "Drain", f.Balancer.Drain(t.Context(), *f.find(t, s)))
	eventually(t, "the member drains", func() bool {
		m := f.find(t, s)
		return m == nil || m.State == pool.Draining ||
			m.State == pool.Drained
	})
	f.add(t, s)
	f.waitFor(t, s, pool.Serving)
}

func strangers(t *testing.T, f BalancerFixture) {
	if f.Foreign == nil {
		t.Skip("this balancer has no members but the pool's")
	}
	id, name := f.Foreign()
	there := func() bool {
		return slices.ContainsFunc(f.members(t), func(m pool.Member) bool { return m.ID == id && m.Name == name })
	}
	eventually(t, "somebody else's member exists", there)
	s := f.join(t, "web-1")
	f.must(t, "Drain", f.Balancer.Drain(t.Context(), *f.find(t, s)))
	f.waitFor(t, s, pool.Drained)
	if m := f.find(t, s); m != nil {
		f.must(t, "Remove", f.Balancer.Remove(t.Context(), *m))
	}
	f.waitGone(t, s)
	if !there() {
		t.Error("somebody else's member is gone")
	}
}

func removesNothing(t *testing.T, f BalancerFixture) {
	s := f.Server("web-1")
	f.must(t, "Remove of an absent member",
		f.Balancer.Remove(t.Context(), pool.Member{ID: s.ID, Name: s.Name, Address: s.Address}))
}

func canceledBalancer(t *testing.T, f BalancerFixture) {
	s := f.Server("web-1")
	canceled(t, func(ctx context.Context) map[string]func() error { return f.calls(ctx, s) })
}

func brokenBalancer(t *testing.T, f BalancerFixture) {
	if f.Break == nil {
		t.Skip("nothing of this balancer can fail")
	}
	s := f.join(t, "web-1")
	mend := f.Break()
	for name, call := range f.calls(t.Context(), s) {
		err := call()
		if err == nil {
			t.Errorf("%s of a broken balancer returned no error", name)
		}
		noSecret(t, f.Secrets, name, err)
	}
	mend()
	f.add(t, s)
	f.waitFor(t, s, pool.Serving)
}

func concurrentBalancer(t *testing.T, f BalancerFixture) {
	servers := []pool.Server{f.Server("web-1"), f.Server("web-2"), f.Server("web-3")}
	done := make(chan error)
	for _, s := range servers {
		go func() { done <- f.Balancer.Add(t.Context(), s) }()
		go func() {
			_, err := f.Balancer.Members(t.Context())
			done <- err
		}()
	}
	for range 2 * len(servers) {
		f.must(t, "a concurrent call", <-done)
	}
	for _, s := range servers {
		f.waitFor(t, s, pool.Serving)
	}
}

func (f BalancerFixture) calls(ctx context.Context, s pool.Server) map[string]func() error {
	m := pool.Member{ID: s.ID, Name: s.Name, Address: s.Address}
	return map[string]func() error{
		"Members": func() error { _, err := f.Balancer.Members(ctx); return err },
		"Add":     func() error { return f.Balancer.Add(ctx, s) },
		"Drain":   func() error { return f.Balancer.Drain(ctx, m) },
		"Remove":  func() error { return f.Balancer.Remove(ctx, m) },
	}
}

func (f BalancerFixture) join(t *testing.T, name string) pool.Server {
	t.Helper()
	s := f.Server(name)
	f.add(t, s)
	f.waitFor(t, s, pool.Serving)
	return s
}

func (f BalancerFixture) add(t *testing.T, s pool.Server) {
	t.Helper()
	f.must(t, "Add "+s.Name, f.Balancer.Add(t.Context(), s))
}

func (f BalancerFixture) must(t *testing.T, call string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", call, err)
	}
}

func (f BalancerFixture) members(t *testing.T) []pool.Member {
	t.Helper()
	list, err := f.Balancer.Members(t.Context())
	if err != nil {
		t.Fatalf("Members: %v", err)
	}
	return list
}

func (f BalancerFixture) find(t *testing.T, s pool.Server) *pool.Member {
	t.Helper()
	for _, m := range f.members(t) {
		if m.ID == s.ID && s.ID != "" || m.ID == "" && m.Name == s.Name {
			return &m
		}
	}
	return nil
}

// A drained member may be gone already, or drain forever if nobody counts its requests.
func (f BalancerFixture) waitFor(t *testing.T, s pool.Server, state pool.MemberState) {
	t.Helper()
	eventually(t, s.Name+" is "+string(state), func() bool {
		m := f.find(t, s)
		unknown := m == nil || m.State == pool.Draining && m.Requests == -1
		return m != nil && m.State == state || unknown && state == pool.Drained
	})
}

func (f BalancerFixture) waitGone(t *testing.T, s pool.Server) {
	t.Helper()
	eventually(t, s.Name+" is not a member", func() bool { return f.find(t, s) == nil })
}
