package probe_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

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
			plain, secure := httptest.NewServer(handler), httptest.NewUnstartedServer(handler)
			cert, pool := certificate(t, "a.test", time.Unix(0, 0), time.Now().Add(time.Hour))
			secure.TLS = tlsWith(cert)
			secure.StartTLS()
			defer plain.Close()
			defer secure.Close()
			h := heartbeat(t, probe.HeartbeatOptions{URL: chain[0], UserAgent: "autoscalebot/1.0"})
			h.Trust(pool)
			h.DialWith(toEither(plain.Listener.Addr(), secure.Listener.Addr()))
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
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	s := serve(t, func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, "http://"+l.Addr().String()+"/?key=s3cr3t", http.StatusFound)
	})
	r := take(t, heartbeat(t, probe.HeartbeatOptions{URL: s.URL}))
	if r.Outcome != probe.Unreachable || r.Status != 0 || r.Redirects != 1 || r.Error != "connection refused by "+l.Addr().String() {
		t.Errorf("got %+v", r)
	}
}

func TestAnyHostOfARedirectIsFitForALine(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Location", "http://"+strings.Repeat("\u202e\xff\"", 9000)+"/")
		w.WriteHeader(http.StatusFound)
	})
	h := heartbeat(t, probe.HeartbeatOptions{URL: s.URL})
	h.DialWith(new(net.Dialer).DialContext) // no proxy
	r := take(t, h)
	if r.Outcome != probe.Unreachable || !utf8.ValidString(r.Error) || strings.Contains(r.Error, "\u202e") {
		t.Errorf("got %+v", r)
	}
}
