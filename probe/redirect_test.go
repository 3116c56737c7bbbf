package probe_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/autoscalebot/autoscalebot/bot/porttest"
	"github.com/autoscalebot/autoscalebot/probe"
)

func TestRedirectsAreFollowedToTheAnswer(t *testing.T) {
	for _, hops := range []int{1, 3, 10, 11} {
		var asked int
		s := serve(t, func(w http.ResponseWriter, req *http.Request) {
			if asked++; asked <= hops {
				http.Redirect(w, req, fmt.Sprintf("%d?key=s3cr3t", asked), http.StatusFound)
				return
			}
			_, _ = io.WriteString(w, "Beat")
		})
		r := take(t, heartbeat(t, probe.HeartbeatOptions{URL: s.URL + "/0"}))
		want := probe.Reading{Outcome: probe.Answered, Status: 200, Redirects: hops}
		if hops > 10 {
			want = probe.Reading{Outcome: probe.BadAnswer, Status: 302, Redirects: 10, Error: "more than 10 redirects"}
		}
		if r.Outcome != want.Outcome || r.Status != want.Status || r.Redirects != want.Redirects || r.Error != want.Error {
			t.Errorf("%d redirects: got %+v", hops, r)
		}
		if asked != min(hops, 10)+1 {
			t.Errorf("%d redirects: asked %d times", hops, asked)
		}
	}
}

func TestRedirectKeepsTheMethodWhereItMust(t *testing.T) {
	tests := []struct {
		status       int
		method, want string
	}{
		{301, "POST", "GET"},
		{302, "POST", "GET"},
		{303, "OPTIONS", "GET"},
		{303, "HEAD", "HEAD"},
		{307, "POST", "POST"},
		{308, "HEAD", "HEAD"},
	}
	for _, tt := range tests {
		var got string
		s := serve(t, func(w http.ResponseWriter, req *http.Request) {
			if got = req.Method; req.URL.Path == "/" {
				http.Redirect(w, req, "/there", tt.status)
			}
		})
		r := take(t, heartbeat(t, probe.HeartbeatOptions{URL: s.URL + "/", Method: tt.method}))
		if got != tt.want || r.Outcome != probe.Answered {
			t.Errorf("%d after %s: asked with %s: %+v", tt.status, tt.method, got, r)
		}
	}
}

// over HTTPS with a certificate for names; it dials the one or the other by the port
func serveBoth(t *testing.T, handler http.Handler, names string) (func(context.Context, string, string) (net.Conn, error), *x509.CertPool) {
	t.Helper()
	plain, secure := httptest.NewServer(handler), httptest.NewUnstartedServer(handler)
	t.Cleanup(plain.Close)
	cert, pool := certificate(t, names, time.Unix(0, 0), time.Now().Add(time.Hour))
	secure.TLS = tlsWith(cert)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	return toEither(plain.Listener.Addr(), secure.Listener.Addr()), pool
}

// Secrets go no further than the place they were meant for, and not there either by way of another one.
func TestRedirectElsewhereCarriesNoSecrets(t *testing.T) {
	tests := []struct {
		chain string // of URLs, each redirecting to the next; all lead to the same two servers
		known bool   // whether the last may know the secrets
	}{
		{"http://a.test/ http://a.test/2", true},
		{"http://a.test/ http://A.test:80/2", true},
		{"http://a.test/ https://a.test/2", true},
		{"http://a.test/ https://a.test/2 https://a.test:443/3", true},
		{"https://a.test/ http://a.test/2", false},
		{"https://a.test/ http://a.test/2 https://a.test/3", false},
		{"http://a.test/ http://b.test/2", false},
		{"http://a.test/ http://b.test/2 http://a.test/3", false},
		{"http://a.test/ http://sub.a.test/2", false},
		{"http://a.test/ http://www.a.test/2", true},
		{"http://www.a.test/ https://a.test/2", true},
		{"http://a.test/ https://www.a.test/2 https://a.test/3", true},
		{"http://a.test/ http://www.www.a.test/2", false},
		{"http://a.test/ http://wwwa.test/2", false},
		{"http://a.test/ http://www.b.test/2", false},
		{"http://a.test/ https://A.TEST.:443/2", true},
		{"http://a.test./ http://a.test/2", true},
		{"http://Bücher.a.test/ https://xn--bcher-kva.a.test/2", true},
		{"http://xn--bcher-kva.a.test/ http://www.B%C3%9CCHER.a.test/2", true},
		{"https://www.a.test/ http://a.test/2", false},
		{"http://[::1]/ http://[0:0:0:0:0:0:0:1]/2", true},
		{"http://127.0.0.1/ http://localhost/2", false},
		{"http://a.test/ http://a.test:8080/2", false},
		{"http://a.test:8080/ https://a.test/2", false},
		{"http://a.test/ https://a.test:8443/2", false},
		{"http://a.test/ http://u:p@b.test/2", false},
	}
	for _, tt := range tests {
		t.Run(tt.chain, func(t *testing.T) {
			chain := strings.Fields(tt.chain)
			var hop int
			var first, last http.Header
			handler := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				last = req.Header
				if hop == 0 {
					first = req.Header
				}
				if hop++; hop < len(chain) {
					w.Header().Set("Location", chain[hop])
					w.WriteHeader(http.StatusTemporaryRedirect)
				}
			})
			dial, pool := serveBoth(t, handler, "a.test,www.a.test,xn--bcher-kva.a.test,www.xn--bcher-kva.a.test")
			h := heartbeat(t, probe.HeartbeatOptions{URL: chain[0], UserAgent: "autoscalebot/1.0", Redirects: probe.RedirectsAny})
			h.Trust(pool)
			h.DialWith(dial)
			if r := take(t, h); r.Outcome != probe.Answered || r.Redirects != len(chain)-1 {
				t.Errorf("got %+v", r)
			}
			if first.Get("Authorization") == "" || first.Get("X-Key") == "" || first.Get("Cookie") == "" {
				t.Errorf("first request had %v", first)
			}
			want := first.Clone()
			if !tt.known {
				want.Del("Authorization")
				want.Del("X-Key")
				want.Del("Cookie")
			}
			if fmt.Sprint(last) != fmt.Sprint(want) {
				t.Errorf("last request had %v\nwant %v", last, want)
			}
		})
	}
}

