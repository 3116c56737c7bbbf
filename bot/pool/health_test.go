package pool_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/porttest"
)

func TestHTTPCheck(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/moved":
			http.Redirect(w, r, "/ok", http.StatusFound)
		case r.URL.Path == "/slow":
			select {
			case <-time.After(10 * time.Second):
			case <-r.Context().Done():
			}
		case r.URL.Path == "/endless":
			for {
				if _, err := io.WriteString(w, strings.Repeat("x", 1<<16)); err != nil {
					return
				}
			}
		case r.URL.Path == "/torn":
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "torn")
		case r.URL.Path == "/ok" && r.URL.RawQuery == "deep=1" && r.Host == "app.example.com":
			w.WriteHeader(http.StatusNoContent)
		case r.URL.Path == "/":
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	u, _ := url.Parse(server.URL)
	port, _ := strconv.Atoi(u.Port())
	closed := porttest.Addr(t)

	for _, c := range []struct {
		name    string
		check   pool.HTTPCheck
		address string
		want    string // "" = healthy
	}{
		{"the port of the address", pool.HTTPCheck{}, u.Host, ""},
		{"a port of its own", pool.HTTPCheck{Port: port}, u.Hostname(), ""},
		{"a path, a query and a host", pool.HTTPCheck{Path: "/ok?deep=1", Host: "app.example.com"}, u.Host, ""},
		{"the wrong host", pool.HTTPCheck{Path: "/ok?deep=1"}, u.Host, "it answered with status 404"},
		{"a redirect is not followed", pool.HTTPCheck{Path: "/moved"}, u.Host, "it answered with status 302"},
		{"no answer in time", pool.HTTPCheck{Path: "/slow", Timeout: 50 * time.Millisecond}, u.Host, "no answer in time"},
		{"an answer without end is read as far as is bearable", pool.HTTPCheck{Path: "/endless"}, u.Host, ""},
		{"an answer that breaks off", pool.HTTPCheck{Path: "/torn"}, u.Host, "its answer broke off"},
		{"nobody there", pool.HTTPCheck{}, closed, "refused"},
		{"no TLS there", pool.HTTPCheck{TLS: true}, u.Host, "TLS handshake"},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantHealth(t, c.check.Healthy(t.Context(), pool.Server{Address: c.address}), c.want)
		})
	}
}

func TestTCPCheck(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	wantHealth(t, pool.TCPCheck{}.Healthy(t.Context(), pool.Server{Address: l.Addr().String()}), "")
	wantHealth(t, pool.TCPCheck{Port: l.Addr().(*net.TCPAddr).Port}.Healthy(t.Context(), pool.Server{Address: "127.0.0.1"}), "")
	wantHealth(t, pool.TCPCheck{}.Healthy(t.Context(), pool.Server{Address: porttest.Addr(t)}), "refused")
}

func wantHealth(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("the check says %v, want %q", err, want)
	}
}
