package probe_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

type pipeListener chan net.Conn

func (l pipeListener) Accept() (net.Conn, error) {
	if c, ok := <-l; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}
func (l pipeListener) Close() error   { return nil }
func (l pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

func (l pipeListener) dial() net.Conn {
	here, there := net.Pipe()
	l <- there
	return here
}

func servePipe(t *testing.T, handler http.HandlerFunc) pipeListener {
	l := make(pipeListener)
	s := &http.Server{Handler: handler}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { close(l) })
	return l
}

// 10 ms for DNS and 7 ms to connect. It does so as Go's own dialer does with two addresses: it begins with one,
// after 3 ms with the other, and the loser has not given up when the connection is used already.
func dialSlowly(to func(addr string) pipeListener) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, addr string) (net.Conn, error) {
		trace := httptrace.ContextClientTrace(ctx)
		trace.DNSStart(httptrace.DNSStartInfo{})
		time.Sleep(10 * time.Millisecond)
		trace.DNSDone(httptrace.DNSDoneInfo{})
		trace.ConnectStart("tcp", "[::1]:80")
		time.Sleep(3 * time.Millisecond)
		trace.ConnectStart("tcp", "127.0.0.1:80")
		time.Sleep(4 * time.Millisecond)
		time.AfterFunc(12*time.Millisecond, func() { trace.ConnectStart("tcp", "[::2]:80") })
		return to(addr).dial(), nil
	}
}

func TestPhasesAreSummedOverRedirects(t *testing.T) {
	cert, pool := certificate(t, "b.test", time.Unix(0, 0), time.Now().Add(time.Hour))
	synctest.Test(t, func(t *testing.T) {
		plain, secure := make(pipeListener), make(pipeListener)
		config := &tls.Config{Certificates: []tls.Certificate{cert}, SessionTicketsDisabled: true} // a pipe holds no ticket
		config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
			time.Sleep(5 * time.Millisecond)
			return nil, nil
		}
		first := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			time.Sleep(20 * time.Millisecond)
			http.Redirect(w, req, "https://b.test/", http.StatusFound)
		})}
		second := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(30 * time.Millisecond)
			w.(http.Flusher).Flush() // headers alone do not count as an answer
			time.Sleep(40 * time.Millisecond)
			_, _ = io.WriteString(w, "Be")
			w.(http.Flusher).Flush()
			time.Sleep(50 * time.Millisecond)
			_, _ = io.WriteString(w, "at")
		})}
		go func() { _ = first.Serve(plain) }()
		go func() { _ = second.Serve(tls.NewListener(secure, config)) }()
		defer close(plain)
		defer close(secure)

		h := heartbeat(t, probe.HeartbeatOptions{URL: "http://a.test/", Redirects: probe.RedirectsAny})
		h.Trust(pool)
		h.DialWith(dialSlowly(func(addr string) pipeListener {
			return map[string]pipeListener{"a.test:80": plain, "b.test:443": secure}[addr]
		}))
		r := take(t, h)
		want := probe.Phases{
			DNS: 20 * time.Millisecond, Connect: 14 * time.Millisecond, TLS: 5 * time.Millisecond,
			Processing: 90 * time.Millisecond, Transfer: 50 * time.Millisecond,
		}
		if r.Phases != want || r.Value != 129 || r.Redirects != 1 || r.Outcome != probe.Answered {
			t.Errorf("got  %+v\nwant %+v", r, want)
		}
	})
}

func TestEmptyBodyCountsAtItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := servePipe(t, func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush() // chunked, so that the end comes later
			time.Sleep(40 * time.Millisecond)
		})
		h := heartbeat(t, probe.HeartbeatOptions{URL: "http://a.test/"})
		h.DialWith(dialSlowly(func(string) pipeListener { return l }))
		if r := take(t, h); r.Value != 57 || r.Phases.Transfer != 0 || r.Outcome != probe.Answered {
			t.Errorf("got %+v", r)
		}
	})
}

// An idle connection that the server has given up is found out by using it: net/http then opens another.
func TestKeptConnectionThatIsDeadIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := make(pipeListener)
		go func() {
			for c := range l {
				_, _ = http.ReadRequest(bufio.NewReader(c))
				_, _ = io.WriteString(c, ok+"Content-Length: 4\r\n\r\nBeat")
				_, _ = http.ReadRequest(bufio.NewReader(c))
				_ = c.Close()
			}
		}()
		defer close(l)
		h := heartbeat(t, probe.HeartbeatOptions{URL: "http://a.test/", KeepAlive: true, Timeout: time.Second})
		h.DialWith(dialSlowly(func(string) pipeListener { return l }))
		for range 2 {
			if r := take(t, h); r.Outcome != probe.Answered || r.Phases.DNS != 10*time.Millisecond || r.Phases.Connect != 7*time.Millisecond {
				t.Errorf("got %+v", r)
			}
		}
		time.Sleep(2 * time.Minute) // until an idle connection is closed
	})
}

func TestTimeoutCoversAllRedirectsTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := servePipe(t, func(w http.ResponseWriter, req *http.Request) {
			select {
			case <-time.After(time.Second):
				http.Redirect(w, req, "/", http.StatusFound)
			case <-req.Context().Done():
			}
		})
		h := heartbeat(t, probe.HeartbeatOptions{URL: "http://a.test/", Timeout: 4500 * time.Millisecond})
		h.DialWith(dialSlowly(func(string) pipeListener { return l }))
		if r := take(t, h); r.Outcome != probe.Timeout || r.Value != 4500 || r.Redirects != 4 || r.Error != "no answer within 4.5s" {
			t.Errorf("got %+v", r)
		}
	})
}

func dnsBegins(ctx context.Context) {
	httptrace.ContextClientTrace(ctx).DNSStart(httptrace.DNSStartInfo{})
}

func connectBegins(ctx context.Context) {
	httptrace.ContextClientTrace(ctx).ConnectStart("tcp", "")
}