func TestRedirectToADeadHostIsUnreachable(t *testing.T) {
	dead := porttest.Addr(t)
	s := serve(t, func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, "http://"+dead+"/?key=s3cr3t", http.StatusFound)
	})
	r := take(t, heartbeat(t, probe.HeartbeatOptions{URL: s.URL}))
	if r.Outcome != probe.Unreachable || r.Status != 0 || r.Redirects != 1 || r.Error != "connection refused by "+dead {
		t.Errorf("got %+v", r)
	}
}

func TestAnyHostOfARedirectIsFitForALine(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Location", "http://"+strings.Repeat("\u202e\xff\"", 9000)+"/")
		w.WriteHeader(http.StatusFound)
	})
	h := heartbeat(t, probe.HeartbeatOptions{URL: s.URL, Redirects: probe.RedirectsAny})
	h.DialWith(new(net.Dialer).DialContext) // no proxy
	r := take(t, h)
	if r.Outcome != probe.Unreachable || !utf8.ValidString(r.Error) || strings.Contains(r.Error, "\u202e") {
		t.Errorf("got %+v", r)
	}
}

// at a.test and every other name
func follow(t *testing.T, o probe.HeartbeatOptions, redirects map[string]string) probe.Reading {
	t.Helper()
	s := serve(t, func(w http.ResponseWriter, req *http.Request) {
		if to, ok := redirects[req.URL.Path]; ok {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, "Beat")
	})
	h := dialing(t, o, to(s.Listener.Addr().String()))
	return take(t, h)
}

