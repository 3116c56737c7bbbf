package notifytest

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// Talk listens at addr until the test ends, and calls talk with each connection.
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

// Dribble sends text every 10 ms until the connection breaks.
func Dribble(c net.Conn, text string) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if _, err := io.WriteString(c, text); err != nil {
			return
		}
	}
}

// Echo sends back what it reads first, up to 64 KB.
func Echo(c net.Conn) {
	buf := make([]byte, 64<<10)
	n, _ := c.Read(buf)
	_, _ = c.Write(buf[:n])
}
