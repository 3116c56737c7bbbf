package notifytest

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// Talk listens at the address that it returns, and has talk speak to whoever connects, until the test ends.
func Talk(t *testing.T, talk func(net.Conn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				talk(c)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return l.Addr().String()
}

// Dribble says text again and again, until nobody listens.
func Dribble(c net.Conn, text string) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if _, err := io.WriteString(c, text); err != nil {
			return
		}
	}
}

// Echo says what it hears first.
func Echo(c net.Conn) {
	buf := make([]byte, 64<<10)
	n, _ := c.Read(buf)
	_, _ = c.Write(buf[:n])
}
