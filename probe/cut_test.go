package probe_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

// An answer that breaks off is unreachable, at whatever byte it does: in the status, in a header, between the two, in the body,
// or before its end. Whether the connection is closed or reset, and whether over TLS, makes no difference.
func TestAnAnswerThatBreaksOffIsUnreachable(t *testing.T) {
	const headers = ok + "Date: Mon, 30 Nov 2026 12:00:00 GMT\r\nContent-Type: text/plain\r\n"
	answers := map[string]string{
		"length":            headers + "Content-Length: 4\r\n\r\nBeat",
		"chunks":            headers + "Transfer-Encoding: chunked\r\n\r\n2\r\nBe\r\n2\r\nat\r\n0\r\n\r\n",
		"trailer":           headers + "Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n4\r\nBeat\r\n0\r\nX: y\r\n\r\n",
		"HTTP/1.0":          "HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nBeat",
		"after early hints": "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" + headers + "Content-Length: 4\r\n\r\nBeat",
		"a redirect":        "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n",
		"a 204":             "HTTP/1.1 204 No Content\r\n\r\n",
		"a 503":             "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n\r\n",
	}
	cert, roots := certificate(t, "a.test", time.Unix(0, 0), time.Now().Add(time.Hour))
	config := &tls.Config{Certificates: []tls.Certificate{cert}, MaxVersion: tls.VersionTLS12}
	for name, answer := range answers {
		for _, secure := range []bool{false, true} {
			for _, end := range []struct {
				name string
				by   func(net.Conn)
			}{{"closed", func(net.Conn) {}}, {"reset", reset}} {
				t.Run(name+" "+end.name, func(t *testing.T) {
					t.Parallel()
					cut := make(chan int, 1)
					said := make(chan struct{}, 1)
					addr := listenAt(t, "127.0.0.1:0", func(c net.Conn) {
						rw := c
						if secure {
							rw = tls.Server(c, config)
						}
						readRequest(rw)
						_, _ = io.WriteString(rw, answer[:<-cut])
						<-said
						end.by(c)
					})
					scheme := map[bool]string{false: "http", true: "https"}[secure]
					h := overTLS(t, probe.HeartbeatOptions{URL: scheme + "://a.test/"}, roots, to(addr))
					for i := range len(answer) {
						cut <- i
						said <- struct{}{}
						if r := take(t, h); r.Outcome != probe.Unreachable {
							t.Errorf("secure %v: after %d of %d bytes: %q, %s", secure, i, len(answer), r.Outcome, r.Error)
						}
					}
				})
			}
		}
	}
}

func readRequest(c net.Conn) {
	var last [4]byte
	for b := make([]byte, 1); string(last[:]) != "\r\n\r\n"; {
		if _, err := io.ReadFull(c, b); err != nil {
			return
		}
		copy(last[:], last[1:])
		last[3] = b[0]
	}
}

// What can never become an answer is a bad one, though the connection ends as well.
func TestWhatIsNotHTTPIsABadAnswer(t *testing.T) {
	for _, said := range []string{
		"220 mail.example.com ESMTP\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "-ERR unknown command\r\n", "HTTP/1.1 abc\r\n\r\n", "ICY 200 OK\r\n\r\n",
		ok + "Content-Length: -1\r\n\r\n", ok + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", ok + "no colon\r\n\r\n", "\x00\x00\x00\r\n\r\n",
	} {
		for _, end := range []func(net.Conn){func(net.Conn) {}, hang} {
			r := take(t, heartbeat(t, probe.HeartbeatOptions{URL: "http://" + listen(t, then(say(said), end))}))
			if r.Outcome != probe.BadAnswer {
				t.Errorf("%q: got %+v", said, r)
			}
		}
	}
}

// A server that speaks TLS says so in its first byte.
func TestTLSIsToldFromHTTP(t *testing.T) {
	for _, said := range []string{"\x15\x03\x01\x00\x02\x02\x46", "\x15\x03\x03\x00\x02\x02\n", "\x16\x03\x03\x00\x05\x0e\x00\n\x00\x00"} {
		r := take(t, heartbeat(t, probe.HeartbeatOptions{URL: "http://" + listen(t, say(said))}))
		if r.Outcome != probe.BadAnswer || !strings.Contains(r.Error, "TLS") || !strings.Contains(r.Hint, "https") {
			t.Errorf("%q: got %+v", said, r)
		}
	}
	for _, end := range []func(net.Conn){func(net.Conn) {}, reset} { // HAProxy and OpenSSL say nothing
		r := take(t, heartbeat(t, probe.HeartbeatOptions{URL: "http://" + listen(t, end)}))
		if r.Outcome != probe.Unreachable || !strings.Contains(r.Hint, "https://") {
			t.Errorf("got %+v", r)
		}
	}
	s := httptest.NewTLSServer(nil) // Go's own answers a plain request with a 400
	defer s.Close()
	r := take(t, heartbeat(t, probe.HeartbeatOptions{URL: "http://" + s.Listener.Addr().String()}))
	if r.Outcome != probe.ClientError || !strings.Contains(r.Hint, "https://") {
		t.Errorf("got %+v", r)
	}
}

