package probe_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

func noProxies(t *testing.T) {
	t.Helper()
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"} {
		t.Setenv(name, "")
		t.Setenv(strings.ToLower(name), "")
	}
}

// It takes every host for the app at one address.
type middleman struct {
	url   string
	asked atomic.Value // the last request line and Proxy-Authorization
}

func proxyTo(t *testing.T, app string) *middleman {
	t.Helper()
	m := &middleman{}
	m.asked.Store("")
	s := serve(t, func(w http.ResponseWriter, req *http.Request) {
		m.asked.Store(fmt.Sprintf("%s %s %s", req.Method, req.RequestURI, req.Header.Get("Proxy-Authorization")))
		there, err := net.Dial("tcp", app)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer there.Close()
		if req.Method != http.MethodConnect {
			req.Header.Del("Proxy-Authorization")
			_ = req.Write(there)
			answer, err := http.ReadResponse(bufio.NewReader(there), req)
			if err == nil {
				w.WriteHeader(answer.StatusCode)
				_, _ = io.Copy(w, answer.Body)
			}
			return
		}
		here, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer here.Close()
		_, _ = io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n")
		splice(here, there)
	})
	m.url = s.URL
	return m
}

func splice(a, b net.Conn) {
	done := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{a, b}, {b, a}} {
		go func() { _, _ = io.Copy(way[0], way[1]); done <- struct{}{} }()
	}
	<-done
	_ = a.Close()
	_ = b.Close()
	<-done
}

// It takes every host for the app at one address, and answers with reply. With a password it wants that.
func socks5(t *testing.T, app, password string, reply byte) (addr string, asked *atomic.Value) {
	t.Helper()
	asked = &atomic.Value{}
	asked.Store("")
	addr = listenAt(t, "127.0.0.1:0", func(c net.Conn) {
		read := func(n int) []byte {
			b := make([]byte, n)
			_, _ = io.ReadFull(c, b)
			return b
		}
		methods := string(read(int(read(2)[1])))
		switch {
		case password == "":
			_, _ = c.Write([]byte{5, 0})
		case !strings.Contains(methods, "\x02"):
			_, _ = c.Write([]byte{5, 0xff})
			return
		default:
			_, _ = c.Write([]byte{5, 2})
			read(int(read(2)[1])) // the user
			given := string(read(int(read(1)[0])))
			if given != password {
				_, _ = c.Write([]byte{1, 1})
				return
			}
			_, _ = c.Write([]byte{1, 0})
		}
		head := read(4)
		host := ""
		if head[3] == 3 {
			host = string(read(int(read(1)[0])))
		} else {
			host = net.IP(read(map[byte]int{1: 4, 4: 16}[head[3]])).String()
		}
		port := binary.BigEndian.Uint16(read(2))
		asked.Store(fmt.Sprintf("%s:%d", host, port))
		_, _ = c.Write([]byte{5, reply, 0, 1, 0, 0, 0, 0, 0, 0})
		if reply != 0 {
			return
		}
		there, err := net.Dial("tcp", app)
		if err != nil {
			return
		}
		splice(c, there)
	})
	return addr, asked
}

