package probe

import (
	"context"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"
)

// A phase of a visit. Within one request they follow one another in this order.
type phase int

const (
	waiting    phase = iota // between requests, some microseconds: counted as processing
	lookup                  // of the app's name, or of the proxy's
	connect                 // to the app, or to the proxy
	proxyTLS                // the TLS handshake with the proxy
	tunnel                  // the proxy's connection to the app, by CONNECT or SOCKS
	handshake               // the TLS handshake with the app
	processing              // from the request to the first byte of the answer's body
	transfer                // the rest of the body
	phases                  // how many there are
)

// A visit is one probe under way: the request and its redirects. It is a stopwatch that is always in exactly one phase, so
// that the phases add up to the whole, and it owns the connections that were opened for it.
type visit struct {
	ctx    context.Context // with the deadline; its values lead back to this visit
	cancel context.CancelFunc
	parent context.Context
	start  time.Time
	limit  time.Duration // from start to the deadline

	via    *url.URL      // the proxy of the current request, nil for none
	secure bool          // the current request goes over TLS
	wire   *wire         // its newest connection, nil for none yet
	open   []*connection // what was opened or taken over, and is not given back yet
	sent   int           // how often it was sent

	mu     sync.Mutex // several addresses are tried at once, and net/http writes and reads in goroutines of its own
	now    phase
	since  time.Time
	spent  [phases]time.Duration
	host   string // whom it is asking, as shown to people
	name   string // the name that its certificate must have
	alias  bool   // which is not the host's
	known  bool   // it may see the secrets
	addr   string // the same with a port
	cert   certificateWish
	began  bool // to send the current request's headers
	closed bool // the visit has ended
}

type visitKey struct{}

// visitOf gives the visit that ctx belongs to.
func visitOf(ctx context.Context) *visit { return ctx.Value(visitKey{}).(*visit) }

// newVisit starts the stopwatch. end must be called.
func newVisit(parent context.Context, timeout time.Duration) *visit {
	v := &visit{parent: parent, start: time.Now(), limit: timeout}
	v.since = v.start
	if d, ok := parent.Deadline(); ok {
		v.limit = max(0, min(timeout, d.Sub(v.start)))
	}
	ctx, cancel := context.WithDeadline(context.WithValue(parent, visitKey{}, v), v.start.Add(v.limit))
	v.cancel = cancel
	// Several addresses are tried side by side. As a phase lasts until the next one begins, it is no matter how many
	// attempts there are and which of them wins.
	v.ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart: func(httptrace.DNSStartInfo) { v.enter(lookup) },
		DNSDone: func(info httptrace.DNSDoneInfo) {
			if info.Err == nil {
				v.enter(connect)
			}
		},
		ConnectStart:      func(string, string) { v.enter(connect) },
		TLSHandshakeStart: func() { v.enter(handshake) },
		WroteHeaders:      v.begin,
	})
	return v
}

// hop begins the trail's next request.
func (v *visit) hop(t *trail, to route) {
	target := to.url
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lap(waiting)
	v.host, v.addr = short(target.Hostname()), short(hostPort(target))
	v.name, v.alias, v.known = short(t.target.Hostname()), to.alias, t.known
	v.cert = unwanted
	v.secure, v.sent = target.Scheme == "https", 0
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
	if v.closed {
		return
	}
	now := time.Now()
	v.spent[v.now] += now.Sub(v.since)
	v.now, v.since = p, now
}

// begin notes that the request is being sent.
func (v *visit) begin() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.began = true
}

// end stops the stopwatch, and closes every connection that is not to be kept.
func (v *visit) end() Phases {
	v.mu.Lock()
	v.lap(v.now)
	v.closed = true
	v.mu.Unlock()
	v.cancel()
	for _, c := range v.open {
		c.end()
	}
	s := &v.spent
	return Phases{
		DNS: s[lookup], Connect: s[connect] + s[proxyTLS] + s[tunnel], TLS: s[handshake],
		Processing: s[waiting] + s[processing], Transfer: s[transfer],
	}
}
