package probe_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/autoscalebot/autoscalebot/probe"
)

// Each connection runs its own script.
type fakeHTTP2 struct {
	addr                  string
	roots                 *x509.CertPool
	connections, requests atomic.Int32
}

// n counts the connections from 1.
type h2 struct {
	*http2.Framer
	conn net.Conn
	n    int32
	f    *fakeHTTP2
}

// The preface and SETTINGS are done.
func serveHTTP2(t *testing.T, name string, handle func(*h2)) *fakeHTTP2 {
	t.Helper()
	cert, roots := certificate(t, name, time.Unix(0, 0), time.Now().Add(time.Hour))
	f := &fakeHTTP2{roots: roots}
	f.addr = listenAt(t, "127.0.0.1:0", func(c net.Conn) {
		s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2"}})
		n := f.connections.Add(1)
		if s.Handshake() != nil {
			return
		}
		h := &h2{http2.NewFramer(s, s), s, n, f}
		if _, err := io.CopyN(io.Discard, s, int64(len(http2.ClientPreface))); err == nil && h.WriteSettings() == nil {
			handle(h)
		}
	})
	return f
}

// 0 when the client has gone
func (h *h2) request() uint32 {
	for {
		frame, err := h.ReadFrame()
		if err != nil {
			return 0
		}
		if headers, ok := frame.(*http2.HeadersFrame); ok {
			h.f.requests.Add(1)
			return headers.StreamID
		}
	}
}

func (h *h2) answer(stream uint32) {
	var b bytes.Buffer
	_ = hpack.NewEncoder(&b).WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
	_ = h.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: b.Bytes(), EndHeaders: true})
	_ = h.WriteData(stream, true, []byte("Beat"))
}

func (h *h2) linger() { hang(h.conn) }

func refuse(h *h2) {
	for stream := h.request(); stream != 0; stream = h.request() {
		_ = h.WriteRSTStream(stream, http2.ErrCodeRefusedStream)
	}
}

func goAway(code http2.ErrCode, last uint32) func(*h2) {
	return func(h *h2) {
		if h.request() != 0 {
			_ = h.WriteGoAway(last, code, nil)
			h.linger()
		}
	}
}

// A heartbeat makes at most two requests, however an HTTP/2 server rejects them, and this does not indicate load.
func TestHTTP2ServerThatTurnsRequestsDown(t *testing.T) {
	tests := []struct {
		name   string
		handle func(*h2)
		says   string // what the reason names
	}{
		{"refuses streams", refuse, "REFUSED_STREAM"},
		{"goes away before the request", func(h *h2) { _ = h.WriteGoAway(0, http2.ErrCodeNo, nil); h.linger() }, ""},
		{"goes away at the request", goAway(http2.ErrCodeNo, 0), ""},
		{"goes away in anger", goAway(http2.ErrCodeEnhanceYourCalm, 0), "ENHANCE_YOUR_CALM"},
		{"wants HTTP/1.1", goAway(http2.ErrCodeHTTP11Required, 0), "HTTP_1_1_REQUIRED"},
		{"goes away and closes", func(h *h2) { h.request(); _ = h.WriteGoAway(1, http2.ErrCodeNo, nil) }, ""},
		{"closes at the request", func(h *h2) { h.request() }, ""},
		{"closes before the request", func(*h2) {}, ""},
		{"breaks off as if the client was wrong", func(h *h2) {
			_ = h.WriteRSTStream(h.request(), http2.ErrCodeProtocol)
			h.linger()
		}, "PROTOCOL_ERROR"},
		{"cancels", func(h *h2) { _ = h.WriteRSTStream(h.request(), http2.ErrCodeCancel); h.linger() }, "CANCEL"},
	}
	for _, tt := range tests {
		for _, keep := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				var well atomic.Bool
				s := serveHTTP2(t, "a.test", func(h *h2) {
					if !well.Load() {
						tt.handle(h)
						return
					}
					for stream := h.request(); stream != 0; stream = h.request() {
						h.answer(stream)
					}
				})
				h := overTLS(t, probe.HeartbeatOptions{URL: "https://a.test/", KeepAlive: keep}, s.roots, to(s.addr))
				r := take(t, h)
				if r.Outcome != probe.Unreachable || !strings.Contains(r.Error, tt.says) {
					t.Errorf("got %+v, want it to name %q", r, tt.says)
				}
				if c, n := s.connections.Load(), s.requests.Load(); c > 2 || n > 2 {
					t.Errorf("%d requests on %d connections", n, c)
				}
				well.Store(true)
				if r := take(t, h); r.Outcome != probe.Answered {
					t.Errorf("the next heartbeat got %+v", r)
				}
			})
		}
	}
}

// A server that accepts no request does not indicate load, however long the heartbeat waits. The server's answer may
// come before the request or after it.
func TestHTTP2ServerThatAllowsNoStream(t *testing.T) {
	var unasked atomic.Int32 // connections that surely brought no request: one that is reset may have lost it
	s := serveHTTP2(t, "a.test", func(h *h2) {
		_ = h.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 0})
		for asked := false; ; {
			frame, err := h.ReadFrame()
			if _, ok := frame.(*http2.HeadersFrame); ok {
				h.f.requests.Add(1)
				asked = true
			}
			if errors.Is(err, io.EOF) && !asked {
				unasked.Add(1)
			}
			if err != nil {
				return
			}
		}
	})
	h := heartbeat(t, probe.HeartbeatOptions{URL: "https://a.test/", Timeout: 300 * time.Millisecond})
	h.Trust(s.roots)
	h.DialWith(to(s.addr))
	asked := int32(0)
	for _, r := range h.Burst(t.Context(), 20, 0) {
		check(t, r)
		switch {
		case r.Outcome == probe.Timeout:
			asked++
		case r.Outcome != probe.ConnectTimeout || r.Hint == "":
			t.Errorf("got %+v", r)
		}
	}
	if n := s.requests.Load(); asked < n || asked > 20-unasked.Load() {
		t.Errorf("%d heartbeats are timeouts of the app, which was asked %d times, and surely not %d times", asked, n, unasked.Load())
	}
}

