package webhook_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/notify/notifytest"
	"github.com/autoscalebot/autoscalebot/notify/webhook"
)

const (
	secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	token  = "T0K3N-in-the-path"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type sink struct {
	*httptest.Server
	t *testing.T

	mu     sync.Mutex
	bodies []string
	answer http.HandlerFunc // nil = 204
}

func newSink(t *testing.T) *sink {
	s := &sink{t: t}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	answer := s.answer
	if answer == nil {
		s.bodies = append(s.bodies, string(body))
	}
	s.mu.Unlock()
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		s.t.Error(err)
	}
	if err := verifier.Verify(body, r.Header); err != nil || r.Method != http.MethodPost || r.URL.Path != "/"+token {
		s.t.Errorf("%s %s: %v", r.Method, r.URL, err)
	}
	if answer == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answer(w, r)
}

func (s *sink) set(answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

func (s *sink) arrived() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.bodies {
		var e notify.Event
		if err := json.Unmarshal([]byte(b), &e); err != nil {
			s.t.Error(err)
		}
		all = append(all, e.Subject()+"\n"+b)
	}
	return all
}

func open(t *testing.T, o webhook.Options) *webhook.Notifier {
	t.Helper()
	n, err := webhook.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestConformance(t *testing.T) {
	notifytest.Run(t, func(t *testing.T) notifytest.Fixture {
		s := newSink(t)
		return notifytest.Fixture{
			Notifier: open(t, webhook.Options{URL: s.URL + "/" + token + "?key=qu3ry", Secret: secret}),
			Arrived:  s.arrived,
			Hang:     func() { s.set(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }) },
			Refuse: func() {
				s.set(func(w http.ResponseWriter, r *http.Request) {
					http.Error(w, r.URL.String()+secret, http.StatusForbidden)
				})
			},
			Vanish:  s.Close,
			Secrets: []string{token, "qu3ry", secret, secret[6:]},
		}
	})
}

func TestWhatAnAnswerMeans(t *testing.T) {
	type meaning struct {
		permanent bool
		after     time.Duration
		text      string
	}
	for _, c := range []struct {
		code       int
		retryAfter string
		want       *meaning // nil = it arrived
	}{
		{code: 200},
		{code: 202},
		{code: 204},
		{code: 429, want: &meaning{text: "answered 429 Too Many Requests"}},
		{code: 429, retryAfter: "7", want: &meaning{after: 7 * time.Second, text: "answered 429"}},
		{code: 429, retryAfter: "soon", want: &meaning{text: "answered 429"}},
		{code: 429, retryAfter: "-7", want: &meaning{text: "answered 429"}},
		{code: 429, retryAfter: "99999999999999999999", want: &meaning{text: "answered 429"}},
		{code: 429, retryAfter: "Sun, 06 Nov 1994 08:49:37 GMT", want: &meaning{text: "answered 429"}},
		{code: 503, retryAfter: "3", want: &meaning{after: 3 * time.Second, text: "answered 503 Service Unavailable"}},
		{code: 500, want: &meaning{text: "answered 500 Internal Server Error"}},
		{code: 408, want: &meaning{text: "answered 408"}},
		{code: 599, want: &meaning{text: "answered 599"}},
		{code: 301, want: &meaning{permanent: true, text: "redirects are not followed"}},
		{code: 307, want: &meaning{permanent: true, text: "redirects are not followed"}},
		{code: 304, want: &meaning{permanent: true, text: "answered 304"}},
		{code: 400, want: &meaning{permanent: true, text: "answered 400 Bad Request"}},
		{code: 401, want: &meaning{permanent: true, text: "check that the secret"}},
		{code: 404, want: &meaning{permanent: true, text: "check the URL"}},
		{code: 410, want: &meaning{permanent: true, text: "wants no more events"}},
	} {
		t.Run(fmt.Sprint(c.code, " ", c.retryAfter), func(t *testing.T) {
			s := newSink(t)
			s.set(func(w http.ResponseWriter, _ *http.Request) {
				if c.retryAfter != "" {
					w.Header().Set("Retry-After", c.retryAfter)
				}
				w.Header().Set("Location", s.URL+"/"+token)
				w.WriteHeader(c.code)
			})
			err := open(t, webhook.Options{URL: s.URL + "/" + token, Secret: secret}).Notify(t.Context(), notifytest.Event(notify.Scaled))
			if c.want == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want.text) || !strings.Contains(err.Error(), s.URL) {
				t.Fatalf("Notify = %v, want %q and %s in it", err, c.want.text, s.URL)
			}
			var after time.Duration
			if r := notify.RetryAfter(nil); errors.As(err, &r) {
				after = r.RetryAfter()
			}
			if notify.IsPermanent(err) != c.want.permanent || after != c.want.after {
				t.Errorf("%v: permanent %v, retry after %v, want %+v", err, notify.IsPermanent(err), after, *c.want)
			}
			notifytest.NoSecrets(t, err, token)
		})
	}
}

func TestRetryAfterADate(t *testing.T) {
	s := newSink(t)
	s.set(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
		w.WriteHeader(503)
	})
	err := open(t, webhook.Options{URL: s.URL + "/" + token, Secret: secret}).Notify(t.Context(), notify.Event{ID: "x"})
	if r := notify.RetryAfter(nil); !errors.As(err, &r) || (r.RetryAfter()-time.Hour).Abs() > time.Minute {
		t.Errorf("Notify = %v", err)
	}
}

