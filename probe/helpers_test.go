package probe_test

import (
	"bufio"
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/probe"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patient = 10 * time.Second // no test is to reach it

// Every secret contains "s3cr3t".
func heartbeat(t testing.TB, o probe.HeartbeatOptions) *probe.Heartbeat {
	t.Helper()
	if !strings.Contains(o.URL, "?") {
		o.URL += "?key=s3cr3t-query"
	}
	o.Token = cmp.Or(o.Token, "s3cr3t-token")
	if o.Header == nil {
		o.Header = http.Header{"X-Key": {"s3cr3t-header"}, "Cookie": {"session=s3cr3t-cookie"}}
	}
	o.Timeout = cmp.Or(o.Timeout, patient)
	h, err := probe.NewHeartbeat(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

type dial = func(context.Context, string, string) (net.Conn, error)

func dialing(t testing.TB, o probe.HeartbeatOptions, by dial) *probe.Heartbeat {
	t.Helper()
	h := heartbeat(t, o)
	h.DialWith(by)
	return h
}

func overTLS(t testing.TB, o probe.HeartbeatOptions, roots *x509.CertPool, by dial) *probe.Heartbeat {
	t.Helper()
	h := dialing(t, o, by)
	h.Trust(roots)
	return h
}

func take(t testing.TB, h *probe.Heartbeat) probe.Reading {
	t.Helper()
	r := h.Probe(t.Context())
	check(t, r)
	return r
}

func wantAnswer(t testing.TB, h *probe.Heartbeat) {
	t.Helper()
	if r := take(t, h); r.Outcome != probe.Answered {
		t.Errorf("got %+v", r)
	}
}

func check(t testing.TB, r probe.Reading) {
	t.Helper()
	known := []probe.Outcome{
		probe.Answered, probe.Timeout, probe.ConnectTimeout, probe.ServerError, probe.ClientError, probe.Unreachable, probe.BadAnswer,
		probe.Overloaded,
	}
	if !slices.Contains(known, r.Outcome) {
		t.Errorf("unknown outcome %q", r.Outcome)
	}
	if strings.Contains(r.Error+r.Hint+r.URL, "s3cr3t") {
		t.Errorf("the error %q, the hint %q or the URL %q holds a secret", r.Error, r.Hint, r.URL)
	}
	if (r.Error == "") != (r.Outcome == probe.Answered) {
		t.Errorf("outcome %q with the error %q", r.Outcome, r.Error)
	}
	if r.Signal != "heartbeat" || r.Unit != "ms" || r.Time.IsZero() || len(r.Error) > 300 {
		t.Errorf("odd reading: %+v", r)
	}
	want := r.Phases.DNS + r.Phases.Connect + r.Phases.TLS + r.Phases.Processing
	switch {
	case r.Outcome != probe.Answered:
		want += r.Phases.Transfer
	case r.Measure == probe.MeasureProcessing:
		want = r.Phases.Processing
	case r.Measure == probe.MeasureQueue:
		if math.Signbit(r.Value) || !(r.Value <= 3_600_000) {
			t.Errorf("a queue time of %v ms", r.Value)
		}
		return
	}
	got := time.Duration(r.Value * float64(time.Millisecond))
	asked := r.Phases != probe.Phases{} // else the app's web URL was not known
	if diff := (got - want).Abs(); asked && diff > 2*time.Microsecond {
		t.Errorf("value %v is not the sum of its phases, %v", got, want)
	}
}

func serve(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

// handle's request is read already. It returns host:port.
func listen(t testing.TB, handle func(net.Conn)) string {
	t.Helper()
	return listenAt(t, "127.0.0.1:0", func(c net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			handle(c)
		}
	})
}

// It closes each connection after handle, or when the test ends. It returns host:port.
func listenAt(t testing.TB, addr string, handle func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Skipf("can't listen at %s: %v", addr, err)
	}
	var open sync.Map
	t.Cleanup(func() {
		_ = l.Close()
		open.Range(func(c, _ any) bool { _ = c.(net.Conn).Close(); return true })
	})
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Store(c, nil)
			go func() {
				defer open.Delete(c)
				defer c.Close()
				handle(c)
			}()
		}
	}()
	return l.Addr().String()
}

// whatever it is asked for
func to(addr string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
}

// host may be several with commas between.
func certificate(t testing.TB, host string, from, until time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: strings.Split(host, ","), NotBefore: from, NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// It dials secure where the port is that of https.
func toEither(plain, secure net.Addr) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if strings.HasSuffix(addr, "443") {
			return to(secure.String())(ctx, network, addr)
		}
		return to(plain.String())(ctx, network, addr)
	}
}

func tlsWith(cert tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{cert}}
}

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
