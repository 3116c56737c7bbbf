package throttle

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// Conns limits the connections of servers, to leave descriptors for the rest of the program. At the limit, a new
// connection replaces the oldest idle one of the address with the most connections. If none is idle, the new one is
// closed.
//
//	conns := throttle.NewConns(throttle.Descriptors()/2, 0)
//	srv.ConnState = conns.State
//	err := srv.Serve(conns.Listener(l))
type Conns struct {
	most, perAddr int

	mu      sync.Mutex
	open    map[net.Conn]*conn
	counted map[string]int // by address
}

type conn struct {
	addr    string
	waiting bool // idle
	since   time.Time
}

// NewConns returns a limit of most connections, and of perAddr per address; 0 means half of most.
func NewConns(most, perAddr int) *Conns {
	if perAddr <= 0 {
		perAddr = max(1, most/2)
	}
	return &Conns{most: max(1, most), perAddr: perAddr, open: map[net.Conn]*conn{}, counted: map[string]int{}}
}

// Listener wraps l with the limits. Several listeners may share them.
func (cs *Conns) Listener(l net.Listener) net.Listener { return bounded{l, cs} }

type bounded struct {
	net.Listener
	conns *Conns
}

func (b bounded) Accept() (net.Conn, error) {
	for {
		c, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if b.conns.admit(c, time.Now()) {
			return c, nil
		}
		c.Close()
	}
}

func (cs *Conns) admit(c net.Conn, now time.Time) bool {
	addr := network(hostOf(c.RemoteAddr()))
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.counted[addr] >= cs.perAddr && !cs.drop(func(o *conn) bool { return o.addr == addr }) {
		return false
	}
	if len(cs.open) >= cs.most && !cs.drop(func(*conn) bool { return true }) {
		return false
	}
	cs.open[c] = &conn{addr: addr, waiting: true, since: now}
	cs.counted[addr]++
	return true
}

func hostOf(a net.Addr) string {
	if a == nil {
		return ""
	}
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return host
}

// It closes the oldest idle connection, among those that mayGo accepts, of the address with the most. It is false if
// none is idle. The caller holds cs.mu.
func (cs *Conns) drop(mayGo func(*conn) bool) bool {
	var gone net.Conn
	var at *conn
	for c, o := range cs.open {
		if !o.waiting || !mayGo(o) {
			continue
		}
		if at == nil || cs.counted[o.addr] > cs.counted[at.addr] || cs.counted[o.addr] == cs.counted[at.addr] &&
			o.since.Before(at.since) {
			gone, at = c, o
		}
	}
	if gone == nil {
		return false
	}
	cs.forget(gone)
	gone.Close()
	return true
}

// State is for [http.Server.ConnState].
func (cs *Conns) State(c net.Conn, s http.ConnState) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	o := cs.open[c]
	if o == nil {
		return
	}
	switch s {
	case http.StateNew:
	case http.StateIdle:
		o.waiting, o.since = true, time.Now()
	case http.StateActive:
		o.waiting = false
	default: // closed or hijacked
		cs.forget(c)
	}
}

// The caller holds cs.mu.
func (cs *Conns) forget(c net.Conn) {
	o := cs.open[c]
	delete(cs.open, c)
	if cs.counted[o.addr]--; cs.counted[o.addr] == 0 {
		delete(cs.counted, o.addr)
	}
}
