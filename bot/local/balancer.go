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

// BalancerOptions say where a balancer listens.
type BalancerOptions struct {
	// Addr is where it listens: "127.0.0.1:8080". Empty means any free port of 127.0.0.1.
	Addr string
	// Port is that of servers whose address has none. Zero means 80.
	Port int
	// Log receives the balancer's errors. Nil means silence.
	Log *slog.Logger
}

// A Balancer is a small HTTP balancer inside this program: the platform's router in front of servers. It serves
// demonstrations, tests, and machines that have no other one. Who is behind it is forgotten when it ends.
//
// It has no health check, so who was added gets requests at once; a server that refuses a connection is passed over for
// that request.
type Balancer struct {
	port     string // of servers whose address has none
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

// NewBalancer begins to listen and to serve. It must be closed.
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
		return nil, fmt.Errorf("port of the servers behind the balancer %d: want 1 to 65535, or 0 for 80", o.Port)
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

// URL is where it listens: "http://127.0.0.1:8080".
func (b *Balancer) URL() string { return b.url }

// Close ends it: it listens no more, and requests that are under way have a second to end.
func (b *Balancer) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), settling)
	defer cancel()
	_ = b.srv.Shutdown(ctx)
	b.cut()
	_ = b.srv.Close()
	<-b.router.close()
	<-b.served
}

// Members tells who is behind it, in the order in which they were added. A member's requests are those under way.
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

// Add has a server get requests, from this moment on.
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

// Drain ends new requests to a member.
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

// Remove forgets a member. Its requests go on.
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

// find goes by the name where no ID is given. The caller holds the lock.
func (b *Balancer) find(id, name string) *member {
	i := slices.IndexFunc(b.members, func(m *member) bool { return m.id == id && (id != "" || m.name == name) })
	if i < 0 {
		return nil
	}
	return b.members[i]
}