// The far end is a raw connection that sends the case's bytes.
func TestServersThatSpeakNoHTTP(t *testing.T) {
	for name, talk := range map[string]func(c net.Conn){
		"echoes the request": notifytest.Echo,
		"answers with the token": func(c net.Conn) {
			_, _ = c.Read(make([]byte, 64<<10))
			_, _ = io.WriteString(c, "HTTP/1.1 "+token+"\r\n\r\n")
		},
		"closes at once": func(net.Conn) {},
		"dribbles its headers": func(c net.Conn) {
			_, _ = c.Read(make([]byte, 64<<10))
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			notifytest.Dribble(c, "X: y\r\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := open(t, webhook.Options{URL: "http://" + notifytest.Talk(t, talk) + "/" + token, Timeout: 300 * time.Millisecond})
			start := time.Now()
			err := n.Notify(t.Context(), notifytest.Event(notify.Scaled))
			if err == nil || notify.IsPermanent(err) || time.Since(start) > 5*time.Second {
				t.Errorf("Notify = %v after %v", err, time.Since(start))
			}
			if dribble := strings.HasPrefix(name, "dribbles"); dribble != errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Notify = %v, a deadline exceeded is wanted: %v", err, dribble)
			}
			notifytest.NoSecrets(t, err, token)
		})
	}
}

func TestEndlessHeadersAreNotReadForLong(t *testing.T) {
	sent := make(chan int, 1)
	addr := notifytest.Talk(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 64<<10))
		n, err := io.WriteString(c, "HTTP/1.1 200 OK\r\n")
		for err == nil {
			var wrote int
			wrote, err = io.WriteString(c, "X-Filler: "+strings.Repeat("x", 10000)+"\r\n")
			n += wrote
		}
		sent <- n
	})
	err := open(t, webhook.Options{URL: "http://" + addr}).Notify(t.Context(), notify.Event{ID: "x"})
	// The kernel's buffers hold much of what was sent and never read.
	if n := <-sent; err == nil || n > 8<<20 {
		t.Errorf("Notify = %v after %d bytes", err, n)
	}
}

func TestAnAnswersBodyIsNotWaitedFor(t *testing.T) {
	s := newSink(t)
	s.set(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	if err := open(t, webhook.Options{URL: s.URL + "/" + token, Secret: secret}).Notify(t.Context(), notify.Event{ID: "x"}); err != nil {
		t.Error(err)
	}
}

func TestABadCertificateIsNamed(t *testing.T) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	err := open(t, webhook.Options{URL: s.URL + "/" + token}).Notify(t.Context(), notify.Event{})
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("Notify = %v", err)
	}
	notifytest.NoSecrets(t, err, token)
}

func TestHeaders(t *testing.T) {
	for agent, want := range map[string]string{"": "autoscalebot", "autoscalebot/3.0": "autoscalebot/3.0"} {
		got := make(chan http.Header, 1)
		s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.Header }))
		if err := open(t, webhook.Options{URL: s.URL, UserAgent: agent}).Notify(t.Context(), notifytest.Event(notify.Scaled)); err != nil {
			t.Error(err)
		}
		h := <-got
		if h.Get("User-Agent") != want || h.Get("Content-Type") != "application/json" || h.Get("webhook-id") != "evt_2zQ8" ||
			h.Get("webhook-timestamp") == "" || h.Get("webhook-signature") != "" {
			t.Errorf("headers without a secret: %v", h)
		}
		s.Close()
	}
}

func TestPlainSecretIsTheKeyItself(t *testing.T) {
	const plain = "correct horse battery staple"
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		verifier, err := standardwebhooks.NewWebhook("whsec_" + base64.StdEncoding.EncodeToString([]byte(plain)))
		if err == nil {
			err = verifier.Verify(body, r.Header)
		}
		if err != nil {
			t.Error(err)
		}
	}))
	defer s.Close()
	if err := open(t, webhook.Options{URL: s.URL, Secret: plain}).Notify(t.Context(), notify.Event{ID: "x"}); err != nil {
		t.Error(err)
	}
}

func TestBadOptions(t *testing.T) {
	for _, c := range []struct {
		o    webhook.Options
		want string
	}{
		{webhook.Options{}, "webhook: invalid URL: must be http or https, such as https://example.com/hook"},
		{webhook.Options{URL: "ftp://example.com/" + token}, "invalid URL: must be http or https"},
		{webhook.Options{URL: "https:///" + token}, "invalid URL: must be http or https"},
		{webhook.Options{URL: "https://exa mple.com/" + token}, "invalid URL: must be http or https"},
		{webhook.Options{URL: "https://example.com/%zz" + token}, "invalid URL: must be http or https"},
		{webhook.Options{URL: "https://example.com", Secret: "whsec_" + token}, "webhook: the secret begins with whsec_, but the rest is not base64"},
		{webhook.Options{URL: "https://example.com", Secret: "whsec_"}, "but the rest is not base64"},
	} {
		_, err := webhook.New(c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("New(%+v) = %v, want %q in it", c.o, err, c.want)
			continue
		}
		notifytest.NoSecrets(t, err, token)
	}
}

func TestAnEventThatJSONCannotHoldIsPermanent(t *testing.T) {
	n := open(t, webhook.Options{URL: "http://127.0.0.1:9/" + token})
	err := n.Notify(t.Context(), notify.Event{Time: time.Date(99999, 1, 1, 0, 0, 0, 0, time.UTC)})
	if !notify.IsPermanent(err) || !strings.Contains(err.Error(), "year") {
		t.Errorf("Notify = %v", err)
	}
	notifytest.NoSecrets(t, err, token)
}
