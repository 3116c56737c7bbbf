package redis_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/childtest"
	"github.com/autoscalebot/autoscalebot/bot/porttest"
)

const password = "s3cr3t/@:#? x"

type server struct {
	addr, tlsAddr string
	socket        string
	dir           string         // has cert.pem
	known         *x509.CertPool // knows its certificate, which is for 127.0.0.1
}

func startServer(t testing.TB) *server {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("Redis is not installed (Debian: apt-get install redis-server)")
	}
	dir := t.TempDir()
	s := &server{addr: porttest.Addr(t), tlsAddr: porttest.Addr(t), socket: filepath.Join(dir, "s"), dir: dir}
	s.known = writeCertificate(t, dir)
	_, port, _ := net.SplitHostPort(s.addr)
	_, tlsPort, _ := net.SplitHostPort(s.tlsAddr)
	cmd := exec.Command(path, "--bind", "127.0.0.1", "--port", port, "--tls-port", tlsPort, "--save", "", "--dir", dir, "--unixsocket", s.socket,
		"--tls-cert-file", "cert.pem", "--tls-key-file", "key.pem", "--tls-ca-cert-file", "cert.pem", "--tls-auth-clients", "no")
	cmd.Dir = dir
	childtest.Start(t, cmd, regexp.MustCompile("Ready to accept connections"))
	s.cli(t, "CONFIG", "SET", "requirepass", password)
	return s
}

func (s *server) cli(t testing.TB, words ...string) string {
	t.Helper()
	_, port, _ := net.SplitHostPort(s.addr)
	cmd := exec.Command("redis-cli", append([]string{"-p", port}, words...)...)
	cmd.Env = append(os.Environ(), "REDISCLI_AUTH="+password)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("redis-cli %v: %v", words, err)
	}
	return strings.TrimSpace(string(out))
}

// They sign themselves.
func writeCertificate(t testing.TB, dir string) *x509.CertPool {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for name, text := range map[string][]byte{"cert.pem": cert, "key.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(cert)
	return pool
}
