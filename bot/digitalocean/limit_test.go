package digitalocean_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/digitalocean"
	"github.com/autoscalebot/autoscalebot/bot/digitalocean/digitaloceantest"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

func TestReadsWaitForTheRateLimit(t *testing.T) {
	for what, c := range map[string]struct {
		prepare func(*digitaloceantest.Server)
		waits   time.Duration
		calls   int
	}{
		"retry-after in seconds": {func(s *digitaloceantest.Server) {
			s.Fail(digitaloceantest.Fault{Status: 429, Times: 1, Header: http.Header{"Retry-After": {"7"}}})
		}, 7 * time.Second, 2},
		"retry-after as a date": {func(s *digitaloceantest.Server) {
			s.Fail(digitaloceantest.Fault{Status: 429, Times: 1, Header: http.Header{"Retry-After": {time.Now().Add(9 * time.Second).UTC().Format(http.TimeFormat)}}})
		}, 9 * time.Second, 2},
		"a 429 that says nothing": {func(s *digitaloceantest.Server) {
			s.Fail(digitaloceantest.Fault{Status: 429, Times: 1})
		}, 10 * time.Second, 2},
		"none left": {func(s *digitaloceantest.Server) { s.SetRemaining(0, 20*time.Second) }, 21 * time.Second, 2},
	} {
		t.Run(what, func(t *testing.T) {
			virtual(t, func(t *testing.T, srv *digitaloceantest.Server, o digitalocean.Options) {
				p := open(t, o)
				c.prepare(srv)
				began := time.Now()
				if _, err := p.List(t.Context()); err != nil || time.Since(began) != c.waits || len(srv.Calls()) != c.calls {
					t.Errorf("List: %v after %v and %d calls, want %v and %d", err, time.Since(began), len(srv.Calls()), c.waits, c.calls)
				}
			})
		})
	}
}

