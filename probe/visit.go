package probe

import (
	"context"
	"net"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"
)

// A phase of a visit. Within one request they follow one another in this order.
type phase int

const (
	waiting phase = iota // for net/http to begin, some microseconds: counted as processing
	lookup
	connect
	handshake
	processing
	transfer
	phases // how many there are
)

// A visit is one probe under way: the request and its redirects. It is a stopwatch that is always in exactly one phase, so
// that the phases add up to the whole, and it owns the connections that were opened for it.
type visit struct {
	ctx    context.Context // with the deadline; its values lead back to this visit
	cancel context.CancelFunc
	parent context.Context
	start  time.Time
	limit  time.Duration // from start to the deadline

	mu    sync.Mutex // net/http calls from goroutines of its own, and may go on after the visit has ended
	now   phase
	since time.Time
	spent [phases]time.Duration
	host  string // whom it is talking to, as shown to people
	addr  string // the same with a port; a proxy's, it may be
	conns []net.Conn
	ended bool
}

type visitKey struct{}

// newVisit starts the stopwatch. end must be called.
func newVisit(parent context.Context, timeout time.Duration) *visit {
	v := &visit{parent: parent, start: time.Now(), limit: timeout}
	v.since = v.start
	if d, ok := parent.Deadline(); ok {
		v.limit = max(0, min(timeout, d.Sub(v.start)))
	}
	ctx, cancel := context.WithDeadline(context.WithValue(parent, visitKey{}, v), v.start.Add(v.limit))
	v.cancel = cancel
	// Happy eyeballs tries several addresses side by side. As a phase lasts until the next one begins, it is no matter how
	// many attempts there are and which of them wins.
	v.ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:           func(string) { v.again() }, // net/http may try an idle connection first, and then another
		DNSStart:          func(httptrace.DNSStartInfo) { v.enter(lookup) },
		DNSDone:           func(httptrace.DNSDoneInfo) { v.enter(connect) },
		ConnectStart:      func(string, string) { v.enter(connect) },
		TLSHandshakeStart: func() { v.enter(handshake) },
		GotConn: func(info httptrace.GotConnInfo) {
			v.enter(processing)
			if info.Reused {
				v.adopt(info.Conn)
			}
		},
	})
	return v
}

// hop begins a request to target.
func (v *visit) hop(target *url.URL) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lap(waiting)
	v.host, v.addr = short(target.Hostname()), short(net.JoinHostPort(target.Hostname(), port(target)))
}

// dialing says that a connection to addr is about to be opened.
func (v *visit) dialing(addr string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.ended {
		v.addr = short(addr)
	}
}

// again goes back to the first phase.
func (v *visit) again() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lap(waiting)
}

// enter goes on to phase p. One that lies behind is ignored: an attempt to connect that lost the race may still be trying.
func (v *visit) enter(p phase) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if p > v.now {
		v.lap(p)
	}
}

// lap counts the time since the last lap as the current phase's, and goes to phase p. v.mu is held.
func (v *visit) lap(p phase) {
	if v.ended {
		return
	}
	now := time.Now()
	v.spent[v.now] += now.Sub(v.since)
	v.now, v.since = p, now
}

// adopt makes conn one of those that end with the visit. It says no when the visit has ended already.
func (v *visit) adopt(conn net.Conn) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.ended {
		v.conns = append(v.conns, conn)
	}
	return !v.ended
}

// end stops the stopwatch, and closes every connection unless they are to be kept.
func (v *visit) end(keep bool) Phases {
	v.mu.Lock()
	v.lap(v.now)
	v.ended = true
	conns := v.conns // nobody adds to them any more
	v.mu.Unlock()

	v.cancel()
	if !keep {
		// net/http closes what it was done with; not, however, a connection whose TLS handshake nobody waits for any more,
		// nor one that has gone dead under HTTP/2 and would be used again.
		for _, c := range conns {
			_ = c.Close()
		}
	}
	s := &v.spent
	return Phases{
		DNS: s[lookup], Connect: s[connect], TLS: s[handshake],
		Processing: s[waiting] + s[processing], Transfer: s[transfer],
	}
}