func TestUnusualAnswers(t *testing.T) {
	for name, said := range map[string]string{
		"HTTP/1.0 without a length":  "HTTP/1.0 200 OK\r\n\r\nBeat",
		"continue first":             "HTTP/1.1 100 Continue\r\n\r\n" + ok + "Content-Length: 4\r\n\r\nBeat",
		"early hints first":          "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + ok + "Content-Length: 4\r\n\r\nBeat",
		"no content":                 "HTTP/1.1 204 No Content\r\n\r\n",
		"a trailer":                  ok + "Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n4\r\nBeat\r\n0\r\nX: y\r\n\r\n",
		"packed without being asked": ok + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b",
		"an empty reason":            "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",
		"no reason":                  "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
		"bare line feeds":            "HTTP/1.1 200 OK\nContent-Length: 4\n\nBeat",
		"more than it promised":      ok + "Content-Length: 4\r\n\r\nBeat and more",
	} {
		for _, keep := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				h := heartbeat(t, probe.HeartbeatOptions{URL: "http://" + listen(t, say(said)), KeepAlive: keep})
				for range 3 {
					wantAnswer(t, h)
				}
			})
		}
	}
}

func TestAnAnswerThatDripsIsATimeout(t *testing.T) {
	drip := func(text string) func(net.Conn) {
		return func(c net.Conn) {
			for _, b := range []byte(text) {
				if _, err := c.Write([]byte{b}); err != nil {
					return
				}
				select {
				case <-t.Context().Done():
					return
				case <-time.After(20 * time.Millisecond):
				}
			}
		}
	}
	for name, serve := range map[string]func(net.Conn){
		"headers": drip(ok + "X: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n\r\n"),
		"hints":   drip("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"),
		"body":    then(say(ok+"Content-Length: 100\r\n\r\n"), drip("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")),
	} {
		t.Run(name, func(t *testing.T) {
			r := take(t, heartbeat(t, probe.HeartbeatOptions{URL: "http://" + listen(t, serve), Timeout: 150 * time.Millisecond}))
			if r.Outcome != probe.Timeout {
				t.Errorf("got %+v", r)
			}
		})
	}
}

// A server that closes idle connections does not fail: the heartbeat opens a new one.
func TestServersThatEndIdleConnections(t *testing.T) {
	tests := map[string]func(c net.Conn){
		"at once":        then(say(ok+"Content-Length: 4\r\n\r\nBeat"), func(net.Conn) {}),
		"by a reset":     then(say(ok+"Content-Length: 4\r\n\r\nBeat"), reset),
		"at the request": then(say(ok+"Content-Length: 4\r\n\r\nBeat"), readRequest),
		"with a reset at the request": then(say(ok+"Content-Length: 4\r\n\r\nBeat"), func(c net.Conn) {
			_, _ = c.Read(make([]byte, 1))
			reset(c)
		}),
		"as announced":      say(ok + "Content-Length: 4\r\nConnection: close\r\n\r\nBeat"),
		"with a 408":        say(ok + "Content-Length: 4\r\n\r\nBeatHTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
		"with what is more": say(ok + "Content-Length: 4\r\n\r\nBeat" + ok + "Content-Length: 4\r\n\r\nBeat"),
	}
	for name, serve := range tests {
		t.Run(name, func(t *testing.T) {
			addr := listenAt(t, "127.0.0.1:0", func(c net.Conn) { readRequest(c); serve(c) })
			h := heartbeat(t, probe.HeartbeatOptions{URL: "http://" + addr, KeepAlive: true})
			for range 5 {
				wantAnswer(t, h)
			}
		})
	}
}

// A POST may have effects, so it is not sent again where the first one may have counted.
func TestAPostIsNotRepeated(t *testing.T) {
	posts := make(chan string, 10)
	addr := listenAt(t, "127.0.0.1:0", func(c net.Conn) {
		readRequest(c)
		posts <- http.MethodPost
		_, _ = io.WriteString(c, ok+"Content-Length: 4\r\n\r\nBeat")
		readRequest(c)
		posts <- http.MethodPost
	})
	h := heartbeat(t, probe.HeartbeatOptions{URL: "http://" + addr, KeepAlive: true, Method: http.MethodPost})
	first, second := take(t, h), take(t, h)
	if first.Outcome != probe.Answered || second.Outcome != probe.Unreachable || len(posts) != 2 {
		t.Errorf("got %+v and %+v with %d posts", first, second, len(posts))
	}
}

// A 408 on a connection that was kept is said of the time before the request, even where that is under way already.
func TestA408ToAKeptConnectionIsNoAnswer(t *testing.T) {
	addr := listenAt(t, "127.0.0.1:0", func(c net.Conn) {
		readRequest(c)
		_, _ = io.WriteString(c, ok+"Content-Length: 4\r\n\r\nBeat")
		readRequest(c)
		_, _ = io.WriteString(c, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	})
	h := heartbeat(t, probe.HeartbeatOptions{URL: "http://" + addr, KeepAlive: true})
	for range 3 {
		wantAnswer(t, h)
	}
}
