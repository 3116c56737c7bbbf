package probe_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

func secure(t testing.TB, config *tls.Config) (addr string, roots *x509.CertPool) {
	t.Helper()
	cert, roots := certificate(t, "a.test", time.Unix(0, 0), time.Now().Add(time.Hour))
	config.Certificates = []tls.Certificate{cert}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "Beat") }))
	s.Config.ErrorLog = quiet()
	s.TLS = config
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String(), roots
}

func TestHandshakesThatAreRefused(t *testing.T) {
	stranger := func(*tls.ClientHelloInfo) (*tls.Config, error) {
		return nil, errors.New("no certificate for this name")
	}
	tests := []struct {
		name   string
		config *tls.Config
		says   string
	}{
		{"an old version", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, "TLS 1.2"},
		{"a cipher suite", &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}}, "cipher suite"},
		{"a protocol", &tls.Config{NextProtos: []string{"acme-tls/1"}}, "ALPN"},
		{"another name", &tls.Config{GetConfigForClient: stranger}, "internal error"},
		{"a client certificate, 1.3", &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS13}, "client certificate"},
		{"a client certificate, 1.2", &tls.Config{ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}, "client certificate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			addr, roots := secure(t, tt.config)
			h := overTLS(t, probe.HeartbeatOptions{URL: "https://a.test/"}, roots, to(addr))
			for range 20 { // a refusal that comes late may be read as a reset
				r := take(t, h)
				if r.Outcome != probe.Unreachable || !strings.Contains(r.Error, tt.says) || r.Hint == "" {
					t.Errorf("got %+v, want it to name %q", r, tt.says)
				}
			}
		})
	}
}

// Every alert of RFC 8446, section 6.2, has a sentence and a hint.
func TestAlerts(t *testing.T) {
	says := map[byte]string{
		40: "handshake failure", 42: "client certificate", 43: "client certificate", 44: "client certificate", 45: "client certificate",
		46: "client certificate", 48: "client certificate", 70: "TLS 1.2", 71: "cipher suite", 80: "internal error", 112: "SNI",
		116: "client certificate", 120: "ALPN",
	}
	for alert := range byte(121) {
		addr := listenAt(t, "127.0.0.1:0", func(c net.Conn) {
			_, _ = c.Read(make([]byte, 4096)) // so that the close does not reset it
			_, _ = c.Write([]byte{0x15, 3, 1, 0, 2, 2, alert})
		})
		r := take(t, heartbeat(t, probe.HeartbeatOptions{URL: "https://" + addr}))
		if r.Outcome != probe.Unreachable || !strings.Contains(r.Error, says[alert]) || r.Hint == "" {
			t.Errorf("alert %d: got %+v, want it to name %q", alert, r, says[alert])
		}
	}
}

func TestAClientCertificateThatIsOptional(t *testing.T) {
	addr, roots := secure(t, &tls.Config{ClientAuth: tls.RequestClientCert})
	h := overTLS(t, probe.HeartbeatOptions{URL: "https://a.test/"}, roots, to(addr))
	wantAnswer(t, h)
}

func TestTLSSessionsAreResumed(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, protocols := range [][]string{{"http/1.1"}, {"h2"}} {
			t.Run(tls.VersionName(version)+" "+protocols[0], func(t *testing.T) {
				var mu sync.Mutex
				var resumed []bool
				config := &tls.Config{MinVersion: version, MaxVersion: version, NextProtos: protocols}
				config.VerifyConnection = func(s tls.ConnectionState) error {
					mu.Lock()
					defer mu.Unlock()
					resumed = append(resumed, s.DidResume)
					return nil
				}
				addr, roots := secure(t, config)
				h := overTLS(t, probe.HeartbeatOptions{URL: "https://a.test/"}, roots, to(addr))
				for range 4 {
					if r := take(t, h); r.Outcome != probe.Answered || r.Phases.TLS == 0 {
						t.Errorf("got %+v", r)
					}
				}
				mu.Lock()
				defer mu.Unlock()
				if fmt.Sprint(resumed) != "[false true true true]" {
					t.Errorf("resumed: %v", resumed)
				}
			})
		}
	}
}

func TestASessionThatTheServerForgot(t *testing.T) {
	config := &tls.Config{}
	addr, roots := secure(t, config)
	h := overTLS(t, probe.HeartbeatOptions{URL: "https://a.test/"}, roots, to(addr))
	for i := range byte(3) {
		config.SetSessionTicketKeys([][32]byte{{i}})
		wantAnswer(t, h)
	}
}

func TestASessionThatTheServerFailsAt(t *testing.T) {
	var offered atomic.Int32
	config := &tls.Config{UnwrapSession: func([]byte, tls.ConnectionState) (*tls.SessionState, error) {
		offered.Add(1)
		return nil, errors.New("the store of sessions is down")
	}}
	addr, roots := secure(t, config)
	h := overTLS(t, probe.HeartbeatOptions{URL: "https://a.test/"}, roots, to(addr))
	for range 3 {
		wantAnswer(t, h)
	}
	if offered.Load() != 2 {
		t.Errorf("a session was offered %d times, want 2", offered.Load())
	}
}

// A machine without certificates of authorities is to blame itself. They are read once in a process, so this takes another.
func TestAMachineWithoutAuthoritiesBlamesItself(t *testing.T) {
	if os.Getenv("AUTHORITIES") == "" {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), "AUTHORITIES=none", "SSL_CERT_FILE=/nonexistent", "SSL_CERT_DIR=/nonexistent")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	addr, _ := secure(t, &tls.Config{})
	h := dialing(t, probe.HeartbeatOptions{URL: "https://a.test/"}, to(addr))
	r := take(t, h)
	if r.Outcome != probe.Unreachable || !strings.Contains(r.Error, "this machine") || !strings.Contains(r.Hint, "ca-certificates") {
		t.Errorf("got %+v", r)
	}
}

// A server that ends the handshake after it has asked for a certificate means that.
func TestAResetAfterACertificateWasAskedFor(t *testing.T) {
	cert, roots := certificate(t, "a.test", time.Unix(0, 0), time.Now().Add(time.Hour))
	addr := listenAt(t, "127.0.0.1:0", func(c net.Conn) {
		s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequestClientCert})
		_ = s.Handshake()
		reset(c)
	})
	h := overTLS(t, probe.HeartbeatOptions{URL: "https://a.test/"}, roots, to(addr))
	if r := take(t, h); r.Outcome != probe.Unreachable || !strings.Contains(r.Error, "client certificate") {
		t.Errorf("got %+v", r)
	}
}
