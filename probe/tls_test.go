package probe_test

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

func TestTLS(t *testing.T) {
	year := 365 * 24 * time.Hour
	now := time.Now()
	tests := []struct {
		name        string
		host        string // of the certificate
		from, until time.Time
		trusted     bool
		outcome     probe.Outcome
		err         string
	}{
		{"good", "example.com", now.Add(-year), now.Add(year), true, probe.Answered, ""},
		{"self-signed", "example.com", now.Add(-year), now.Add(year), false, probe.Unreachable, "certificate of example.com is signed by an unknown authority"},
		{"another host", "other.com", now.Add(-year), now.Add(year), true, probe.Unreachable, "certificate is not valid for example.com"},
		{"expired", "example.com", now.Add(-year), time.Date(now.Year()-1, 12, 31, 23, 0, 0, 0, time.UTC), true, probe.Unreachable, fmt.Sprintf("certificate of example.com expired on %d-12-31", now.Year()-1)},
		{"early", "example.com", time.Date(now.Year()+1, 1, 31, 2, 3, 4, 0, time.UTC), now.Add(3 * year), true, probe.Unreachable, fmt.Sprintf("certificate of example.com is not valid before %d-01-31 02:03:04", now.Year()+1)},
	}
	for _, tt := range tests {
		for _, http2 := range []bool{false, true} {
			t.Run(fmt.Sprint(tt.name, http2), func(t *testing.T) {
				cert, pool := certificate(t, tt.host, tt.from, tt.until)
				var proto string
				s := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) { proto = req.Proto }))
				s.Config.ErrorLog = log.New(io.Discard, "", 0)
				s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
				s.EnableHTTP2 = http2
				s.StartTLS()
				defer s.Close()
				h := dialing(t, probe.HeartbeatOptions{URL: "https://example.com/"}, to(s.Listener.Addr().String()))
				if tt.trusted {
					h.Trust(pool)
				}
				r := take(t, h)
				if r.Outcome != tt.outcome || r.Error != tt.err || r.Phases.TLS == 0 {
					t.Errorf("got %+v", r)
				}
				if want := map[bool]string{false: "HTTP/1.1", true: "HTTP/2.0"}[http2]; tt.err == "" && proto != want {
					t.Errorf("spoke %s, want %s", proto, want)
				}
			})
		}
	}
}

func TestTLSHandshakeThatFails(t *testing.T) {
	tests := []struct {
		name    string
		serve   func(net.Conn)
		timeout time.Duration
		outcome probe.Outcome
		err     string
	}{
		{"plain HTTP", say("HTTP/1.1 400 Bad Request\r\n\r\n"), patient, probe.Unreachable, "ADDR does not speak TLS"},
		{"closed", say(""), patient, probe.Unreachable, "connection closed by ADDR during the TLS handshake"},
		{"reset", reset, patient, probe.Unreachable, "connection reset by ADDR during the TLS handshake"},
		{"alert", say("\x15\x03\x01\x00\x02\x02\x28"), patient, probe.Unreachable, "ADDR refused the TLS handshake (handshake failure)"},
		{"unknown alert", say("\x15\x03\x01\x00\x02\x02\xfe"), patient, probe.Unreachable, "TLS handshake with ADDR failed"},
		{"hanging", hang, 100 * time.Millisecond, probe.ConnectTimeout, "no answer within 100ms: ADDR did not finish the TLS handshake"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			addr := listenAt(t, "127.0.0.1:0", func(c net.Conn) {
				_, _ = c.Read(make([]byte, 4096)) // so that the close does not reset it
				tt.serve(c)
			})
			r := take(t, heartbeat(t, probe.HeartbeatOptions{URL: "https://" + addr, Timeout: tt.timeout}))
			if want := strings.ReplaceAll(tt.err, "ADDR", addr); r.Outcome != tt.outcome || !strings.HasPrefix(r.Error, want) {
				t.Errorf("got %+v\nwant error %q", r, want)
			}
		})
	}
}

// An HTTP/2 connection that has gone dead is not used again, though others on it may succeed.
func TestKeptConnectionIsGivenUpAfterATimeout(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		var hangs atomic.Bool
		var connections atomic.Int32
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
			if hangs.Load() {
				<-req.Context().Done()
			}
		}))
		s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				connections.Add(1)
			}
		}
		s.EnableHTTP2 = http2
		s.StartTLS()
		pool := s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		h := heartbeat(t, probe.HeartbeatOptions{URL: s.URL, KeepAlive: true})
		h.Trust(pool)
		for i, want := range []struct {
			limit       time.Duration
			outcome     probe.Outcome
			connections int32
		}{{patient, probe.Answered, 1}, {200 * time.Millisecond, probe.Timeout, 1}, {patient, probe.Answered, 2}} {
			hangs.Store(want.outcome == probe.Timeout)
			ctx, cancel := context.WithTimeout(t.Context(), want.limit)
			if r := h.Probe(ctx); r.Outcome != want.outcome || connections.Load() != want.connections {
				t.Errorf("HTTP/2 %v: heartbeat %d got %+v, on connection %d", http2, i, r, connections.Load())
			}
			cancel()
		}
		s.Close()
	}
}

func TestHTTP2StreamThatIsReset(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "Be")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	h := heartbeat(t, probe.HeartbeatOptions{URL: s.URL})
	h.Trust(s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs)
	addr := s.Listener.Addr().String()
	if r := take(t, h); r.Outcome != probe.Unreachable || r.Error != "HTTP/2 stream reset by "+addr+" (INTERNAL_ERROR) in the middle of its answer" {
		t.Errorf("got %+v", r)
	}
}

func TestHTTP2AnswerThatBreaksTheRules(t *testing.T) {
	cert, pool := certificate(t, "a.test", time.Unix(0, 0), time.Now().Add(time.Hour))
	addr := listenAt(t, "127.0.0.1:0", func(c net.Conn) {
		s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2"}})
		_, _ = io.WriteString(s, "\x00\x00\x00\x04\x00\x00\x00\x00\x00") // SETTINGS
		_, _ = io.CopyN(io.Discard, s, int64(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")))
		for frame := [9]byte{}; frame[3] != 1; { // until the request's HEADERS
			if _, err := io.ReadFull(s, frame[:]); err != nil {
				return
			}
			_, _ = io.CopyN(io.Discard, s, int64(binary.BigEndian.Uint32(frame[:])>>8))
		}
		_, _ = io.WriteString(s, "\x00\x00\x00\x01\x05\x00\x00\x00\x01") // HEADERS without a status
		hang(s)
	})
	h := overTLS(t, probe.HeartbeatOptions{URL: "https://a.test/"}, pool, to(addr))
	if r := take(t, h); r.Outcome != probe.BadAnswer || r.Error != "the answer from a.test:443 is not valid HTTP" {
		t.Errorf("got %+v", r)
	}
}
