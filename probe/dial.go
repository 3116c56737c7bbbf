package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// addr is the app's, or the proxy's.
func (h *Heartbeat) dialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	v := visitOf(ctx)
	below, err := h.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	conn := below
	if v.via != nil && v.via.Scheme == "https" {
		v.enter(proxyTLS)
		secure := tls.Client(conn, &tls.Config{
			ServerName: v.via.Hostname(), RootCAs: h.transport.TLSClientConfig.RootCAs,
			NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12,
			GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
				v.viaAsks = true
				return new(tls.Certificate), nil
			},
		})
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = below.Close()
			return nil, err
		}
		conn = secure
	}
	switch {
	case v.via != nil && !v.forwarded():
		v.enter(tunnel)
	case v.secure():
		v.enter(handshake)
	}
	v.wire = &wire{Conn: conn, below: below}
	v.wire.spoken.Add(1)
	return v.wire, nil
}

// It reads nothing before the first write, which suits HTTP and TLS. Otherwise net/http would take an eager server's
// greeting (a mail server's, for example) or hang-up for the end of an idle connection, print that to the standard log,
// and return a misleading error.
//
// It records how the other side ended the connection, because net/http's errors do not distinguish half an answer from
// a wrong one.
type wire struct {
	net.Conn
	below  net.Conn // the TCP connection, if Conn is TLS with a proxy
	spoken sync.WaitGroup
	spoke  atomic.Bool
	wrote  atomic.Int64 // bytes
	read   atomic.Int64
	first  atomic.Int32 // the first byte read, plus 256; 0 before
	lost   atomic.Value // a loss
}

// The error by which the other side ended a connection. It is a struct because atomic.Value accepts only one type.
type loss struct{ error }

func (w *wire) speak() {
	if w.spoke.CompareAndSwap(false, true) {
		w.spoken.Done()
	}
}

func (w *wire) Read(b []byte) (int, error) {
	w.spoken.Wait()
	n, err := w.Conn.Read(b)
	if w.read.Add(int64(n)) == int64(n) && n > 0 {
		w.first.Store(256 + int32(b[0]))
	}
	if err != nil && (errors.Is(err, io.EOF) || isReset(err)) {
		w.lost.CompareAndSwap(nil, loss{err})
	}
	return n, err
}

// A TLS record from a server is an alert or a part of a handshake.
func (w *wire) speaksTLS() bool {
	first := w.first.Load() - 256
	return first == 0x15 || first == 0x16
}

func (w *wire) Write(b []byte) (int, error) {
	w.speak()
	n, err := w.Conn.Write(b)
	w.wrote.Add(int64(n))
	return n, err
}

func (w *wire) Close() error {
	w.speak()
	return w.below.Close()
}

func (w *wire) loss() error {
	if l, ok := w.lost.Load().(loss); ok {
		return l.error
	}
	return nil
}

// RFC 8305, section 5
const fallbackDelay = 300 * time.Millisecond

const mostRemembered = 64 // hosts

// It tries the address family that worked last time first, so that a family that does not answer costs its delay only
// once, not at each heartbeat.
type dialer struct {
	lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)
	dial   func(ctx context.Context, network, addr string) (net.Conn, error)

	mu     sync.Mutex
	worked map[string]bool // by host: whether it was IPv4
}

// With kept, TCP checks idle connections now and then.
func newDialer(kept bool) *dialer {
	var d net.Dialer
	if !kept {
		d.KeepAlive = -1
	}
	return &dialer{lookup: net.DefaultResolver.LookupNetIP, dial: d.DialContext, worked: map[string]bool{}}
}

func (d *dialer) dialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	v := visitOf(ctx)
	if _, err := netip.ParseAddr(host); err == nil {
		v.enter(connect)
		return d.dial(ctx, network, addr)
	}
	v.enter(lookup)
	ips, err := d.lookup(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	v.enter(connect)
	ips = d.order(host, ips)
	conn, at, err := d.race(ctx, network, port, ips)
	if err == nil && len(ips) > 1 {
		d.remember(host, ips[at].Unmap().Is4())
	}
	return conn, err
}

// The family that worked last time comes first, then the families alternate (RFC 8305, section 4).
func (d *dialer) order(host string, ips []netip.Addr) []netip.Addr {
	d.mu.Lock()
	four, known := d.worked[host]
	d.mu.Unlock()
	if !known {
		four = ips[0].Unmap().Is4()
	}
	var of [2][]netip.Addr // the family to begin with, and the other
	for _, ip := range ips {
		family := 0
		if ip.Unmap().Is4() != four {
			family = 1
		}
		of[family] = append(of[family], ip)
	}
	out := make([]netip.Addr, 0, len(ips))
	for i := range ips {
		for _, family := range of {
			if i < len(family) {
				out = append(out, family[i])
			}
		}
	}
	return out
}

func (d *dialer) remember(host string, four bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.worked) >= mostRemembered {
		clear(d.worked)
	}
	d.worked[host] = four
}

type attempt struct {
	conn net.Conn
	at   int
	err  error
}

// Addresses are tried fallbackDelay apart, or at once after a failure. If all fail, the error is the first address's.
func (d *dialer) race(ctx context.Context, network, port string, ips []netip.Addr) (net.Conn, int, error) {
	if len(ips) == 1 {
		conn, err := d.dial(ctx, network, net.JoinHostPort(ips[0].String(), port))
		return conn, 0, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan attempt, len(ips))
	begun, ended := 0, 0
	begin := func() {
		at := begun
		begun++
		go func() {
			conn, err := d.dial(ctx, network, net.JoinHostPort(ips[at].String(), port))
			results <- attempt{conn, at, err}
		}()
	}
	begin()
	next := time.NewTimer(fallbackDelay)
	defer next.Stop()
	errs := make([]error, len(ips))
	for {
		select {
		case <-next.C:
			if begun < len(ips) {
				begin()
				next.Reset(fallbackDelay)
			}
		case a := <-results:
			ended++
			if a.err == nil {
				go discard(results, begun-ended)
				return a.conn, a.at, nil
			}
			errs[a.at] = a.err
			if begun < len(ips) {
				begin()
				next.Reset(fallbackDelay)
			} else if ended == len(ips) {
				return nil, 0, errs[0]
			}
		}
	}
}

func discard(results <-chan attempt, n int) {
	for range n {
		if a := <-results; a.err == nil {
			_ = a.conn.Close()
		}
	}
}