func TestProxiesOfTheEnvironment(t *testing.T) {
	plain := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "Beat") }).Listener.Addr().String()
	safe, roots := secure(t, &tls.Config{})
	basic := " Basic " + base64.StdEncoding.EncodeToString([]byte("bot:s3cr3t"))
	type env map[string]string
	tests := []struct {
		name, url string
		env       env    // HTTP, SECURE, SOCKS and NOWHERE stand for proxies
		by        string // which of them is used, "" for none
		asked     string // of it
	}{
		{"http", "http://a.test/", env{"HTTP_PROXY": "http://HTTP"}, "HTTP", "GET http://a.test/?key=s3cr3t-query "},
		{"http, lower case", "http://a.test/", env{"http_proxy": "http://HTTP", "HTTP_PROXY": "http://NOWHERE"}, "HTTP", "GET http://a.test/?key=s3cr3t-query "},
		{"no scheme", "http://a.test:80/", env{"HTTP_PROXY": "HTTP"}, "HTTP", "GET http://a.test:80/?key=s3cr3t-query "},
		{"a user", "http://a.test/", env{"HTTP_PROXY": "http://bot:s3cr3t@HTTP"}, "HTTP", "GET http://a.test/?key=s3cr3t-query" + basic},
		{"https", "https://a.test/", env{"HTTPS_PROXY": "http://HTTP"}, "HTTP", "CONNECT a.test:443 "},
		{"https, a user", "https://a.test/", env{"HTTPS_PROXY": "http://bot:s3cr3t@HTTP/"}, "HTTP", "CONNECT a.test:443" + basic},
		{"https, another port", "https://a.test:8443/", env{"https_proxy": "http://HTTP"}, "HTTP", "CONNECT a.test:8443 "},
		{"only for the other", "https://a.test/", env{"HTTP_PROXY": "http://NOWHERE"}, "", ""},
		{"only for the other, too", "http://a.test/", env{"HTTPS_PROXY": "http://NOWHERE"}, "", ""},
		{"all", "http://a.test/", env{"ALL_PROXY": "http://HTTP"}, "HTTP", "GET http://a.test/?key=s3cr3t-query "},
		{"all, https", "https://a.test/", env{"ALL_PROXY": "http://HTTP"}, "HTTP", "CONNECT a.test:443 "},
		{"its own before all", "https://a.test/", env{"HTTPS_PROXY": "http://HTTP", "ALL_PROXY": "socks5://NOWHERE"}, "HTTP", "CONNECT a.test:443 "},
		{"all for what is left", "http://a.test/", env{"HTTPS_PROXY": "http://NOWHERE", "ALL_PROXY": "socks5://SOCKS"}, "SOCKS", "a.test:80"},
		{"SOCKS", "http://a.test/", env{"ALL_PROXY": "socks5://SOCKS"}, "SOCKS", "a.test:80"},
		{"SOCKS, https", "https://a.test/", env{"ALL_PROXY": "socks5h://SOCKS"}, "SOCKS", "a.test:443"},
		{"SOCKS, an address", "http://192.0.2.1/", env{"HTTP_PROXY": "socks5://SOCKS"}, "SOCKS", "192.0.2.1:80"},
		{"SOCKS, a long address", "http://[2001:db8::1]:8080/", env{"HTTP_PROXY": "socks5://SOCKS"}, "SOCKS", "2001:db8::1:8080"},
		{"IDN", "http://bücher.test/", env{"ALL_PROXY": "socks5://SOCKS"}, "SOCKS", "xn--bcher-kva.test:80"},
		{"over TLS", "http://a.test/", env{"HTTP_PROXY": "https://SECURE"}, "SECURE", "GET http://a.test/?key=s3cr3t-query "},
		{"over TLS, https", "https://a.test/", env{"HTTPS_PROXY": "https://SECURE"}, "SECURE", "CONNECT a.test:443 "},
		{"none", "http://a.test/", env{"HTTP_PROXY": "http://NOWHERE", "NO_PROXY": "b.test,a.test"}, "", ""},
		{"none of a domain", "https://x.a.test/", env{"ALL_PROXY": "http://NOWHERE", "no_proxy": ".a.test"}, "", ""},
		{"none, with spaces", "http://a.test/", env{"ALL_PROXY": "http://NOWHERE", "NO_PROXY": "b.test a.test\t.c.test"}, "", ""},
		{"none of some networks", "http://192.0.2.1/", env{"ALL_PROXY": "http://NOWHERE", "NO_PROXY": "192.0.2.0/24, 2001:db8::/32"}, "", ""},
		{"none at one port", "http://a.test:8080/", env{"ALL_PROXY": "http://NOWHERE", "NO_PROXY": "a.test:8080"}, "", ""},
		{"none at all", "http://a.test/", env{"ALL_PROXY": "http://NOWHERE", "NO_PROXY": "*"}, "", ""},
		{"none but one", "http://a.test/", env{"ALL_PROXY": "http://HTTP", "NO_PROXY": "b.test"}, "HTTP", "GET http://a.test/?key=s3cr3t-query "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			noProxies(t)
			app, scheme := plain, strings.SplitN(tt.url, ":", 2)[0]
			if scheme == "https" {
				app = safe
			}
			web := proxyTo(t, app)
			over, overRoots := tlsBefore(t, strings.TrimPrefix(web.url, "http://"))
			socks, socksAsked := socks5(t, app, "", 0)
			nowhere := "127.0.0.1:1"
			fill := strings.NewReplacer("HTTP", strings.TrimPrefix(web.url, "http://"), "SECURE", over, "SOCKS", socks, "NOWHERE", nowhere)
			for name, value := range tt.env {
				t.Setenv(name, fill.Replace(value))
			}
			h := heartbeat(t, probe.HeartbeatOptions{URL: tt.url, AllProxy: os.Getenv("ALL_PROXY")})
			pool := roots
			if tt.by == "SECURE" {
				pool = roots.Clone()
				pool.AddCert(overRoots)
			}
			h.Trust(pool)
			if tt.by == "" {
				h.Dial(func(ctx context.Context, network, addr string) (net.Conn, error) {
					if addr == nowhere {
						t.Error("the proxy was asked")
					}
					return to(app)(ctx, network, addr)
				})
			}
			for range 2 {
				r := take(t, h)
				bad := strings.Contains(tt.url, "x.a.test") && strings.Contains(r.Error, "certificate") // it came through
				if !bad && r.Outcome != probe.Answered {
					t.Errorf("got %+v", r)
				}
				if r.Phases.DNS != 0 {
					t.Errorf("the name was looked up here: %+v", r.Phases)
				}
			}
			asked := web.asked.Load().(string)
			if tt.by == "SOCKS" {
				asked = socksAsked.Load().(string)
			}
			if asked != tt.asked {
				t.Errorf("the proxy was asked for %q, want %q", asked, tt.asked)
			}
		})
	}
}

