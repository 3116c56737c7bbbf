package cloudfoundry_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/cloudfoundry"
	"github.com/autoscalebot/autoscalebot/bot/cloudfoundry/cloudfoundrytest"
)

func logins(srv *cloudfoundrytest.Server) map[string]int {
	n := map[string]int{}
	for _, c := range srv.Calls() {
		if c.Path == "/oauth/token" {
			for _, grant := range []string{"password", "refresh_token", "client_credentials"} {
				if strings.Contains(c.Body, "grant_type="+grant) {
					n[grant]++
				}
			}
		}
	}
	return n
}

func TestATokenServesUntilItIsRefused(t *testing.T) {
	srv, p := open(t)
	for range 5 {
		size(t, p)
	}
	if n := logins(srv); n["password"] != 1 || len(n) != 1 {
		t.Errorf("tokens were asked for by %v, want once by password", n)
	}
	srv.RevokeTokens(false)
	size(t, p)
	if n := logins(srv); n["password"] != 1 || n["refresh_token"] != 1 {
		t.Errorf("after the token was refused: %v, want a refresh", n)
	}
	srv.RevokeTokens(true)
	size(t, p)
	if n := logins(srv); n["password"] != 2 {
		t.Errorf("after the refresh token was refused, too: %v, want another login", n)
	}
}

func TestARefusedTokenIsRenewedOnceForAll(t *testing.T) {
	srv, p := open(t)
	size(t, p)
	srv.RevokeTokens(true)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, _, err := p.Size(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := logins(srv); n["password"] != 2 || n["refresh_token"] != 1 {
		t.Errorf("tokens were asked for by %v, want 2 logins and 1 refresh", n)
	}
}

// A server that is reached without a network lets time be virtual.
type inProcess struct{ http.Handler }

func (s inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result(), nil
}

func platformOver(t *testing.T, way http.RoundTripper) *cloudfoundry.Platform {
	t.Helper()
	p, err := cloudfoundry.NewOver(cloudfoundry.Options{
		URL: "https://api.example.com", App: "ffffffff-cafe-4abc-8def-0123456789ab",
		Credentials: cloudfoundry.Credentials{ClientID: "c", ClientSecret: "s"},
	}, way)
	must(t, err)
	return p
}

func TestATokenIsRenewedBeforeItRunsOut(t *testing.T) {
	for name, c := range map[string]struct {
		life, wait time.Duration
		want       int // tokens
	}{
		"a young one":               {10 * time.Minute, 8 * time.Minute, 1},
		"in its last minute":        {10 * time.Minute, 9*time.Minute + time.Second, 2},
		"a short one":               {20 * time.Second, 17 * time.Second, 1},
		"a short one, near its end": {20 * time.Second, 18*time.Second + time.Millisecond, 2},
		"one without an end":        {0, time.Millisecond, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				given, refusals := 0, 0
				var end time.Time
				mux := http.NewServeMux()
				mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
					_, _ = io.WriteString(w, `{"links":{"uaa":{"href":"https://uaa.example.com"}}}`)
				})
				mux.HandleFunc("POST uaa.example.com/oauth/token", func(w http.ResponseWriter, _ *http.Request) {
					mu.Lock()
					defer mu.Unlock()
					given++
					end = time.Now().Add(c.life)
					_, _ = io.WriteString(w, `{"access_token":"t","token_type":"bearer","expires_in":`+strconv.Itoa(int(c.life.Seconds()))+`}`)
				})
				mux.HandleFunc("GET /v3/", func(w http.ResponseWriter, _ *http.Request) {
					mu.Lock()
					defer mu.Unlock()
					if time.Now().After(end) {
						refusals++
					}
					w.WriteHeader(http.StatusForbidden) // which is enough to know that the token was taken
				})
				p := platformOver(t, inProcess{mux})
				_, _, _ = p.Size(t.Context())
				time.Sleep(c.wait)
				_, _, _ = p.Size(t.Context())
				if given != c.want || refusals > 0 {
					t.Errorf("%d tokens were asked for and %d calls came too late, want %d and 0", given, refusals, c.want)
				}
			})
		})
	}
}

