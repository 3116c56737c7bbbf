package probertest

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

type relay struct {
	addr string
	far  string

	said atomic.Int64 // bytes sent; reset by the reader

	mu       sync.Mutex
	listener net.Listener
	ended    chan struct{}
	handle   func(net.Conn)
	conns    map[net.Conn]chan struct{} // closed when the connection's handler has returned
}

func newRelay(t *testing.T, far string) *relay {
	r := &relay{addr: "127.0.0.1:0", far: far, conns: map[net.Conn]chan struct{}{}}
	r.handle = r.pass
	r.start(t)
	t.Cleanup(r.stop)
	return r
}

// It listens on the same port as before.
func (r *relay) start(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	r.listener, r.addr, r.ended = l, l.Addr().String(), ended
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			r.accept(c)
		}
	}()
}

func (r *relay) accept(c net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	handle, ended := r.handle, make(chan struct{})
	r.conns[c] = ended
	go func() {
		defer close(ended)
		handle(c)
		_ = c.Close()
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.conns, c)
	}()
}

// It ends the open connections and waits for their handlers.
func (r *relay) do(handle func(net.Conn)) {
	r.mu.Lock()
	r.handle = handle
	var handlers []chan struct{}
	for c, ended := range r.conns {
		_ = c.Close()
		handlers = append(handlers, ended)
	}
	r.mu.Unlock()
	for _, ended := range handlers {
		<-ended
	}
}

// Connections that are ending get the time to do so.
func (r *relay) left() bool {
	r.mu.Lock()
	var handlers []chan struct{}
	for _, ended := range r.conns {
		handlers = append(handlers, ended)
	}
	r.mu.Unlock()
	late := time.After(patience)
	for _, ended := range handlers {
		select {
		case <-ended:
		case <-late:
			return true
		}
	}
	return false
}

func (r *relay) stop() {
	_ = r.listener.Close()
	<-r.ended
	r.do(r.pass)
}

func (r *relay) pass(c net.Conn) { r.between(c, c, false) }

func (r *relay) stallAfter(n int64) func(net.Conn) {
	return func(c net.Conn) {
		r.between(c, &limited{to: c, n: n}, true)
		hang(c)
	}
}

func (r *relay) cutAfter(n int64) func(net.Conn) {
	return func(c net.Conn) { r.between(c, &limited{to: c, n: n, fail: true}, false) }
}

// It closes c when the far end does, unless stay.
func (r *relay) between(c net.Conn, to io.Writer, stay bool) {
	far, err := net.Dial("tcp", r.far)
	if err != nil {
		return
	}
	defer far.Close()
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		_, _ = io.Copy(far, c)
		_ = far.Close()
	}()
	_, _ = io.Copy(to, far)
	if !stay {
		_ = c.Close()
	}
	<-heard
}

// It discards what comes after n bytes, or fails there.
type limited struct {
	to   io.Writer
	n    int64
	fail bool
}

func (l *limited) Write(b []byte) (int, error) {
	k := min(int64(len(b)), l.n)
	l.n -= k
	if _, err := l.to.Write(b[:k]); err != nil {
		return 0, err
	}
	if l.n == 0 && l.fail {
		return int(k), io.ErrShortWrite
	}
	return len(b), nil
}

func hang(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

func echo(c net.Conn) {
	_, _ = io.Copy(c, c)
}

// The prober sends first and closes first.
func say(s string) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = c.Read(make([]byte, 4096))
		_, _ = io.WriteString(c, s)
		_ = c.(*net.TCPConn).CloseWrite()
		hang(c)
	}
}

func (r *relay) flood(head, s string) func(net.Conn) {
	many := make([]byte, 0, 64<<10)
	for len(many)+len(s) <= cap(many) {
		many = append(many, s...)
	}
	return func(c net.Conn) {
		_, _ = c.Read(make([]byte, 4096))
		n, err := io.WriteString(c, head)
		for ; err == nil; n, err = c.Write(many) {
			r.said.Add(int64(n))
		}
	}
}

func reset(c net.Conn) {
	_, _ = c.Read(make([]byte, 1))
	_ = c.(*net.TCPConn).SetLinger(0)
}
