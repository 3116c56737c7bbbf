package logdrain_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// Logplex sends this before a body, byte for byte but for the host.
const head = "POST /logs HTTP/1.1\r\nHost: a.test\r\nContent-Type: application/logplex-1\r\nLogplex-Msg-Count: %d\r\n" +
	"Logplex-Frame-Id: 09C557EAFCFB6CF2740EE62F62971098\r\nLogplex-Drain-Token: " + token + "\r\nUser-Agent: Logplex/v72\r\nContent-Length: %d\r\n\r\n%s"

// 0 when there is no answer
func talk(t *testing.T, addr, request string) int {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer c.Close()
	if _, err := io.WriteString(c, request); err != nil {
		t.Error(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

func TestPostsThatStallEndWithTheServersTime(t *testing.T) {
	d := drain(t)
	s := httptest.NewUnstartedServer(d)
	s.Config.ReadTimeout = 300 * time.Millisecond
	s.Start()
	defer s.Close()
	addr := s.Listener.Addr().String()

	// More than are read at once.
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if status := talk(t, addr, fmt.Sprintf(head, 1, len(example), example[:20])); status == 204 {
				t.Error("a post that stalled was taken")
			}
		})
	}
	all.Wait()
	if got := d.Totals(); got.Posts != 0 || got.Lines+got.Late != 0 {
		t.Errorf("got %+v", got)
	}
	now := frame(time.Now(), "app", "web.1", "Hi\n")
	for _, want := range []int{1, 1} { // the second one comes again
		if status := talk(t, addr, fmt.Sprintf(head, 1, len(now), now)); status != 204 || d.Totals().Lines != want {
			t.Errorf("got status %d, %+v", status, d.Totals())
		}
	}
}
