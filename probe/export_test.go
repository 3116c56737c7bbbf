package probe

import (
	"context"
	"crypto/x509"
	"net"
	"net/url"
)

// DialWith makes h open connections by dial, and by no proxy of the environment.
func (h *Heartbeat) DialWith(dial func(ctx context.Context, network, addr string) (net.Conn, error)) {
	h.dial, h.proxies = dial, func(*url.URL) *url.URL { return nil }
}

// ResolveWith makes h look names up by r, and connect to addresses by dial, with no proxy of the environment.
func (h *Heartbeat) ResolveWith(r *net.Resolver, dial func(ctx context.Context, network, addr string) (net.Conn, error)) {
	d := newDialer()
	d.resolver, d.dial = r, dial
	h.DialWith(d.dialContext)
}

// Trust makes h accept certificates signed by one in pool.
func (h *Heartbeat) Trust(pool *x509.CertPool) {
	h.transport.TLSClientConfig.RootCAs = pool
}
