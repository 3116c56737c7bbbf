package web_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// A script answers one step a try: a status with a Retry-After, or 0 for a broken connection.
type script struct {
	steps []step
	at    []time.Time
}

type step struct {
	status int
	after  string
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	s.at = append(s.at, time.Now())
	at := s.steps[min(len(s.at), len(s.steps))-1]
	if at.status == 0 {
		return nil, errors.New("reset by a server that knows s3cret")
	}
	h := http.Header{"Retry-After": {at.after}, "Request-Id": {"r1"}, "Left": {"7"}}
	return &http.Response{StatusCode: at.status, Header: h, Body: io.NopCloser(strings.NewReader("a body")), Request: r}, nil
}

func transport(s *script) *web.Transport {
	return &web.Transport{
		Inner: s, Timeout: time.Second, Tries: 3, MaxBody: 1 << 20, Who: "Acme", Secrets: web.NewSecrets("[key]", "s3cret"),
		RequestID: "Request-Id", Remaining: "Left",
		Refused: func(_ *http.Request, _ int, body []byte) *web.Error {
			return &web.Error{ID: "odd", Message: string(body) + " with s3cret."}
		},
	}
}

func TestWhatIsTriedAgain(t *testing.T) {
	for _, c := range []struct {
		name   string
		steps  []step
		once   bool
		change func(*web.Transport)
		tries  int
		took   time.Duration // at least
		want   string        // of the error
	}{
		{name: "good", steps: []step{{status: 200}}, tries: 1},
		{name: "broken", steps: []step{{}, {}, {status: 200}}, tries: 3},
		{name: "broken and once", steps: []step{{}}, once: true, tries: 1, want: "acme.example.com is unreachable: reset by a server that knows [key]"},
		{name: "500", steps: []step{{status: 500}}, tries: 3, want: "Acme answered 500 Internal Server Error, odd: a body with [key] (3 tries, request r1)"},
		{name: "500 and once", steps: []step{{status: 500}}, once: true, tries: 1, want: "a body with [key] (request r1)"},
		{name: "429 and once", steps: []step{{429, "2"}, {status: 200}}, once: true, tries: 2, took: 2 * time.Second},
		{name: "404", steps: []step{{404, "2"}}, tries: 1, want: "404 Not Found"},
		{name: "429 for longer than there is", steps: []step{{429, "3600"}}, tries: 1, want: "Acme asks for a wait of 1h0m0s, longer than this call may take"},
		{
			name: "429 that is waited for", steps: []step{{429, "5"}, {429, "5"}, {429, "5"}, {429, "5"}, {status: 200}},
			change: func(t *web.Transport) { t.Waits = 5 }, tries: 5, took: 20 * time.Second,
		},
		{
			name: "429 that is waited for too often", steps: []step{{429, "5"}},
			change: func(t *web.Transport) { t.Waits = 2 }, tries: 3, took: 10 * time.Second, want: "acme.example.com asked the bot to wait until 00:00:15 UTC",
		},
		{
			name: "429 that is waited for, and once", steps: []step{{429, "5"}}, once: true,
			change: func(t *web.Transport) { t.Waits = 2 }, tries: 1, want: "acme.example.com asked the bot to wait until 00:00:05 UTC, so it makes no call before",
		},
		{
			name: "too long", steps: []step{{status: 200}}, change: func(t *web.Transport) { t.MaxBody = 3 }, tries: 1,
			want: "Acme answered 200 OK: invalid answer: it is longer than 0 MiB (request r1)",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: c.steps}
				w := transport(s)
				if c.change != nil {
					c.change(w)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://acme.example.com/", strings.NewReader("x"))
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				resp, err := w.Do(req, c.once, nil)
				if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
					t.Errorf("error = %v, want %q", err, c.want)
				}
				if err == nil {
					if body, _ := io.ReadAll(resp.Body); string(body) != "a body" {
						t.Errorf("the body is %q", body)
					}
				}
				if took := time.Since(began); len(s.at) != c.tries || took < c.took {
					t.Errorf("%d tries in %v, want %d in %v", len(s.at), took, c.tries, c.took)
				}
				if n, ok := w.Left(); c.steps[0].status != 0 && (n != 7 || !ok) {
					t.Errorf("Left = %d, %v", n, ok)
				}
			})
		})
	}
}

func TestCallsLeftAreTheLastOnesTold(t *testing.T) {
	left := ""
	w := transport(&script{})
	w.Inner = roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{"Left": {left}}, Body: http.NoBody, Request: r}, nil
	})
	for _, c := range []struct {
		says string
		n    int
		ok   bool
	}{{"", 0, false}, {"-5", 0, false}, {"x", 0, false}, {"0", 0, true}, {"12", 12, true}, {"-1", 12, true}, {"99999999999999999999", 12, true}} {
		left = c.says
		if _, err := w.RoundTrip(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://acme.example.com/", nil)); err != nil {
			t.Fatal(err)
		}
		if n, ok := w.Left(); n != c.n || ok != c.ok {
			t.Errorf("Left after %q = %d, %v, want %d, %v", c.says, n, ok, c.n, c.ok)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