func TestAccess(t *testing.T) {
	srv, p := open(t)
	a, err := p.Access(t.Context(), "")
	if err != nil || a.LogCache != srv.URL || a.App != srv.AppGUID("my-app") || a.Token == "" {
		t.Fatalf("Access = %+v, %v", a, err)
	}
	if b, err := p.Access(t.Context(), ""); err != nil || b != a {
		t.Errorf("again: %+v, %v, want the same", b, err)
	}
	if b, err := p.Access(t.Context(), a.Token); err != nil || b.Token == a.Token {
		t.Errorf("after it was refused: %+v, %v, want another token", b, err)
	}
	if b, err := p.Access(t.Context(), a.Token); err != nil || b.Token == a.Token {
		t.Errorf("refused by somebody who is late: %+v, %v", b, err)
	}
	if n := len(logins(srv)); n != 2 {
		t.Errorf("tokens were asked for by %d grants, want a login and a refresh", n)
	}
	mend := srv.Fail(cloudfoundrytest.Fault{Path: "/", Status: 0, Times: 1})
	defer mend()
	srv.Fail(cloudfoundrytest.Fault{Path: "/", Body: `{"links":{"uaa":{"href":"` + srv.URL + `"}}}`, Times: 1})
	if _, err := platform(t, options(srv)).Access(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "this installation of Cloud Foundry has no Log Cache") {
		t.Errorf("without Log Cache: %v", err)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for header, want := range map[string]time.Duration{
		"":                                  0,
		"Retry-After: 30":                   30 * time.Second,
		"Retry-After: 99999999999999999999": 24 * time.Hour,
		"Retry-After: -1":                   0,
		"Retry-After: soon":                 0,
		"Retry-After: " + now.Add(10*time.Second).UTC().Format(http.TimeFormat): 10 * time.Second,
		"X-RateLimit-Reset: 1700000060":                                         0, // something remains
		"X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1700000060":               time.Minute,
		"X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1600000000":               0,
		"X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 99999999999999999999":     24 * time.Hour,
	} {
		h := http.Header{}
		for line := range strings.Lines(header) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			h.Set(name, value)
		}
		if got := cloudfoundry.RetryAfter(h, now); got != want {
			t.Errorf("RetryAfter(%q) = %v, want %v", header, got, want)
		}
	}
}

// Whatever comes as an answer, nothing panics, and a number is believed only where the answer has it.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{
		`{"guid":"a","name":"my-app","state":"STARTED"}`, `{"resources":[{"guid":"p","type":"web","instances":2}]}`, `{"resources":[null]}`, "{}", "null", "[]", "<html>",
		`{"resources":[{"type":"web","index":0,"state":"RUNNING"}]}`, `{"errors":[{"title":"CF-X","detail":"memory quota_exceeded"}]}`, `{"guid":"p","type":"web","instances":2}`,
		`{"resources":[{"guid":"../../x","type":"web","instances":-1}]}`, `{"included":{"domains":[null]},"resources":[{"url":"a b"}]}`, `{"errors":[null]}`,
	} {
		f.Add(200, body)
		f.Add(422, body)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		const root = `{"links":{"uaa":{"href":"https://api.example.com"},"log_cache":{"href":"https://lc.example.com"}},"access_token":"t","token_type":"bearer","expires_in":600}`
		first := `{"guid":"a","name":"my-app","state":"STARTED","resources":[{"guid":"p","type":"web","instances":2}]}`
		for _, path := range []string{"/v3/apps/ffffffff-cafe-4abc-8def-0123456789ab", "/v3/apps/a/processes", "/v3/processes", "/v3/", "/"} {
			p := platformOver(t, roundTrip(func(r *http.Request) (*http.Response, error) {
				answer := &http.Response{StatusCode: 200, Header: http.Header{"Retry-After": {"3600"}}, Body: io.NopCloser(strings.NewReader(first))}
				if !strings.HasPrefix(r.URL.Path, "/v3") {
					answer.Body = io.NopCloser(strings.NewReader(root))
				}
				if strings.HasPrefix(r.URL.Path, path) {
					answer.StatusCode, answer.Body = status, io.NopCloser(strings.NewReader(body))
				}
				return answer, nil
			}))
			n, _, err := p.Size(t.Context())
			if n < 0 || err != nil && (n != 0 || err.Error() == "" || strings.ContainsAny(err.Error(), "\n\r")) {
				t.Errorf("Size = %d, %q", n, err)
			}
			_ = p.Resize(t.Context(), 3)
			_, _ = p.Up(t.Context())
			_, _ = p.WebURL(t.Context())
			_, _, _ = p.Release(t.Context())
			_, _ = p.Access(t.Context(), "")
			_, _, _ = p.Conflicts(t.Context(), 9)
			p.Check(t.Context(), func(string, string, error) {})
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// What the Cloud Controller asks for holds for the next heartbeats too.
func TestRetryAfterIsKeptAcrossCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const root = `{"links":{"uaa":{"href":"https://uaa.example.com"}},"access_token":"t","token_type":"bearer","expires_in":6000}`
		refused := 0
		p := platformOver(t, roundTrip(func(r *http.Request) (*http.Response, error) {
			answer := &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(root))}
			if strings.HasPrefix(r.URL.Path, "/v3/") {
				refused++
				answer.StatusCode = http.StatusTooManyRequests
				answer.Header.Set("Retry-After", "300")
			}
			return answer, nil
		}))
		for range 40 { // every 30 s for 20 minutes
			if _, _, err := p.Size(t.Context()); err == nil {
				t.Error("no error")
			}
			time.Sleep(30 * time.Second)
		}
		if refused != 4 {
			t.Errorf("%d calls in 20 minutes of being asked to wait 5, want 4", refused)
		}
	})
}
