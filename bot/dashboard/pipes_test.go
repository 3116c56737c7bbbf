package dashboard_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/dashboard"
)

// Pipes instead of sockets work in bubbles with virtual time.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func (p *pipes) dial() (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (w *world) listen(t testing.TB) *pipes {
	t.Helper()
	return listenFor(t, w.page)
}

func listenFor(t testing.TB, h http.Handler) *pipes {
	t.Helper()
	l := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- dashboard.Serve(ctx, l, h, nil) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Serve returned %v", err)
		}
	})
	return l
}

func (w *world) pipes(t testing.TB) http.RoundTripper {
	t.Helper()
	return pipesTo(t, w.page)
}

func pipesTo(t testing.TB, h http.Handler) http.RoundTripper {
	t.Helper()
	l := listenFor(t, h)
	tr := &http.Transport{
		DisableCompression: true,
		DialContext:        func(context.Context, string, string) (net.Conn, error) { return l.dial() },
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}