// It speaks HTTP/2 and HTTP/1.1 as many proxies do.
func tlsBefore(t *testing.T, addr string) (string, *x509.Certificate) {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS() // for its certificate, which is valid for 127.0.0.1
	cert := s.TLS.Certificates[0]
	leaf := s.Certificate()
	s.Close()
	over := listenAt(t, "127.0.0.1:0", func(c net.Conn) {
		there, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		splice(tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2", "http/1.1"}}), there)
	})
	return over, leaf
}

// Whatever a proxy refuses a connection with is no data, and names the proxy, why, and no password.
func TestProxiesThatRefuse(t *testing.T) {
	connect := func(answer string) func(t *testing.T) string {
		return func(t *testing.T) string { return "http://USER" + listen(t, say(answer)) }
	}
	socks := func(password string, reply byte) func(t *testing.T) string {
		return func(t *testing.T) string {
			addr, _ := socks5(t, "127.0.0.1:1", password, reply)
			return "socks5://USER" + addr
		}
	}
	raw := func(scheme string, serve func(net.Conn)) func(t *testing.T) string {
		return func(t *testing.T) string { return scheme + "://USER" + listenAt(t, "127.0.0.1:0", serve) }
	}
	tests := []struct {
		name  string
		proxy func(t *testing.T) string
		user  string
		says  string
	}{
		{"requires a user", connect("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n"), "", "407"},
		{"refuses the user", connect("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"), "bot:s3cr3t@", "rejected the user and password"},
		{"does not allow it", connect("HTTP/1.1 403 Forbidden\r\n\r\n"), "", "403"},
		{"bad gateway", connect("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 100000\r\n\r\n"), "", "502"},
		{"unavailable", connect("HTTP/1.1 503 Service Unavailable\r\n\r\n"), "", "503"},
		{"gateway timeout", connect("HTTP/1.1 504 s3cr3t\r\n\r\n"), "", "504"},
		{"no proxy", connect("HTTP/1.1 400 Bad Request\r\n\r\n"), "", "400"},
		{"a page", connect(ok + "Content-Length: 4\r\n\r\nBeat"), "", "TLS"},
		{"a redirect", connect("HTTP/1.1 302 Found\r\nLocation: http://login/\r\n\r\n"), "", "302"},
		{"closes", connect(""), "", "closed"},
		{"half an answer", connect("HTTP/1.1 2"), "", "closed"},
		{"resets", raw("http", func(c net.Conn) { readRequest(c); reset(c) }), "bot:s3cr3t@", "reset"},
		{"not HTTP", connect("220 s3cr3t\r\n"), "", "HTTP proxy"},
		{"SOCKS: general", socks("", 1), "", "general"},
		{"SOCKS: rules", socks("", 2), "", "does not allow"},
		{"SOCKS: network", socks("", 3), "", "network"},
		{"SOCKS: host", socks("", 4), "", "cannot reach"},
		{"SOCKS: refused", socks("", 5), "", "refused"},
		{"SOCKS: TTL", socks("", 6), "", "TTL"},
		{"SOCKS: command", socks("", 7), "", "connections"},
		{"SOCKS: address", socks("", 8), "", "address"},
		{"SOCKS: unknown", socks("", 77), "", "did not open a connection"},
		{"SOCKS: wants a user", socks("s3cr3t", 0), "", "requires a user"},
		{"SOCKS: refuses the user", socks("another", 0), "bot:s3cr3t@", "rejected the user"},
		{"SOCKS: closes", raw("socks5", func(c net.Conn) { _, _ = c.Read(make([]byte, 99)) }), "bot:s3cr3t@", "closed"},
		{"SOCKS: not SOCKS", raw("socks5", then(func(c net.Conn) { _, _ = c.Read(make([]byte, 9)) }, say("HTTP/1.1 400 s3cr3t\r\n\r\n"))), "", "SOCKS 5"},
		{"refuses the connection", func(*testing.T) string { return "http://USER127.0.0.1:1" }, "bot:s3cr3t@", "refused by the proxy 127.0.0.1:1"},
		{"over TLS, and speaks none", raw("https", then(func(c net.Conn) { _, _ = c.Read(make([]byte, 999)) }, say("HTTP/1.1 400 s3cr3t\r\n\r\n"))), "bot:s3cr3t@", "the proxy"},
		{"over TLS, of an old version", raw("https", then(func(c net.Conn) { _, _ = c.Read(make([]byte, 4096)) }, say("\x15\x03\x01\x00\x02\x02\x46"))), "bot:s3cr3t@", "TLS 1.2"},
		{"over TLS, by another's certificate", func(t *testing.T) string {
			over, _ := tlsBefore(t, listen(t, hang))
			return "https://USER" + over
		}, "bot:s3cr3t@", "certificate of 127.0.0.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			noProxies(t)
			t.Setenv("HTTPS_PROXY", strings.Replace(tt.proxy(t), "USER", tt.user, 1))
			r := take(t, heartbeat(t, probe.HeartbeatOptions{URL: "https://a.test/"}))
			if r.Outcome != probe.Unreachable || !strings.Contains(r.Error, tt.says) || r.Hint == "" {
				t.Errorf("got %+v, want it to say %q", r, tt.says)
			}
			if tt.name != "a page" && !strings.Contains(r.Error, "127.0.0.1") {
				t.Errorf("%q does not name the proxy", r.Error)
			}
			if strings.Contains(r.Hint, "s3cr3t") {
				t.Errorf("the hint %q holds a secret", r.Hint)
			}
		})
	}
}

