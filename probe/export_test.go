package probe

import (
	"context"
	"crypto/x509"
	"net"
	"net/netip"
	"net/url"
)

// DialWith uses no proxy of the environment.
func (h *Heartbeat) DialWith(dial func(ctx context.Context, network, addr string) (net.Conn, error)) {
	h.Dial(dial)
	h.goBy(nil)
}

// Dial also reaches the proxies of the environment.
func (h *Heartbeat) Dial(dial func(ctx context.Context, network, addr string) (net.Conn, error)) {
	h.dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		return dial(visitOf(ctx).traced(ctx), network, addr)
	}
}

// ResolveTo finds addrs under every name, with no proxy of the environment.
func (h *Heartbeat) ResolveTo(addrs []string, dial func(ctx context.Context, network, addr string) (net.Conn, error)) {
	d := newDialer(false)
	d.dial = dial
	d.lookup = func(context.Context, string, string) ([]netip.Addr, error) {
		var ips []netip.Addr
		for _, a := range addrs {
			ips = append(ips, netip.MustParseAddr(a))
		}
		return ips, nil
	}
	h.DialWith(d.dialContext)
}

// ResolveBy uses no proxy of the environment.
func (h *Heartbeat) ResolveBy(r *net.Resolver) {
	d := newDialer(false)
	d.lookup = r.LookupNetIP
	h.DialWith(d.dialContext)
}

func (h *Heartbeat) Trust(pool *x509.CertPool) {
	h.transport.TLSClientConfig.RootCAs = pool
}

var ParseProxy = parseProxy

func (h *Heartbeat) ProxyWith(raw string) {
	via, err := url.Parse(raw)
	if err != nil {
		panic(err)
	}
	h.goBy(func(*url.URL) *url.URL { return via })
}
