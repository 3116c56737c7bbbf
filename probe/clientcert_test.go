package probe_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

// Each turn has another time of change.
func writePair(t *testing.T, dir string, cert tls.Certificate, turn int) (certFile, keyFile string) {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "client.crt"), filepath.Join(dir, "client.key")
	for file, block := range map[string]pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: cert.Certificate[0]}, keyFile: {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(&block), 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Unix(int64(1e9+turn), 0)
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

func TestClientCertificate(t *testing.T) {
	server, pool := certificate(t, "a.test", time.Unix(0, 0), time.Now().Add(time.Hour))
	first, clients := certificate(t, "first", time.Unix(0, 0), time.Now().Add(time.Hour))
	second, others := certificate(t, "second", time.Unix(0, 0), time.Now().Add(time.Hour))
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, keep := range []bool{false, true} {
			var who string
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				who = req.TLS.PeerCertificates[0].DNSNames[0]
				w.Header().Set("Connection", "close")
			}))
			s.TLS = tlsWith(server)
			s.TLS.ClientAuth, s.TLS.MaxVersion = tls.RequireAndVerifyClientCert, version
			s.TLS.ClientCAs = clients
			leaf, err := x509.ParseCertificate(second.Certificate[0])
			if err != nil {
				t.Fatal(err)
			}
			s.TLS.ClientCAs.AddCert(leaf)
			s.StartTLS()
			defer s.Close()
			dir := t.TempDir()
			certFile, keyFile := writePair(t, dir, first, 1)
			h := heartbeat(t, probe.HeartbeatOptions{URL: "https://a.test/", ClientCertFile: certFile, ClientKeyFile: keyFile, KeepAlive: keep})
			h.Trust(pool)
			h.DialWith(to(s.Listener.Addr().String()))
			want := func(name string) {
				t.Helper()
				if r := take(t, h); r.Outcome != probe.Answered || who != name {
					t.Errorf("TLS %x: %s got %+v", version, who, r)
				}
			}
			want("first")
			want("first")
			if err := os.WriteFile(keyFile, []byte("half of a ke"), 0o600); err != nil { // in the middle of a change
				t.Fatal(err)
			}
			want("first")
			writePair(t, dir, second, 2)
			want("second")
			if err := os.Remove(certFile); err != nil {
				t.Fatal(err)
			}
			want("second")
		}
	}
	_ = others
}

func TestClientCertificateGoesToTheHostAskedForOnly(t *testing.T) {
	server, pool := certificate(t, "a.test,b.test,www.a.test", time.Unix(0, 0), time.Now().Add(time.Hour))
	client, _ := certificate(t, "client", time.Unix(0, 0), time.Now().Add(time.Hour))
	certFile, keyFile := writePair(t, t.TempDir(), client, 1)
	for to2, given := range map[string]int{"https://b.test/2": 0, "https://www.a.test/2": 1, "https://a.test/2": 1} {
		got := -1
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if got = len(req.TLS.PeerCertificates); req.URL.Path == "/" {
				http.Redirect(w, req, to2, http.StatusFound)
			}
		}))
		s.TLS = tlsWith(server)
		s.TLS.ClientAuth = tls.RequestClientCert
		s.StartTLS()
		defer s.Close()
		h := heartbeat(t, probe.HeartbeatOptions{URL: "https://a.test/", ClientCertFile: certFile, ClientKeyFile: keyFile, Redirects: probe.RedirectsAny})
		h.Trust(pool)
		h.DialWith(to(s.Listener.Addr().String()))
		if r := take(t, h); r.Outcome != probe.Answered || got != given {
			t.Errorf("%s: got %+v with %d certificates, want %d", to2, r, got, given)
		}
	}
}

// A server such as nginx answers with a status where it misses a certificate or does not accept it.
func TestStatusWhereACertificateWasAskedFor(t *testing.T) {
	server, pool := certificate(t, "a.test", time.Unix(0, 0), time.Now().Add(time.Hour))
	client, _ := certificate(t, "client", time.Unix(0, 0), time.Now().Add(time.Hour))
	certFile, keyFile := writePair(t, t.TempDir(), client, 1)
	for _, given := range []bool{false, true} {
		for _, status := range []int{400, 401, 403, 495, 496, 404} {
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
			s.TLS = tlsWith(server)
			s.TLS.ClientAuth = tls.RequestClientCert
			s.StartTLS()
			defer s.Close()
			o := probe.HeartbeatOptions{URL: "https://a.test/"}
			if given {
				o.ClientCertFile, o.ClientKeyFile = certFile, keyFile
			}
			h := overTLS(t, o, pool, to(s.Listener.Addr().String()))
			for range 2 { // the second time the session is resumed, for which no certificate is asked
				r := take(t, h)
				if r.Outcome != probe.ClientError || strings.Contains(r.Hint, "HEARTBEAT_CLIENT_CERT_FILE") != (status != 404) {
					t.Errorf("%d, with a certificate %v: got %+v", status, given, r)
				}
			}
		}
	}
}

func TestClientCertificatesThatAreRefused(t *testing.T) {
	one, _ := certificate(t, "one", time.Unix(0, 0), time.Now().Add(time.Hour))
	two, _ := certificate(t, "two", time.Unix(0, 0), time.Now().Add(time.Hour))
	certFile, keyFile := writePair(t, t.TempDir(), one, 1)
	otherCert, _ := writePair(t, t.TempDir(), two, 1)
	encrypted := filepath.Join(t.TempDir(), "encrypted.key")
	block := pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("s3cr3t")}
	if err := os.WriteFile(encrypted, pem.EncodeToMemory(&block), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, files := range map[string][2]string{
		"no key": {certFile, ""}, "no certificate": {"", keyFile}, "no such file": {certFile, keyFile + "x"}, "a folder": {filepath.Dir(certFile), keyFile},
		"the wrong way round": {keyFile, certFile}, "another's": {otherCert, keyFile}, "with a passphrase": {certFile, encrypted},
	} {
		_, err := probe.NewHeartbeat(probe.HeartbeatOptions{URL: "https://a/", Timeout: patient, ClientCertFile: files[0], ClientKeyFile: files[1]})
		if err == nil || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
