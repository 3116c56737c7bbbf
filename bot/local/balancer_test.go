package local

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

func balancer(t testing.TB) *Balancer {
	t.Helper()
	b, err := NewBalancer(BalancerOptions{})
	must(t, err)
	t.Cleanup(b.Close)
	return b
}

func namedApp(t testing.TB, name string) (s pool.Server, held chan struct{}, release func()) {
	t.Helper()
	held, free := make(chan struct{}), make(chan struct{})
	release = sync.OnceFunc(func() { close(free) })
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hold" {
			held <- struct{}{}
			<-free
		}
		io.WriteString(w, name)
	}))
	t.Cleanup(srv.Close)
	t.Cleanup(release)
	return pool.Server{ID: srv.URL, Name: name, Address: srv.Listener.Addr().String()}, held, release
}

// Such as "web-1 serving 0, web-2 draining 1".
func members(t testing.TB, b *Balancer) string {
	t.Helper()
	list, err := b.Members(t.Context())
	must(t, err)
	var words []string
	for _, m := range list {
		words = append(words, fmt.Sprintf("%s %s %d", m.Name, m.State, m.Requests))
	}
	return strings.Join(words, ", ")
}

func TestMembersJoinDrainAndLeave(t *testing.T) {
	b := balancer(t)
	if status, body := get(t, b.URL()); status != http.StatusServiceUnavailable || !strings.Contains(body, "H14") {
		t.Errorf("without members it answers %d %s", status, body)
	}
	one, held, release := namedApp(t, "web-1")
	two, _, _ := namedApp(t, "web-2")
	want := func(state string) {
		t.Helper()
		eventually(t, state, func() bool { return members(t, b) == state })
	}
	must(t, b.Add(t.Context(), one))
	must(t, b.Add(t.Context(), one))
	want("web-1 serving 0")
	answer := make(chan string)
	go func() {
		_, body := get(t, b.URL()+"/hold")
		answer <- body
	}()
	<-held
	must(t, b.Add(t.Context(), two))
	want("web-1 serving 1, web-2 serving 0")

	m := pool.Member{ID: one.ID, Name: one.Name}
	must(t, b.Drain(t.Context(), m))
	must(t, b.Drain(t.Context(), m))
	want("web-1 draining 1, web-2 serving 0")
	for range 10 {
		if _, body := get(t, b.URL()); body != "web-2" {
			t.Errorf("%s answered while web-1 drained", body)
		}
	}
	must(t, b.Add(t.Context(), one)) // needed again
	want("web-1 serving 1, web-2 serving 0")
	must(t, b.Drain(t.Context(), m))
	release()
	if got := <-answer; got != "web-1" {
		t.Errorf("the request under way got %q", got)
	}
	want("web-1 drained 0, web-2 serving 0")
	must(t, b.Remove(t.Context(), m))
	must(t, b.Remove(t.Context(), m))
	must(t, b.Drain(t.Context(), m))
	want("web-2 serving 0")

	elsewhere := two
	elsewhere.Address = one.Address
	must(t, b.Add(t.Context(), elsewhere))
	if _, body := get(t, b.URL()); body != "web-1" {
		t.Errorf("%s answered at an address that was replaced", body)
	}
}

func TestRequestGoesOnWhereItsMemberIsRemoved(t *testing.T) {
	b := balancer(t)
	one, held, release := namedApp(t, "web-1")
	must(t, b.Add(t.Context(), one))
	answer := make(chan string)
	go func() {
		_, body := get(t, b.URL()+"/hold")
		answer <- body
	}()
	<-held
	if err := b.Remove(t.Context(), pool.Member{ID: one.ID}); err != nil {
		t.Error(err)
	}
	release()
	if got := <-answer; got != "web-1" {
		t.Errorf("the request under way got %q", got)
	}
}

func TestAddressWithoutAPortGetsTheBalancersOwn(t *testing.T) {
	b, err := NewBalancer(BalancerOptions{Port: 8080})
	must(t, err)
	defer b.Close()
	for address, want := range map[string]string{"10.0.0.1": "10.0.0.1:8080", "10.0.0.1:81": "10.0.0.1:81", "::1": "[::1]:8080", "web-1": "web-1:8080"} {
		if err := b.Add(t.Context(), pool.Server{ID: address, Name: address, Address: address}); err != nil {
			t.Error(err)
		}
		if got := b.find(address, "").backend.addr; got != want {
			t.Errorf("%s is reached at %s, want %s", address, got, want)
		}
	}
	if err := b.Add(t.Context(), pool.Server{ID: "x", Name: "web-9"}); err == nil || !strings.Contains(err.Error(), "web-9 to the local balancer: it has no address yet") {
		t.Errorf("Add without an address gave %v", err)
	}
	if _, err := NewBalancer(BalancerOptions{Port: 70000}); err == nil {
		t.Error("port 70000 was taken")
	}
	if _, err := NewBalancer(BalancerOptions{Addr: strings.TrimPrefix(b.URL(), "http://")}); err == nil {
		t.Error("an address that is in use was taken")
	}
}
