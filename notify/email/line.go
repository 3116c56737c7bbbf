package email

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
)

// Maximum bytes from the server per mail. Usual are about a thousand, and a few thousand for TLS.
const maxTalk = 1 << 20

var errTalksTooMuch = errors.New("the server sent more than 1 MB")

type line struct {
	server server
	tls    *tls.Config

	mu   sync.Mutex
	conn net.Conn
	cut  bool
}

// It ignores the library's address, which lacks the brackets of IPv6.
func (l *line) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", l.server.address())
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	l.conn = conn
	cut := l.cut
	l.mu.Unlock()
	if cut {
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	conn = &bounded{conn, maxTalk}
	if !l.server.tls {
		return conn, nil
	}
	// The type tells the library that the connection is encrypted.
	encrypted := tls.Client(conn, l.tls)
	return encrypted, encrypted.HandshakeContext(ctx)
}

// A later dial fails too.
func (l *line) hangUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = true
	if l.conn != nil {
		_ = l.conn.Close()
	}
}

type bounded struct {
	net.Conn
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTalksTooMuch
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
