package probe

import (
	"context"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"
)

// Within one request, the phases follow in this order.
type phase int

const (
	waiting    phase = iota // between requests: microseconds, counted as processing
	lookup                  // of the app's name, or of the proxy's
	connect                 // to the app, or to the proxy
	proxyTLS                // the TLS handshake with the proxy
	tunnel                  // the proxy's connection to the app, by CONNECT or SOCKS
	handshake               // the TLS handshake with the app
	sending                 // until the request is sent, which an HTTP/2 server can delay: counted as processing
	processing              // from the request to the first byte of the answer's body
	transfer                // the rest of the body
	phases
)

// The stopwatch is always in exactly one phase, so the phases add up to the whole. It owns the connections that it
// opens.
type visit struct {
	ctx    context.Context // with the deadline; a value leads back to this visit
	cancel context.CancelFunc
	parent context.Context
	start  time.Time
	limit  time.Duration // from start to the deadline

	current
	wire  *wire         // the newest connection; nil before the first
	open  []*connection // opened or taken over, and not released yet
	sent  int           // times that the current request was sent
	asked time.Duration // processing time before the current request

	mu     sync.Mutex // addresses are tried concurrently, and net/http reads and writes in its own goroutines
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
	named   *url.URL // target by the name that its certificate must have
	alias   bool     // named is not target's own name
	known   bool     // it may receive the secrets
	via     *url.URL // its proxy; nil without one
	viaAsks bool     // the proxy asked for a client certificate
}

type visitKey struct{}

func visitOf(ctx context.Context) *visit { return ctx.Value(visitKey{}).(*visit) }

// The caller must call end.
func newVisit(parent context.Context, timeout time.Duration) *visit {
	v := &visit{parent: parent, start: time.Now(), limit: timeout}
	v.since = v.start
	if d, ok := parent.Deadline(); ok {
		v.limit = max(0, min(timeout, d.Sub(v.start)))
	}
	v.ctx, v.cancel = context.WithDeadline(context.WithValue(parent, visitKey{}, v), v.start.Add(v.limit))
	return v
}

// Several addresses may be tried in parallel. A phase lasts until the next one begins, so neither their number nor the
// winner matters.
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

// A refused request's time counts as sending, because it did not reach the app.
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

// An earlier phase is ignored: a connection attempt that lost the race may still report.
func (v *visit) enter(p phase) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if p > v.now {
		v.lap(p)
	}
}

// v.mu must be held.
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