func TestTheLastCallLeftClosesTheGate(t *testing.T) {
	virtual(t, func(t *testing.T, srv *digitaloceantest.Server, o digitalocean.Options) {
		p := open(t, o)
		srv.SetRemaining(1, 10*time.Minute)
		if _, err := p.List(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n, ok := p.Quota(); n != 0 || !ok {
			t.Errorf("Quota: %d, %v, want 0", n, ok)
		}
		until := time.Now().Add(10*time.Minute + time.Second).UTC().Format("15:04:05")
		for _, call := range []func() error{
			func() error { _, err := p.List(t.Context()); return err },
			func() error { _, err := p.Create(t.Context(), pool.Order{Name: "web-1"}); return err },
		} {
			err := call()
			var e *digitalocean.Error
			if !errors.As(err, &e) || e.Until.IsZero() || !strings.Contains(err.Error(), "no API calls left until "+until) || errors.Is(err, pool.ErrRefused) {
				t.Errorf("%v, want until when (%s), and no refusal", err, until)
			}
		}
		if n := len(srv.Calls()); n != 1 {
			t.Errorf("%d calls were made when none was left, want none", n-1)
		}
		time.Sleep(11 * time.Minute)
		if _, err := p.Create(t.Context(), pool.Order{Name: "web-1"}); err != nil {
			t.Errorf("Create after that: %v", err)
		}
	})
}

// A write never waits for the limit: its caller decides again.
func TestAWriteSaysUntilWhen(t *testing.T) {
	virtual(t, func(t *testing.T, srv *digitaloceantest.Server, o digitalocean.Options) {
		p := open(t, o)
		srv.Fail(digitaloceantest.Fault{Method: http.MethodPost, Status: 429, Header: http.Header{"Retry-After": {"5"}}})
		began := time.Now()
		_, err := p.Create(t.Context(), pool.Order{Name: "web-1"})
		if err == nil || !strings.Contains(err.Error(), "no API calls left until 00:00:05 UTC") || errors.Is(err, pool.ErrRefused) || time.Since(began) != 0 {
			t.Errorf("Create: %v after %v", err, time.Since(began))
		}
	})
}

func TestReadsAreTriedAgain(t *testing.T) {
	for what, fault := range map[string]digitaloceantest.Fault{
		"500": {Status: 500}, "503": {Status: 503}, "cut": {Cut: true}, "no answer": {}, "hang": {Hang: true},
	} {
		t.Run(what, func(t *testing.T) {
			virtual(t, func(t *testing.T, srv *digitaloceantest.Server, o digitalocean.Options) {
				o.Timeout = 5 * time.Second
				p := open(t, o)
				fault.Times = 2
				srv.Fail(fault)
				if _, err := p.List(t.Context()); err != nil || len(srv.Calls()) != 3 {
					t.Errorf("List: %v in %d calls, want 3", err, len(srv.Calls()))
				}
				fault.Times = 0
				srv.Fail(fault)
				if _, err := p.List(t.Context()); err == nil || len(srv.Calls()) != 6 {
					t.Errorf("List: %v in %d calls more, want an error after 3", err, len(srv.Calls())-3)
				}
			})
		})
	}
	for what, fault := range map[string]digitaloceantest.Fault{
		"garbage": {Body: "<html>"}, "403": {Status: 403}, "too long": {Body: `{"x":"` + strings.Repeat("x", 9<<20) + `"}`},
	} {
		t.Run(what, func(t *testing.T) {
			srv := digitaloceantest.NewServer(t)
			srv.Fail(fault)
			_, err := open(t, options(srv)).List(t.Context())
			if err == nil || len(srv.Calls()) != 1 || len(err.Error()) > 700 {
				t.Errorf("List: %.800v in %d calls, want a short error after one", err, len(srv.Calls()))
			}
		})
	}
}

func TestACallEndsWithinAMinute(t *testing.T) {
	virtual(t, func(t *testing.T, srv *digitaloceantest.Server, o digitalocean.Options) {
		srv.Fail(digitaloceantest.Fault{Hang: true})
		p := open(t, o)
		began := time.Now()
		if _, err := p.List(context.Background()); err == nil || time.Since(began) > time.Minute {
			t.Errorf("List: %v after %v", err, time.Since(began))
		}
	})
}

func TestTheTokenStaysHere(t *testing.T) {
	srv := digitaloceantest.NewServer(t)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("a redirect was followed, with %q", r.Header.Get("Authorization"))
	}))
	defer elsewhere.Close()
	p := open(t, options(srv))
	mend := srv.Fail(digitaloceantest.Fault{Status: 302, Header: http.Header{"Location": {elsewhere.URL}}})
	if _, err := p.List(t.Context()); err == nil || !strings.Contains(err.Error(), "redirects are not followed") {
		t.Errorf("List: %v", err)
	}
	mend()
	srv.Fail(digitaloceantest.Fault{Status: 418, Message: "I know your token " + srv.Token + "\nreally"})
	if _, err := p.List(t.Context()); err == nil || strings.Contains(err.Error(), srv.Token) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "[token]") {
		t.Errorf("List: %v", err)
	}
}

// A server's limit can delay a call by at most an hour.
func FuzzLimit(f *testing.F) {
	f.Add(429, "0", "1444931833", "7", "Sun, 22 Nov 2026 10:00:00 GMT")
	f.Add(200, "0", "99999999999999999999", "-1", "")
	f.Add(429, "-5", "x", "99999999999999999999999", "x")
	f.Fuzz(func(t *testing.T, status int, remaining, reset, after, date string) {
		resp := &http.Response{StatusCode: status, Header: http.Header{
			"Ratelimit-Remaining": {remaining}, "Ratelimit-Reset": {reset}, "Retry-After": {after}, "Date": {date},
		}}
		now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
		if d := digitalocean.Asked(resp, now); d < 0 || d > time.Hour || status == 429 && d == 0 {
			t.Errorf("asked to wait %v", d)
		}
	})
}
