package throttle_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/throttle"
)

func serve(t *testing.T, conns *throttle.Conns, h http.HandlerFunc) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: h, ConnState: conns.State, ReadHeaderTimeout: time.Minute}
	var wg sync.WaitGroup
	wg.Go(func() { _ = srv.Serve(conns.Listener(l)) })
	t.Cleanup(func() {
		srv.Close()
		wg.Wait()
	})
	return l.Addr().String()
}

func dial(t *testing.T, from, to string) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	c, err := d.DialContext(t.Context(), "tcp", to)
	if err != nil {
		t.Skipf("this machine has no address %s: %v", from, err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func ask(c net.Conn, path string) bool {
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path)
	line, err := bufio.NewReader(c).ReadString('\n')
	return err == nil && line == "HTTP/1.1 200 OK\r\n"
}

func fine(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "fine") }

// Any number of idle connections leaves room for a request, from the same address and from others.
func TestWaitingConnectionsKeepNobodyOut(t *testing.T) {
	addr := serve(t, throttle.NewConns(20, 0), fine)
	for i := range 200 {
		c := dial(t, "127.0.0.1", addr)
		switch i % 3 {
		case 0:
			ask(c, "/") // then stay idle
		case 1:
			_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: ") // never complete
		}
	}
	for _, from := range []string{"127.0.0.1", "127.0.0.2"} {
		for range 5 {
			if !ask(dial(t, from, addr), "/") {
				t.Errorf("who asks from %s is not answered", from)
			}
		}
	}
}

// Requests in progress are not cut off. One address gets at most half of the connections.
func TestConnectionsWithARequestStay(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	begun := make(chan struct{}, 100)
	addr := serve(t, throttle.NewConns(20, 0), func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			begun <- struct{}{}
			<-ctx.Done()
		}
		fine(w, r)
	})
	answers := make(chan bool, 30)
	for range 10 {
		c := dial(t, "127.0.0.1", addr)
		go func() { answers <- ask(c, "/slow") }()
	}
	for range 10 {
		<-begun
	}
	for range 10 {
		if ask(dial(t, "127.0.0.1", addr), "/") {
			t.Error("one address has more than half of the connections")
		}
	}
	if !ask(dial(t, "127.0.0.2", addr), "/") {
		t.Error("another address is not answered")
	}
	end()
	for range 10 {
		if !<-answers {
			t.Error("a request under way was cut off")
		}
	}
}
