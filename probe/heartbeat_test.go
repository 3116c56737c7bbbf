package probe_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

func TestStatusDecidesOutcome(t *testing.T) {
	tests := []struct {
		status  int
		outcome probe.Outcome
		err     string
	}{
		{200, probe.Answered, ""},
		{204, probe.Answered, ""},
		{299, probe.Answered, ""},
		{300, probe.BadAnswer, "unexpected status 300 Multiple Choices"},
		{304, probe.BadAnswer, "unexpected status 304 Not Modified"},
		{302, probe.BadAnswer, "status 302 Found without a Location"},
		{400, probe.ClientError, "status 400 Bad Request"},
		{404, probe.ClientError, "status 404 Not Found"},
		{499, probe.ClientError, "status 499"},
		{500, probe.ServerError, "status 500 Internal Server Error"},
		{503, probe.ServerError, "status 503 Service Unavailable"},
		{600, probe.BadAnswer, "unexpected status 600"},
	}
	for _, tt := range tests {
		for _, method := range []string{"GET", "head", "POST", "OPTIONS"} {
			t.Run(fmt.Sprint(method, tt.status), func(t *testing.T) {
				s := serve(t, func(w http.ResponseWriter, req *http.Request) {
					if req.Method != strings.ToUpper(method) {
						t.Errorf("method %s, want %s", req.Method, method)
					}
					w.WriteHeader(tt.status)
				})
				r := take(t, heartbeat(t, probe.HeartbeatOptions{URL: s.URL, Method: method}))
				if r.Outcome != tt.outcome || r.Status != tt.status || r.Error != tt.err {
					t.Errorf("got %+v", r)
				}
			})
		}
	}
}

func TestRequestCarriesItsHeadersAndNoCookies(t *testing.T) {
	var got http.Header
	s := serve(t, func(w http.ResponseWriter, req *http.Request) {
		got = req.Header
		http.SetCookie(w, &http.Cookie{Name: "kept", Value: "yes"})
	})
	h := heartbeat(t, probe.HeartbeatOptions{
		URL: s.URL, UserAgent: "autoscalebot/1.0", Token: "abc", Header: http.Header{"x-key": {"a", "b"}},
	})
	for range 2 {
		take(t, h)
		want := http.Header{
			"User-Agent": {"autoscalebot/1.0"}, "Accept": {"*/*"}, "Accept-Encoding": {"identity"}, "Cache-Control": {"no-cache"},
			"Authorization": {"Bearer abc"}, "X-Key": {"a", "b"}, "Connection": {"close"},
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
	}
}

func TestOwnHeadersCanBeReplaced(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, req *http.Request) {
		if req.UserAgent() != "Mozilla/5.0" || req.Header.Get("Accept-Encoding") == "gzip" {
			t.Errorf("got %v", req.Header)
		}
		if req.URL.Path == "/" { // to another place, as the name differs
			http.Redirect(w, req, "http://localhost:"+req.Host[strings.LastIndex(req.Host, ":")+1:]+"/2", http.StatusFound)
		}
	})
	h := heartbeat(t, probe.HeartbeatOptions{
		URL: s.URL + "/", UserAgent: "autoscalebot/1.0", Redirects: probe.RedirectsAny, Header: http.Header{"User-Agent": {"Mozilla/5.0"}, "Accept-Encoding": nil},
	})
	h.DialWith(to(s.Listener.Addr().String()))
	wantAnswer(t, h)
}

func TestUserInURLIsSentAsBasicAuthentication(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, req *http.Request) {
		if user, password, _ := req.BasicAuth(); user != "u" || password != "p:w" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	h, err := probe.NewHeartbeat(probe.HeartbeatOptions{URL: strings.Replace(s.URL, "//", "//u:p%3Aw@", 1), Timeout: patient})
	if err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, h)
}

func TestConnectionIsFreshUnlessKeptAlive(t *testing.T) {
	for _, keep := range []bool{false, true} {
		peers := map[string]bool{}
		s := serve(t, func(w http.ResponseWriter, req *http.Request) {
			peers[req.RemoteAddr] = true
			_, _ = io.WriteString(w, "Beat")
		})
		h := heartbeat(t, probe.HeartbeatOptions{URL: s.URL, KeepAlive: keep})
		var last probe.Reading
		for range 3 {
			last = take(t, h)
		}
		if want := map[bool]int{false: 3, true: 1}[keep]; len(peers) != want {
			t.Errorf("keep alive %v: %d connections, want %d", keep, len(peers), want)
		}
		if (last.Phases.Connect == 0) != keep {
			t.Errorf("keep alive %v: third time connected in %v", keep, last.Phases.Connect)
		}
	}
}

func TestPathIsResolvedOnceBaseHasAnswered(t *testing.T) {
	var asked []string
	s := serve(t, func(_ http.ResponseWriter, req *http.Request) { asked = append(asked, req.URL.Path) })
	var calls int
	h := heartbeat(t, probe.HeartbeatOptions{URL: "/beat/", Base: func(context.Context) (string, error) {
		calls++
		switch calls {
		case 1:
			return "", errors.New("app not found")
		case 2:
			return "app.example.com", nil
		case 3:
			return ":", nil
		}
		return s.URL + "/", nil
	}})
	for _, want := range []string{
		"the app's web URL is not known: app not found",
		"the app's web URL has a scheme other than http and https",
		"the app's web URL is invalid",
		"",
		"",
	} {
		r := take(t, h)
		if outcome := map[bool]probe.Outcome{true: probe.Answered, false: probe.Unreachable}[want == ""]; r.Outcome != outcome || r.Error != want {
			t.Errorf("got %+v, want error %q", r, want)
		}
	}
	if calls != 4 || fmt.Sprint(asked) != "[/beat/ /beat/]" {
		t.Errorf("base was asked %d times, the app for %v", calls, asked)
	}
}

func TestCanceledWhileBaseIsAsked(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	h := heartbeat(t, probe.HeartbeatOptions{URL: "/beat/", Base: func(ctx context.Context) (string, error) {
		cancel()
		return "", ctx.Err()
	}})
	if r := h.Probe(ctx); r.Outcome != probe.Unreachable || r.Error != "canceled" {
		t.Errorf("got %+v", r)
	}
}

func TestBaseThatHangsIsNoTimeoutOfTheApp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := heartbeat(t, probe.HeartbeatOptions{URL: "/beat/", Timeout: 4 * time.Second, Base: func(ctx context.Context) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		}})
		if r := take(t, h); r.Outcome != probe.Unreachable || r.Value != 4000 ||
			r.Error != "the app's web URL is not known: the platform did not answer in time" {
			t.Errorf("got %+v", r)
		}
	})
}
