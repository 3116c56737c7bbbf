package throttle

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// Conns bound how many connections a server has, so that descriptors are left for all else that the program does. Where
// there are too many, those go first that wait for a request, the oldest of the address that has the most; where all
// have one under way, a new one is refused.
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
	waiting bool // for a request
	since   time.Time
}

// NewConns makes a bound of at most most connections, and perAddr of one address; 0 is half of most.
func NewConns(most, perAddr int) *Conns {
	if perAddr <= 0 {
		perAddr = max(1, most/2)
	}
	return &Conns{most: max(1, most), perAddr: perAddr, open: map[net.Conn]*conn{}, counted: map[string]int{}}
}

// Listener accepts what l does, within the bounds. Several listeners may share them.
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

// It closes one that waits for a request: of those that may go, the oldest of the address that has the most. It is
// false where there is none. cs.mu is held.
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

// State takes in how a connection is. It is for [http.Server.ConnState].
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
	default: // closed, or somebody else's
		cs.forget(c)
	}
}

// cs.mu is held.
func (cs *Conns) forget(c net.Conn) {
	o := cs.open[c]
	delete(cs.open, c)
	if cs.counted[o.addr]--; cs.counted[o.addr] == 0 {
		delete(cs.counted, o.addr)
	}
}