func TestTimeUntilARequestIsRefusedIsNoLoad(t *testing.T) {
	s := serveHTTP2(t, "a.test", func(h *h2) {
		stream := h.request()
		time.Sleep(600 * time.Millisecond)
		_ = h.WriteRSTStream(stream, http2.ErrCodeRefusedStream)
		h.linger()
	})
	h := heartbeat(t, probe.HeartbeatOptions{URL: "https://a.test/", Timeout: time.Second})
	h.Trust(s.roots)
	addrs := []string{s.addr, listenAt(t, "127.0.0.1:0", hang), "127.0.0.1:1"}
	dials := 0
	h.DialWith(func(ctx context.Context, network, addr string) (net.Conn, error) {
		dials++
		return to(addrs[dials-1])(ctx, network, addr)
	})
	if r := take(t, h); r.Outcome != probe.ConnectTimeout || dials > 2 {
		t.Errorf("got %+v after %d connections", r, dials)
	}
}

// A server that breaks the rules of flow control gives a bad answer, and never has the heartbeat wait beyond its deadline.
func TestHTTP2ServerThatOverflowsAWindow(t *testing.T) {
	for _, ofStream := range []uint32{0, 1} {
		s := serveHTTP2(t, "a.test", func(h *h2) {
			stream := h.request() * ofStream
			_ = h.WriteWindowUpdate(stream, 1<<31-1)
			_ = h.WriteWindowUpdate(stream, 1<<31-1)
			h.linger()
		})
		h := overTLS(t, probe.HeartbeatOptions{URL: "https://a.test/"}, s.roots, to(s.addr))
		for range 2 {
			if r := take(t, h); r.Outcome != probe.BadAnswer {
				t.Errorf("got %+v", r)
			}
		}
		if n := s.requests.Load(); n != 2 {
			t.Errorf("%d requests of 2 heartbeats", n)
		}
	}
}

func TestHTTP2AnswerWithTooManyHeaders(t *testing.T) {
	s := serveHTTP2(t, "a.test", func(h *h2) {
		var b bytes.Buffer
		e := hpack.NewEncoder(&b)
		_ = e.WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
		for range 40 { // on the wire, all but the first take one byte
			_ = e.WriteField(hpack.HeaderField{Name: "x", Value: strings.Repeat("~", 2000)})
		}
		_ = h.WriteHeaders(http2.HeadersFrameParam{StreamID: h.request(), BlockFragment: b.Bytes(), EndHeaders: true, EndStream: true})
		h.linger()
	})
	h := overTLS(t, probe.HeartbeatOptions{URL: "https://a.test/"}, s.roots, to(s.addr))
	if r := take(t, h); r.Outcome != probe.BadAnswer || !strings.Contains(r.Error, "64 KiB of headers") {
		t.Errorf("got %+v", r)
	}
}

// A server that sends GOAWAY and still answers has answered. Its connection is not used again.
func TestHTTP2ServerThatAnswersAndGoesAway(t *testing.T) {
	s := serveHTTP2(t, "a.test", func(h *h2) {
		stream := h.request()
		_ = h.WriteGoAway(stream, http2.ErrCodeNo, nil)
		h.answer(stream)
		h.linger()
	})
	h := overTLS(t, probe.HeartbeatOptions{URL: "https://a.test/", KeepAlive: true}, s.roots, to(s.addr))
	for range 3 {
		wantAnswer(t, h)
	}
	if c, n := s.connections.Load(), s.requests.Load(); c != 3 || n != 3 {
		t.Errorf("%d requests on %d connections", n, c)
	}
}

// A server that is being replaced turns the first request down: that is nothing to speak of.
func TestHTTP2RequestThatIsRefusedOnceIsRepeated(t *testing.T) {
	for name, first := range map[string]func(*h2){"refused": refuse, "gone": goAway(http2.ErrCodeNo, 0)} {
		t.Run(name, func(t *testing.T) {
			s := serveHTTP2(t, "a.test", func(h *h2) {
				if h.n == 1 {
					first(h)
					return
				}
				h.answer(h.request())
				h.linger()
			})
			h := overTLS(t, probe.HeartbeatOptions{URL: "https://a.test/"}, s.roots, to(s.addr))
			if r := take(t, h); r.Outcome != probe.Answered || s.requests.Load() != 2 {
				t.Errorf("got %+v after %d requests", r, s.requests.Load())
			}
		})
	}
}

func TestAnHTTP2AnswerThatBreaksOffIsUnreachable(t *testing.T) {
	var answer bytes.Buffer
	(&h2{Framer: http2.NewFramer(&answer, nil)}).answer(1)
	cut := make(chan int, 1)
	s := serveHTTP2(t, "a.test", func(h *h2) {
		if h.request() != 0 {
			_, _ = h.conn.Write(answer.Bytes()[:<-cut])
		}
	})
	h := overTLS(t, probe.HeartbeatOptions{URL: "https://a.test/"}, s.roots, to(s.addr))
	for i := range answer.Len() {
		cut <- i
		if r := take(t, h); r.Outcome != probe.Unreachable {
			t.Errorf("after %d of %d bytes: %q, %s", i, answer.Len(), r.Outcome, r.Error)
		}
	}
}
