package probe

import (
	"context"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"
)

// Within one request they follow one another in this order.
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
	phases
)

// It is a stopwatch always in one phase, so that they add up to the whole, and owns the connections opened for it.
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
	closed bool
}

// the current request
type current struct {
	target  *url.URL
	place   string   // its host and port, as name servers know them
	named   *url.URL // the same by the name that its certificate must have
	alias   bool     // which is not the host's
	known   bool     // it may see the secrets
	via     *url.URL // its proxy, nil for none
	viaAsks bool     // it asked for a client certificate
}

type visitKey struct{}

func visitOf(ctx context.Context) *visit { return ctx.Value(visitKey{}).(*visit) }

// end must be called.
func newVisit(parent context.Context, timeout time.Duration) *visit {
	v := &visit{parent: parent, start: time.Now(), limit: timeout}
	v.since = v.start
	if d, ok := parent.Deadline(); ok {
		v.limit = max(0, min(timeout, d.Sub(v.start)))
	}
	v.ctx, v.cancel = context.WithDeadline(context.WithValue(parent, visitKey{}, v), v.start.Add(v.limit))
	return v
}

// Several addresses are tried side by side: as a phase lasts until the next one begins, it is no matter how many
// attempts there are and which of them wins.
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

// Processing begins when net/http has sent the request.
func (v *visit) watched() context.Context {
	return httptrace.WithClientTrace(v.ctx, &httptrace.ClientTrace{WroteHeaders: func() { v.enter(processing) }})
}

func (v *visit) hop(t *trail, to route) {
	target := to.url
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lap(waiting)
	v.target, v.place, v.via, v.viaAsks = target, hostPort(target), nil, false
	v.named, v.alias, v.known = t.target, to.alias, t.known
	v.cert, v.sent, v.asked = unwanted, 0, v.spent[processing]
}

func (v *visit) secure() bool { return v.target.Scheme == "https" }

func (v *visit) host() string { return short(v.target.Hostname()) }

func (v *visit) name() string { return short(v.named.Hostname()) }

func (v *visit) addr() string { return short(v.place) }

func (v *visit) again() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lap(waiting)
}

// The time of such a request counts as that before one reaches the app.
func (v *visit) refused() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lap(waiting)
	v.spent[sending] += v.spent[processing] - v.asked
	v.spent[processing] = v.asked
}

func (v *visit) phase() phase {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.now
}

// A phase that lies behind is ignored: an attempt to connect that lost the race may still be trying.
func (v *visit) enter(p phase) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if p > v.now {
		v.lap(p)
	}
}

// v.mu is held.
func (v *visit) lap(p phase) {
	if v.closed {
		return
	}
	now := time.Now()
	v.spent[v.now] += now.Sub(v.since)
	v.now, v.since = p, now
}

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
