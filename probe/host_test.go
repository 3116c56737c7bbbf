package probe_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

func TestCheckHost(t *testing.T) {
	for _, host := range []string{"example.com", "www.Example.com:8443", "bücher.de", "my_service", "localhost", "10.0.0.5", "[::1]:80", "a.", "x-1"} {
		if err := probe.CheckHost(host); err != nil {
			t.Errorf("%q: %v", host, err)
		}
	}
	for _, host := range []string{"", " ", "https://a", "a/b", "a?b", "u@a", "a b", "a:", "a:0", "a:70000", "a:b", "*.a", "a\r\nX: y", "a,b", "[::1", "::1"} {
		if err := probe.CheckHost(host); err == nil {
			t.Errorf("%q is accepted", host)
		}
	}
}

func FuzzCheckHost(f *testing.F) {
	for _, s := range []string{"example.com", "a:1", "[::1]", "ü", "xn--a", "a\x00", "%41"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, host string) {
		if probe.CheckHost(host) != nil {
			return
		}
		if strings.ContainsAny(host, "/?#@\r\n\x00 ") {
			t.Errorf("%q is accepted", host)
		}
		if _, err := probe.NewHeartbeat(probe.HeartbeatOptions{URL: "http://a/", Timeout: patient, Host: host}); err != nil {
			t.Errorf("%q: %v", host, err)
		}
	})
}

// The request goes to the URL's host, and asks for another one by its header and in TLS.
// A name in letters other than ASCII's is sent as name servers have it, however it is written.
func TestHostHeaderOfInternationalNames(t *testing.T) {
	for asked, want := range map[string]string{
		"http://bücher.test/": "xn--bcher-kva.test", "http://BÜCHER.test:80/": "xn--bcher-kva.test:80", "http://www.Bücher.test:8080/": "www.xn--bcher-kva.test:8080",
		"http://A.test/": "A.test", "http://a_b.test/": "a_b.test", "http://[::1]:80/": "[::1]:80",
	} {
		for _, host := range []string{"", strings.TrimSuffix(strings.TrimPrefix(asked, "http://"), "/")} {
			var got string
			s := serve(t, func(_ http.ResponseWriter, req *http.Request) { got = req.Host })
			o := probe.HeartbeatOptions{URL: asked, Host: host}
			if host != "" {
				o.URL = "http://other.test/"
			}
			h := dialing(t, o, to(s.Listener.Addr().String()))
			if r := take(t, h); r.Outcome != probe.Answered || got != want {
				t.Errorf("%s, asked for as %q: the host is %q, want %q: %+v", asked, host, got, want, r)
			}
		}
	}
}

func TestHost(t *testing.T) {
	tests := []struct {
		name, url, host, redirect string
		redirects                 probe.Redirects
		hosts                     string // the Host of each request
		dialled                   string // the last connection's
		outcome                   probe.Outcome
	}{
		{"plain", "http://b.test/", "a.test", "", "", "a.test", "b.test:80", probe.Answered},
		{"the URL's own", "http://b.test/", "b.test", "", "", "b.test", "b.test:80", probe.Answered},
		{"a port of the URL", "http://b.test:8080/", "a.test", "", "", "a.test", "b.test:8080", probe.Answered},
		{"a port of the host", "http://b.test/", "a.test:81", "", "", "a.test:81", "b.test:80", probe.Answered},
		{"an address", "https://10.0.0.1/", "a.test", "", "", "a.test", "10.0.0.1:443", probe.Answered},
		{"TLS", "https://b.test/", "a.test", "", "", "a.test", "b.test:443", probe.Answered},
		{"another certificate", "https://a.test/", "b.test", "", "", "", "a.test:443", probe.Unreachable},
		{"a path", "http://b.test:8080/", "a.test", "/2", "", "a.test a.test", "b.test:8080", probe.Answered},
		{"its own name", "http://b.test:8080/", "a.test", "http://A.test/2", "", "a.test A.test", "b.test:8080", probe.Answered},
		{"made safe", "http://b.test/", "a.test", "https://a.test/2", "", "a.test a.test", "b.test:443", probe.Answered},
		{"www", "http://b.test/", "a.test", "https://www.a.test/2", "", "a.test www.a.test", "www.a.test:443", probe.Answered},
		{"back to the URL's", "http://b.test/", "a.test", "http://b.test/2", "", "a.test", "b.test:80", probe.BadAnswer},
		{"elsewhere", "http://b.test/", "a.test", "http://c.test/2", probe.RedirectsAny, "a.test c.test", "c.test:80", probe.Answered},
	}
	for _, tt := range tests {
		for _, keep := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				var hosts []string
				handler := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
					hosts = append(hosts, req.Host)
					if req.URL.Path == "/" && tt.redirect != "" {
						w.Header().Set("Location", tt.redirect)
						w.WriteHeader(http.StatusFound)
					}
				})
				dial, pool := serveBoth(t, handler, "a.test,www.a.test")
				h := heartbeat(t, probe.HeartbeatOptions{URL: tt.url, Host: tt.host, Redirects: tt.redirects, KeepAlive: keep})
				h.Trust(pool)
				dialled := ""
				h.DialWith(func(ctx context.Context, network, addr string) (net.Conn, error) {
					dialled = addr
					return dial(ctx, network, addr)
				})
				r := take(t, h)
				if r.Outcome != tt.outcome || dialled != tt.dialled || strings.Join(hosts, " ") != tt.hosts {
					t.Errorf("got %+v\nby %s, as %q", r, dialled, hosts)
				}
				if tt.outcome == probe.Unreachable && !strings.Contains(r.Error, tt.host) {
					t.Errorf("the error %q does not name the host of the certificate", r.Error)
				}
				if r := take(t, h); r.Outcome != tt.outcome {
					t.Errorf("the second is %+v", r)
				}
			})
		}
	}
}

// A proxy that sends plain requests on itself would send them to the wrong host.
func TestHostBehindAForwardingProxy(t *testing.T) {
	s := serve(t, func(_ http.ResponseWriter, req *http.Request) { t.Errorf("the proxy was asked for %s", req.URL) })
	t.Setenv("HTTP_PROXY", s.URL)
	h := heartbeat(t, probe.HeartbeatOptions{URL: "http://b.test/", Host: "a.test"})
	if r := take(t, h); r.Outcome != probe.BadAnswer || !strings.Contains(r.Hint, "NO_PROXY") {
		t.Errorf("got %+v", r)
	}
}

// A proxy's tunnel leads to the URL's host, in which TLS is spoken with the other name.
func TestHostBehindATunnel(t *testing.T) {
	cert, pool := certificate(t, "a.test", time.Unix(0, 0), time.Now().Add(time.Hour))
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { _, _ = io.WriteString(w, req.Host) }))
	secure.TLS = tlsWith(cert)
	secure.StartTLS()
	defer secure.Close()
	asked := ""
	s := serve(t, func(w http.ResponseWriter, req *http.Request) {
		asked = req.Host
		out, err := net.Dial("tcp", secure.Listener.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		defer out.Close()
		in, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer in.Close()
		_, _ = io.WriteString(in, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(out, in) }()
		_, _ = io.Copy(in, out)
	})
	proxy, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("HTTPS_PROXY", proxy.String())
	h := heartbeat(t, probe.HeartbeatOptions{URL: "https://b.test/", Host: "a.test", Keyword: "a.test"})
	h.Trust(pool)
	if r := take(t, h); r.Outcome != probe.Answered || asked != "b.test:443" {
		t.Errorf("got %+v by a tunnel to %s", r, asked)
	}
}
