package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
)

// DialWith makes h open connections by dial, and by no proxy of the environment.
func (h *Heartbeat) DialWith(dial func(ctx context.Context, network, addr string) (net.Conn, error)) {
	h.dial, h.transport.Proxy = dial, nil
}

// Trust makes h accept certificates signed by one in pool.
func (h *Heartbeat) Trust(pool *x509.CertPool) {
	h.transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}
