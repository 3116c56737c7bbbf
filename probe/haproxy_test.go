package probe_test

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/porttest"
	"github.com/autoscalebot/autoscalebot/probe"
)

func haproxy(t *testing.T, name, app string) (addr string, roots *x509.CertPool) {
	t.Helper()
	path, err := exec.LookPath("haproxy")
	if err != nil {
		t.Skip("HAProxy is not installed: apt-get install haproxy")
	}
	cert, roots := certificate(t, name, time.Unix(0, 0), time.Now().Add(time.Hour))
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	both := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	dir := t.TempDir()
	crt := filepath.Join(dir, "both.pem")
	if err := os.WriteFile(crt, both, 0o600); err != nil {
		t.Fatal(err)
	}
	addr = porttest.Addr(t)
	config := filepath.Join(dir, "haproxy.cfg")
	err = os.WriteFile(config, fmt.Appendf(nil, `
global
    log stderr format raw local0
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
listen app
    bind %s ssl crt %s alpn h2,http/1.1
    server app %s
`, addr, crt, app), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, "-db", "-f", config)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			_ = c.Close()
			return addr, roots
		}
		if time.Now().After(deadline) {
			t.Fatal("HAProxy does not listen")
		}
	}
}

func TestHAProxyBeforeAnAppThatAcceptsAndCloses(t *testing.T) {
	var requests atomic.Int32
	app := listenAt(t, "127.0.0.1:0", func(c net.Conn) { requests.Add(1) })
	addr, roots := haproxy(t, "app.test", app)
	h := overTLS(t, probe.HeartbeatOptions{URL: "https://app.test/", Timeout: 5 * time.Second}, roots, to(addr))
	for beat := range int32(2) {
		r := take(t, h)
		if n := requests.Load(); r.Outcome != probe.Unreachable || n > 2*(beat+1) {
			t.Errorf("got %+v after %d requests to the app", r, n)
		}
	}
}