func TestRedirectsThatArePartOfTheAnswer(t *testing.T) {
	tests := []struct {
		page, to            string
		sameHost, any, none probe.Outcome
	}{
		{"http://a.test/beat", "", probe.Answered, probe.Answered, probe.Answered},
		{"http://a.test/beat", "/beat/", probe.Answered, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "http://a.test/health", probe.Answered, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "http://www.a.test/ok", probe.Answered, probe.Answered, probe.BadAnswer},
		{"http://www.a.test/beat", "//A.TEST.:80/ok", probe.Answered, probe.Answered, probe.BadAnswer},
		{"http://a.test/blog-index", "/blog-index/", probe.Answered, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/beat/?cookies=on&from=elsewhere", probe.Answered, probe.Answered, probe.BadAnswer},
		{"http://a.test/login", "/login/", probe.Answered, probe.Answered, probe.BadAnswer},
		{"http://a.test/auth/beat", "/auth/beat/", probe.Answered, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "http://b.test/beat/", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "http://login.a.test/ok", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "http://a.test.evil.test/ok", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/login", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/Account/LogOn.aspx", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/users/sign_in", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/accounts/login/?next=/beat", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/wp-login.php", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/session/new", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/oauth2/start?rd=x", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/.auth/login/aad", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/welcome?return_to=%2Fbeat", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/welcome?u=http%3A%2F%2Fwww.a.test%2Fbeat%2F%3Fx", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/", "/gate?ReturnUrl=%2f", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/maintenance.html", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/error/500", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/login;jsessionid=1A", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/UserLogin", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/LoginPage.aspx", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/loginform", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/signInPage", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/@@login", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/login2", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/#/login", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/app#!/sign-in", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/?q=user/login", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/index.php?action=login", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/index.php?title=Special:UserLogin", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/do?note=please log in", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/adfs/ls/", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/access-denied", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/403.html", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/Error%20Page", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/password", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/accounts/two_factor", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/cgi-bin/captcha.pl", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/Wartung/", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/under-construction", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/504.html", probe.BadAnswer, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/blogindex", probe.Answered, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/plugins", probe.Answered, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/author/beat", probe.Answered, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/beats#top", probe.Answered, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/beats?author=terrorist", probe.Answered, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/beats?id=500", probe.Answered, probe.Answered, probe.BadAnswer},
		{"http://a.test/beat", "/beats?sort=error", probe.Answered, probe.Answered, probe.BadAnswer},
	}
	for _, tt := range tests {
		for policy, want := range map[probe.Redirects]probe.Outcome{
			"": tt.sameHost, probe.RedirectsSameHost: tt.sameHost, probe.RedirectsAny: tt.any, probe.RedirectsNone: tt.none,
		} {
			redirects := map[string]string{}
			if u, err := url.Parse(tt.page); err == nil && tt.to != "" {
				redirects[u.Path] = tt.to
			}
			r := follow(t, probe.HeartbeatOptions{URL: tt.page, Redirects: policy}, redirects)
			if r.Outcome != want || want == probe.BadAnswer && r.Hint == "" {
				t.Errorf("%s to %s with %q: got %+v, want %s", tt.page, tt.to, policy, r, want)
			}
		}
	}
}

func TestRedirectByWayOfALoginAndBack(t *testing.T) {
	asked := 0
	s := serve(t, func(w http.ResponseWriter, req *http.Request) {
		switch c, _ := req.Cookie("session"); {
		case req.URL.Path == "/login":
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "new", Path: "/"})
			http.SetCookie(w, &http.Cookie{Name: "elsewhere", Value: "1", Domain: "b.test"})
			http.Redirect(w, req, "/", http.StatusFound)
		case c == nil || c.Value != "new":
			asked++
			http.Redirect(w, req, "/login", http.StatusFound)
		case req.Header.Get("Cookie") != "other=s3cr3t-2; session=new":
			t.Errorf("the cookies are %q", req.Header.Get("Cookie"))
		}
	})
	h := heartbeat(t, probe.HeartbeatOptions{URL: s.URL + "/", Header: http.Header{"Cookie": {"session=s3cr3t; other=s3cr3t-2"}}})
	for i := range 2 { // the second knows nothing of the first's cookies
		if r := take(t, h); r.Outcome != probe.Answered || r.Redirects != 2 || asked != i+1 {
			t.Errorf("got %+v, asked %d times", r, asked)
		}
	}
}

func TestHintKnowsWhetherTheTokenWasSent(t *testing.T) {
	for _, tt := range []struct {
		token, to, want string
	}{
		{"", "", "Set HEARTBEAT_TOKEN"},
		{"s3cr3t", "", "rejected"},
		{"s3cr3t", "http://www.a.test/2", "rejected"},
		{"s3cr3t", "http://b.test/2", "not sent"},
		{"s3cr3t", "http://a.test:8080/2", "not sent"},
	} {
		s := serve(t, func(w http.ResponseWriter, req *http.Request) {
			if req.URL.Path == "/" && tt.to != "" {
				http.Redirect(w, req, tt.to, http.StatusFound)
				return
			}
			w.WriteHeader(http.StatusUnauthorized)
		})
		h, err := probe.NewHeartbeat(probe.HeartbeatOptions{URL: "http://a.test/", Token: tt.token, Redirects: probe.RedirectsAny, Timeout: patient})
		if err != nil {
			t.Fatal(err)
		}
		h.DialWith(to(s.Listener.Addr().String()))
		if r := take(t, h); r.Outcome != probe.ClientError || !strings.Contains(r.Hint, tt.want) {
			t.Errorf("%+v: got %+v", tt, r)
		}
	}
}

func TestAddressOfARedirectHoldsNoSecret(t *testing.T) {
	for _, to := range []string{
		"/login;jsessionid=s3cr3t-cookie", "/s3cr3t-part/login", "/a/s3cr3t-quoted", "http://b.test/s3cr3t-second;x", "/login/s3cr3t-token", "http://b.test/s3cr3t-header", "http://s3cr3t-query.test/", "/ok/s3cr3t-query?s3cr3t",
	} {
		header := http.Header{
			"Cookie": {"session=s3cr3t-cookie; other=s3cr3t-second"}, "X-Key": {"s3cr3t-header"},
			"X-Token": {"Token s3cr3t-part"}, "X-Auth": {`Digest key="s3cr3t-quoted", of=a`},
		}
		r := follow(t, probe.HeartbeatOptions{URL: "http://a.test/", Header: header}, map[string]string{"/": to})
		if r.URL == "" && r.Outcome != probe.BadAnswer {
			t.Errorf("%s: got %+v", to, r)
		}
	}
}