// A forwarding proxy's own answer is not the app's, and does not indicate load.
func TestAnswersOfAForwardingProxy(t *testing.T) {
	for _, tt := range []struct {
		status int
		header string
		want   probe.Outcome
	}{
		{407, "Proxy-Authenticate: Basic", probe.Unreachable},
		{503, "X-Squid-Error: ERR_CONNECT_FAIL 111", probe.Unreachable},
		{503, "Server: squid/5.7\r\nX-Squid-Error: ERR_DNS_FAIL 0", probe.Unreachable},
		{504, "X-Squid-Error: ERR_READ_TIMEOUT 110", probe.ServerError}, // the app's
		{502, "Proxy-Status: proxy.test; error=connection_refused", probe.Unreachable},
		{504, "Proxy-Status: proxy.test; error=http_response_timeout", probe.ServerError},
		{500, "Server: tinyproxy/1.11.1", probe.Unreachable},
		{502, "Server: mitmproxy 9.0.1", probe.Unreachable},
		{503, "Server: gunicorn\r\nVia: 1.1 proxy.test (squid/5.7)", probe.ServerError},
		{503, "Proxy-Status: proxy.test; received-status=503", probe.ServerError},
		{404, "Server: squid", probe.ClientError},
	} {
		noProxies(t)
		proxy := "http://" + listen(t, say(fmt.Sprintf("HTTP/1.1 %d x\r\n%s\r\nContent-Length: 0\r\n\r\n", tt.status, tt.header)))
		h := heartbeat(t, probe.HeartbeatOptions{URL: "http://a.test/", AllProxy: proxy})
		r := take(t, h)
		if r.Outcome != tt.want || tt.want == probe.Unreachable && (!strings.Contains(r.Error, "the proxy 127.0.0.1") || r.Hint == "") {
			t.Errorf("%d, %s: got %+v, want %q", tt.status, tt.header, r, tt.want)
		}
	}
	// Without a proxy on the way, such headers are those of what serves the app.
	r := take(t, heartbeat(t, probe.HeartbeatOptions{URL: "http://" + listen(t, say("HTTP/1.1 503 x\r\nServer: squid\r\nContent-Length: 0\r\n\r\n"))}))
	if r.Outcome != probe.ServerError {
		t.Errorf("got %+v", r)
	}
}

