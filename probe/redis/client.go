package redis

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"
)

// A client opens a connection for each probe.
type client struct {
	network, addr  string // "tcp" and host:port, or "unix" and a path
	user, password string
	database       int
	tls            *tls.Config // nil without TLS
	timeout        time.Duration
	commands       string // that a user needs, as errors list them
	long           string // the error of a value that is too long
}

func (c *client) setTimeout(d time.Duration) error {
	if c.timeout = d; d <= 0 {
		return fmt.Errorf("the timeout is %v: must be more than 0", d)
	}
	return nil
}

func (c *client) ask(parent context.Context, f func(*wire) error) error {
	ctx, cancel := context.WithTimeout(parent, c.timeout)
	defer cancel()
	conn, err := c.dial(ctx)
	if err != nil {
		return c.explain(parent, ctx, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	w := newWire(conn)
	if err = c.login(w); err == nil {
		err = f(w)
	}
	if err != nil {
		return c.explain(parent, ctx, err)
	}
	return nil
}

func (c *client) dial(ctx context.Context) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, c.network, c.addr)
	if err != nil || c.tls == nil {
		return conn, err
	}
	secure := tls.Client(conn, c.tls)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		if ctx.Err() != nil { // a server without TLS waits for the end of a line
			err = noHandshake{err}
		}
		return nil, err
	}
	return secure, nil
}
