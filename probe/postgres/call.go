package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

const (
	maxMessage = 64 << 10 // bytes in one message
	maxSaid    = 1 << 20  // bytes in one connection
)

var errTooMuch = errors.New("too long an answer")

// The library would allocate as much as a message announces.
func newFrontend(r io.Reader, w io.Writer) *pgproto3.Frontend {
	f := pgproto3.NewFrontend(r, w)
	f.SetMaxBodyLen(maxMessage)
	return f
}

// All connections end with the probe, including those about to open. The library would try for up to 15 s to cancel the
// query on a hanging server, which the statement_timeout does as well.
type calls struct {
	dial   pgconn.DialFunc
	probe  context.Context // ends with the probe
	cancel context.CancelFunc

	mu    sync.Mutex
	conns []net.Conn
}

func newCalls(ctx context.Context, dial pgconn.DialFunc) *calls {
	c := &calls{dial: dial}
	c.probe, c.cancel = context.WithCancel(ctx)
	return c
}

func (c *calls) call(ctx context.Context, network, addr string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.probe, cancel)()
	conn, err := c.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.probe.Err() != nil {
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	c.conns = append(c.conns, conn)
	return &bounded{Conn: conn, left: maxSaid}, nil
}

func (c *calls) end() {
	c.cancel()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		_ = conn.Close()
	}
}

// Only one goroutine may read from it at a time.
type bounded struct {
	net.Conn
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooMuch
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
