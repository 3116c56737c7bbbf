package probe

import (
	"context"
	"net"
	"sync"
)

// dialContext opens a connection for the visit that ctx belongs to. net/http detaches ctx from the request, so that a dial
// outlives it: the visit's own context brings the deadline back.
func (h *Heartbeat) dialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	v := ctx.Value(visitKey{}).(*visit)
	v.dialing(addr)
	conn, err := h.dial(v.ctx, network, addr)
	if err != nil {
		return nil, err
	}
	conn = &clientFirst{Conn: conn, spoken: make(chan struct{})}
	if !v.adopt(conn) {
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	return conn, nil
}

// A clientFirst connection reads nothing before something was written to it, which suits HTTP and TLS. Else what an eager
// server says (one for mail, say), or that it hangs up at once, would be taken by net/http for the end of an idle
// connection: printed to the standard log, and worded wrongly.
type clientFirst struct {
	net.Conn
	spoken chan struct{}
	once   sync.Once
}

func (c *clientFirst) speak() { c.once.Do(func() { close(c.spoken) }) }

func (c *clientFirst) Read(b []byte) (int, error) {
	<-c.spoken
	return c.Conn.Read(b)
}

func (c *clientFirst) Write(b []byte) (int, error) {
	c.speak()
	return c.Conn.Write(b)
}

func (c *clientFirst) Close() error {
	c.speak()
	return c.Conn.Close()
}
