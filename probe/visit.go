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
	sending                 // until the request was sent, which an HTTP/2 server can put off: counted as processing
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

	current
	wire  *wire         // its newest connection, nil for none yet
	open  []*connection // what was opened or taken over, and is not given back yet
	sent  int           // how often it was sent
	asked time.Duration // what was spent on processing before it

	mu     sync.Mutex // several addresses are tried at once, and net/http writes and reads in goroutines of its own
	now    phase
	since  time.Time
	spent  [phases]time.Duration
	cert   certificateRequest
	closed bool // the visit has ended
}

// current is where the current request goes.
type current struct {
	target *url.URL
	place  string   // its host and port, as name servers know them
	named  *url.URL // the same by the name that its certificate must have
	alias  bool     // which is not the host's
	known  bool     // it may see the secrets
	via    *url.URL // its proxy, nil for none
	// viaAsks says whether that asked for a client certificate.
	viaAsks bool
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
	v.ctx, v.cancel = context.WithDeadline(context.WithValue(parent, visitKey{}, v), v.start.Add(v.limit))
	return v
}

// traced has the phases follow what net and net/http say of a connection that is being opened. Several addresses are tried side
// by side: as a phase lasts until the next one begins, it is no matter how many attempts there are and which of them wins.
func (v *visit) traced(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart: func(httptrace.DNSStartInfo) { v.enter(lookup) },
		DNSDone: func(info httptrace.DNSDoneInfo) {
			if info.Err == nil {
				v.enter(connect)
			}
		},
		ConnectStart:      func(string, string) { v.enter(connect) },
		TLSHandshakeStart: func() { v.enter(handshake) },
	})
}

// watched has the phase of processing begin when net/http has sent the request.
func (v *visit) watched() context.Context {
	return httptrace.WithClientTrace(v.ctx, &httptrace.ClientTrace{WroteHeaders: func() { v.enter(processing) }})
}

// hop begins the trail's next request.
func (v *visit) hop(t *trail, to route) {
	target := to.url
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lap(waiting)
	v.target, v.place, v.via, v.viaAsks = target, hostPort(target), nil, false
	v.named, v.alias, v.known = t.target, to.alias, t.known
	v.cert, v.sent, v.asked = unwanted, 0, v.spent[processing]
}

// secure says whether the current request goes over TLS.
func (v *visit) secure() bool { return v.target.Scheme == "https" }

// host is whom the current request asks, as shown to people.
func (v *visit) host() string { return short(v.target.Hostname()) }

// name is what its certificate must have.
func (v *visit) name() string { return short(v.named.Hostname()) }

// addr is the host with a port.
func (v *visit) addr() string { return short(v.place) }

// again goes back to the first phase.
func (v *visit) again() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lap(waiting)
}

// refused counts the time of a request that did not reach the app as that before one does.
func (v *visit) refused() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lap(waiting)
	v.spent[sending] += v.spent[processing] - v.asked
	v.spent[processing] = v.asked
}

// phase is the one that the visit is in.
func (v *visit) phase() phase {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.now
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
		Processing: s[waiting] + s[sending] + s[processing], Transfer: s[transfer],
	}
}
