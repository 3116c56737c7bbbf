package probe_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

// BenchmarkAgainstBareHTTP takes turns between heartbeats and the same requests by an http.Client with a timeout, each on a new connection
// with TLS sessions resumed, of a server in a process of its own. It counts how many a second of processor time they make, and
// the ratio, which does not depend on the machine.
func BenchmarkAgainstBareHTTP(b *testing.B) {
	for _, protocol := range []string{"HTTP", "HTTPS", "HTTP2"} {
		b.Run(protocol, func(b *testing.B) {
			url, roots := elsewhere(b, protocol)
			h := heartbeat(b, probe.HeartbeatOptions{URL: url})
			h.Trust(roots)
			client := &http.Client{Timeout: patient, Transport: &http.Transport{
				DisableKeepAlives: true, ForceAttemptHTTP2: true,
				TLSClientConfig: &tls.Config{RootCAs: roots, ClientSessionCache: tls.NewLRUClientSessionCache(16)},
			}}
			bare := func() {
				resp, err := client.Get(url)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
			ours := func() {
				if r := h.Probe(b.Context()); r.Outcome != probe.Answered {
					b.Fatalf("got %+v", r)
				}
			}
			const turn = 50
			var spent [2]time.Duration
			n := 0
			for b.Loop() {
				for i, f := range []func(){ours, bare} {
					began := processorTime(b)
					for range turn {
						f()
					}
					spent[i] += processorTime(b) - began
				}
				n += turn
			}
			rate := func(d time.Duration) float64 { return float64(n) / d.Seconds() }
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(rate(spent[0]), "probes/cpu-s")
			b.ReportMetric(rate(spent[1]), "bare/cpu-s")
			b.ReportMetric(float64(spent[1])/float64(spent[0]), "ratio")
		})
	}
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// This binary is the other process as well.
func elsewhere(b *testing.B, protocol string) (url string, roots *x509.CertPool) {
	b.Helper()
	cert, roots := certificate(b, "localhost", time.Unix(0, 0), time.Now().Add(time.Hour))
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		b.Fatal(err)
	}
	file := filepath.Join(b.TempDir(), "both.pem")
	both := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	if err := os.WriteFile(file, both, 0o600); err != nil {
		b.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), self, "-test.run=^TestServeElsewhere$", "-test.v")
	cmd.Env = append(os.Environ(), "SERVE="+protocol, "SERVE_CERTIFICATE="+file)
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, port, ok := strings.Cut(lines.Text(), "port "); ok {
			return map[bool]string{true: "http", false: "https"}[protocol == "HTTP"] + "://localhost:" + port + "/", roots
		}
	}
	b.Fatal("the server does not start")
	return "", nil
}

func TestServeElsewhere(t *testing.T) {
	protocol := os.Getenv("SERVE")
	if protocol == "" {
		t.Skip("serves a benchmark, in a process of its own")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("port %d\n", l.Addr().(*net.TCPAddr).Port)
	s := &http.Server{ErrorLog: quiet(), Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "Beat") })}
	s.Protocols = new(http.Protocols)
	s.Protocols.SetHTTP1(protocol != "HTTP2")
	s.Protocols.SetHTTP2(protocol == "HTTP2")
	if protocol == "HTTP" {
		_ = s.Serve(l)
		return
	}
	file := os.Getenv("SERVE_CERTIFICATE")
	_ = s.ServeTLS(l, file, file)
}
