package local

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// BalancerOptions configure [NewBalancer].
type BalancerOptions struct {
	// Addr to listen at, such as "127.0.0.1:8080"; empty means any free port of 127.0.0.1.
	Addr string
	// Port for servers whose address has no port; 0 means 80.
	Port int
	// Log receives the balancer's errors. Nil disables it.
	Log *slog.Logger
}

// A Balancer is a small HTTP balancer inside this program: the platform's router, in front of servers. It serves
// demonstrations, tests, and machines without another balancer. It forgets its members when it ends.
//
// It has no health check, so an added server gets requests at once. A request skips servers that refuse its connection.
type Balancer struct {
	port     string // for servers whose address has no port
	url      string
	backends *backends
	router   *router
	srv      *http.Server
	cut      context.CancelFunc
	served   chan struct{}

	mu      sync.Mutex
	members []*member
}

type member struct {
	id, name, address string
	backend           *backend
}

var _ pool.Balancer = (*Balancer)(nil)

// NewBalancer starts to listen and to serve. Close it when done.
func NewBalancer(o BalancerOptions) (*Balancer, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Port == 0 {
		o.Port = 80
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Port < 0 || o.Port > 65535 {
		return nil, fmt.Errorf("invalid port of the servers %d: must be 1–65535, or 0 for 80", o.Port)
	}
	ln, err := listen(o.Addr)
	if err != nil {
		return nil, err
	}
	b := &Balancer{
		port: strconv.Itoa(o.Port), url: urlOf(ln.Addr()), backends: &backends{},
		served: make(chan struct{}),
	}
	b.router = newRouter(b.backends, ln.Addr().(*net.TCPAddr).Port, 30*time.Second, o.Log)
	base, cut := context.WithCancel(context.Background())
	b.cut = cut
	b.srv = newServer(b.router, base, o.Log)
	ln = bounded(b.srv, ln)
	go func() {
		defer close(b.served)
		if err := b.srv.Serve(ln); err != http.ErrServerClosed {
			o.Log.Error("the local balancer ended", "error", err)
		}
	}()
	return b, nil
}

// URL returns the address it listens at, such as "http://127.0.0.1:8080".
func (b *Balancer) URL() string { return b.url }

// Close stops listening. Requests in flight get a second to end.
func (b *Balancer) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), settling)
	defer cancel()
	_ = b.srv.Shutdown(ctx)
	b.cut()
	_ = b.srv.Close()
	<-b.router.close()
	<-b.served
}

// Members lists the members in the order they were added, with their requests in flight.
func (b *Balancer) Members(ctx context.Context) ([]pool.Member, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("list the members of the local balancer: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []pool.Member
	for _, m := range b.members {
		conns, open := b.backends.busy(m.backend)
		state := pool.Serving
		switch {
		case !open && conns > 0:
			state = pool.Draining
		case !open:
			state = pool.Drained
		}
		list = append(list, pool.Member{ID: m.id, Name: m.name, Address: m.address, State: state, Requests: conns})
	}
	return list, nil
}

// Add sends requests to a server from now on.
func (b *Balancer) Add(ctx context.Context, s pool.Server) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("add %s to the local balancer: %w", s.Name, err)
	}
	if s.Address == "" {
		return fmt.Errorf("add %s to the local balancer: it has no address yet", s.Name)
	}
	addr := s.Address
	if _, _, err := net.SplitHostPort(addr); err != nil {
		addr = net.JoinHostPort(addr, b.port)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if m := b.find(s.ID, s.Name); m != nil {
		if m.backend.addr == addr {
			b.backends.putBack(m.backend)
			return nil
		}
		b.remove(m)
	}
	b.members = append(b.members, &member{id: s.ID, name: s.Name, address: s.Address, backend: b.backends.add(addr)})
	return nil
}

// Drain stops new requests to a member.
func (b *Balancer) Drain(ctx context.Context, m pool.Member) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("drain %s at the local balancer: %w", m.Name, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if known := b.find(m.ID, m.Name); known != nil {
		b.backends.remove(known.backend)
	}
	return nil
}

// Remove forgets a member. Its requests in flight continue.
func (b *Balancer) Remove(ctx context.Context, m pool.Member) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("remove %s from the local balancer: %w", m.Name, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if known := b.find(m.ID, m.Name); known != nil {
		b.remove(known)
	}
	return nil
}

// The caller holds the lock.
func (b *Balancer) remove(m *member) {
	b.backends.remove(m.backend)
	b.members = slices.DeleteFunc(b.members, func(o *member) bool { return o == m })
}

// By ID, or by name if there is no ID. The caller holds the lock.
func (b *Balancer) find(id, name string) *member {
	i := slices.IndexFunc(b.members, func(m *member) bool { return m.id == id && (id != "" || m.name == name) })
	if i < 0 {
		return nil
	}
	return b.members[i]
}
