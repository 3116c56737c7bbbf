package probe

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http2"
)

const (
	// A request is sent again only if the first one certainly had no effect.
	mostTries = 2
	idleTime  = 90 * time.Second // after which an unused connection is closed
	mostIdle  = 2                // connections to one place
)

// A forwarding proxy sends a request to the host that the request names.
var errForwarded = hinted{
	badAnswer("the proxy sends plain http to HEARTBEAT_HOST instead of the host of HEARTBEAT_URL"),
	"Add the host of HEARTBEAT_URL to NO_PROXY, or use https.",
}

type connection struct {
	*http.ClientConn
	wire   *wire
	place  string // where it leads
	reused bool
	expiry *time.Timer
}

// The TCP connection is closed first: TLS would send a close alert, and wait for a server that does not read.
func (c *connection) end() {
	_ = c.wire.Close()
	_ = c.Close()
}

// If a server refuses HTTP/2 streams or closes at once, net/http's own RoundTrip tries one connection after another
// until the deadline (https://go.dev/issue/52459). So it gets one connection at a time.
func (h *Heartbeat) send(v *visit, req *http.Request) (*http.Response, error) {
	h.idle.keep(v.release())
	for {
		c, err := h.connection(v, req.URL)
		if err != nil {
			return nil, err
		}
		wrote, read := c.wire.wrote.Load(), c.wire.read.Load()
		v.sent++
		resp, err := c.RoundTrip(req)
		if err == nil && c.reused && resp.StatusCode == http.StatusRequestTimeout && v.sent < mostTries {
			// the 408 is about the idle time before: the connection was about to end (RFC 9110, section 15.5.9)
			_ = resp.Body.Close()
			c.end()
			continue
		}
		if err == nil || v.ctx.Err() != nil || v.sent == mostTries {
			return resp, err
		}
		untouched, silent := c.wire.wrote.Load() == wrote, c.wire.read.Load() == read
		switch {
		case untouched, uncounted(err):
			v.refused()
		case !c.reused || !silent || req.Method == http.MethodPost:
			return nil, err // a silent kept connection was closed by the server just before
		}
		c.end()
	}
}

// True if an HTTP/2 server said that it did not process the request (RFC 9113, section 8.7), or had closed the
// connection before.
func uncounted(err error) bool {
	var stream http2.StreamError
	if errors.As(err, &stream) {
		return stream.Code == http2.ErrCodeRefusedStream
	}
	return unusable(err) || strings.Contains(err.Error(), "graceful shutdown GOAWAY") // http2 has no type for it
}

func unusable(err error) bool { return strings.Contains(err.Error(), "client conn not usable") }

func (h *Heartbeat) connection(v *visit, u *url.URL) (*connection, error) {
	v.again()
	v.via = h.proxies(u)
	place, transport := u.Scheme+"://"+v.place, h.transport
	if v.alias {
		place, transport = place+" as "+h.alias.name, h.alias.transport()
	}
	if v.alias && v.forwarded() {
		return nil, errForwarded
	}
	if v.sent == 0 {
		if c := h.idle.take(place); c != nil {
			v.take(c)
			return c, nil
		}
	}
	resumes := h.hasSession(v)
	cc, err := v.connect(transport)
	if err != nil && resumes && v.phase() == handshake && v.ctx.Err() == nil {
		v.again() // the server may have failed at resuming the session, which crypto/tls has forgotten by now
		cc, err = v.connect(transport)
	}
	if err != nil {
		return nil, err
	}
	c := &connection{ClientConn: cc, wire: v.wire, place: place}
	v.take(c)
	return c, nil
}

func (v *visit) connect(t *http.Transport) (*http.ClientConn, error) {
	v.wire = nil
	ctx := v.ctx
	if v.via != nil {
		ctx = v.traced(ctx) // without a proxy, dialContext marks the phases
	}
	cc, err := t.NewClientConn(ctx, v.target.Scheme, v.place)
	if err != nil && v.wire != nil {
		_ = v.wire.Close()
	}
	return cc, err
}

func (v *visit) take(c *connection) {
	v.wire = c.wire
	v.open = append(v.open, c)
	v.enter(sending)
	if !v.secure() {
		v.enter(processing) // HTTP/1.1 sends at once
	}
}

func (v *visit) release() []*connection {
	all := v.open
	v.open = nil
	return all
}

type idle struct {
	most  int // for each place; 0 keeps no connections
	mu    sync.Mutex
	conns map[string][]*connection
}

func (i *idle) keep(all []*connection) {
	for _, c := range all {
		if i.most == 0 || !i.put(c) {
			c.end()
		}
	}
}

func (i *idle) put(c *connection) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if c.Available() == 0 || len(i.conns[c.place]) >= i.most {
		return false
	}
	if i.conns == nil {
		i.conns = map[string][]*connection{}
	}
	c.reused = true
	c.expiry = time.AfterFunc(idleTime, func() { i.expire(c) })
	i.conns[c.place] = append(i.conns[c.place], c)
	return true
}

func (i *idle) take(place string) *connection {
	i.mu.Lock()
	defer i.mu.Unlock()
	for len(i.conns[place]) > 0 {
		last := len(i.conns[place]) - 1
		c := i.conns[place][last]
		i.drop(place, last)
		if c.expiry.Stop() && c.Available() > 0 {
			return c
		}
		c.end()
	}
	return nil
}

func (i *idle) expire(c *connection) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for at, other := range i.conns[c.place] {
		if other == c {
			i.drop(c.place, at)
			break
		}
	}
	c.end()
}

// i.mu must be held.
func (i *idle) drop(place string, at int) {
	if len(i.conns[place]) == 1 {
		delete(i.conns, place)
		return
	}
	i.conns[place] = append(i.conns[place][:at:at], i.conns[place][at+1:]...)
}