func TestAProxyThatWantsACertificate(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, url := range []string{"http://b.test/", "https://b.test/"} {
			noProxies(t)
			s := httptest.NewUnstartedServer(nil)
			s.Config.ErrorLog = quiet()
			s.TLS = &tls.Config{MaxVersion: version, ClientAuth: tls.RequireAnyClientCert}
			s.StartTLS()
			t.Cleanup(s.Close)
			roots := x509.NewCertPool()
			roots.AddCert(s.Certificate())
			t.Setenv("ALL_PROXY", s.URL)
			h := heartbeat(t, probe.HeartbeatOptions{URL: url, AllProxy: s.URL})
			h.Trust(roots)
			r := take(t, h)
			if r.Outcome != probe.Unreachable || !strings.Contains(r.Error, "the proxy "+s.Listener.Addr().String()+" requires a client certificate") {
				t.Errorf("%s, %s: got %+v", tls.VersionName(version), url, r)
			}
		}
	}
}

// The times of a proxy are those of the connection: neither CONNECT's nor that of the handshake with it is the app's TLS.
func TestPhasesBehindAProxy(t *testing.T) {
	cert, roots := certificate(t, "b.test", time.Unix(0, 0), time.Now().Add(time.Hour))
	synctest.Test(t, func(t *testing.T) {
		app := make(pipeListener)
		config := &tls.Config{Certificates: []tls.Certificate{cert}, SessionTicketsDisabled: true}
		config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
			time.Sleep(5 * time.Millisecond)
			return nil, nil
		}
		s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "Beat") })}
		go func() { _ = s.Serve(tls.NewListener(app, config)) }()
		defer close(app)
		proxy := make(pipeListener)
		go func() {
			for c := range proxy {
				readRequest(c)
				time.Sleep(60 * time.Millisecond)
				_, _ = io.WriteString(c, ok+"\r\n")
				app <- c
			}
		}()
		defer close(proxy)
		h := heartbeat(t, probe.HeartbeatOptions{URL: "https://b.test/"})
		h.Trust(roots)
		h.DialWith(dialSlowly(func(string) pipeListener { return proxy }))
		h.ProxyWith("http://proxy.test:3128")
		r := take(t, h)
		want := probe.Phases{DNS: 10 * time.Millisecond, Connect: 67 * time.Millisecond, TLS: 5 * time.Millisecond}
		if r.Phases != want || r.Outcome != probe.Answered {
			t.Errorf("got  %+v\nwant %+v", r, want)
		}
	})
}

// A malformed proxy is an error before any heartbeat, which names the variable and shows no password.
func TestMalformedProxies(t *testing.T) {
	for _, value := range []string{
		"http://bot:s3cr3t@", "http://bot:s3cr3t@:3128", "http://bot:s3/cr3t@proxy:3128", "ftp://bot:s3cr3t@proxy", "socks4://bot:s3cr3t@proxy",
		"http://bot:s3cr3t@proxy:99999", "http://bot:s3cr3t@proxy:0", "http://bot:s3cr3t@pro xy:3128", "http://bot:s3cr3t%zz@proxy:3128",
		"http:/bot:s3cr3t", "s3cr3t:x:y", "http://[::1:3128", "://s3cr3t", "https://",
	} {
		for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy"} {
			noProxies(t)
			t.Setenv(name, value)
			_, err := probe.NewHeartbeat(probe.HeartbeatOptions{URL: "https://a.test/", Timeout: time.Second, AllProxy: os.Getenv("ALL_PROXY")})
			if err == nil || !strings.Contains(err.Error(), strings.ToUpper(name)) || strings.Contains(err.Error(), "cr3t") {
				t.Errorf("%s=%s: %v", name, value, err)
			}
		}
	}
	noProxies(t)
	t.Setenv("HTTP_PROXY", "ftp://a")
	t.Setenv("HTTPS_PROXY", "https://")
	if got := probe.ProxyProblems("socks5://a:b"); len(got) != 3 {
		t.Errorf("got %v, want all three", got)
	}
}

func FuzzProxy(f *testing.F) {
	for _, s := range []string{
		"", "proxy:3128", "http://u:s3cr3t@proxy:3128/", "socks5h://[::1]:1080", "https://proxy", "socks4://x", "u:s3cr3t@proxy", "//x", "http://%zz", "\x00", " proxy ",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		once, err := probe.ParseProxy(value)
		if err != nil {
			if once != "" {
				t.Errorf("%q: %q with %v", value, once, err)
			}
			return
		}
		if again, err := probe.ParseProxy(once); err != nil || again != once {
			t.Errorf("%q became %q, and that %q, %v", value, once, again, err)
		}
		if _, err := probe.ParseProxy("ftp://u:s3cr3t@" + value); err != nil && strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%q: the error %v holds the password", value, err)
		}
	})
}
