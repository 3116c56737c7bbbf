package heroku_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/heroku"
)

const good = `{"type":"web","quantity":2,"size":"Standard-1X"}`

// A script answers one step a try, in virtual time.
type script struct {
	steps  []step
	at     []time.Duration // of each try, since the first
	bodies []string
	start  time.Time
}

type step struct {
	status     int    // 0: an error of the network
	retryAfter string // the header
	body       string
	takes      time.Duration // before the answer
	dribbles   bool          // the body never ends, a byte a second
}

var errReset = errors.New("connection reset by peer")

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	if s.start.IsZero() {
		s.start = time.Now()
	}
	s.at = append(s.at, time.Since(s.start))
	if req.Body != nil {
		b, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		s.bodies = append(s.bodies, string(b))
	}
	st := s.steps[min(len(s.at), len(s.steps))-1]
	select {
	case <-time.After(st.takes):
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	if st.status == 0 {
		return nil, errReset
	}
	h := http.Header{"Request-Id": {"r" + strconv.Itoa(len(s.at))}}
	if st.retryAfter != "" {
		h.Set("Retry-After", st.retryAfter)
	}
	var body io.Reader = strings.NewReader(st.body)
	if st.dribbles {
		body = dribble{req.Context()}
	}
	return &http.Response{StatusCode: st.status, Header: h, Body: io.NopCloser(body), Request: req}, nil
}

type dribble struct{ ctx context.Context }

func (d dribble) Read(p []byte) (int, error) {
	select {
	case <-time.After(time.Second):
		p[0] = ' '
		return 1, nil
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	}
}

func scripted(t *testing.T, o heroku.Options, steps ...step) (*script, *heroku.Platform) {
	t.Helper()
	s := &script{steps: steps}
	o.App, o.Key = "my-app", "key"
	p, err := heroku.NewOver(o, s)
	must(t, err)
	return s, p
}

func TestRetriesWaitAndEnd(t *testing.T) {
	date := func(d time.Duration) string { // in a bubble, which starts at this time
		return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(d).Format(http.TimeFormat)
	}
	const first, second = 500 * time.Millisecond, 750 * time.Millisecond // each give or take half
	for _, c := range []struct {
		name  string
		steps []step
		waits []time.Duration // before the tries but the first; below a second give or take half
		want  string          // in the error; "" for no error
	}{
		{"nothing to try again", []step{{status: 200, body: good}}, nil, ""},
		{"500, then an answer", []step{{status: 500}, {status: 200, body: good}}, []time.Duration{first}, ""},
		{"a reset, then 503, then an answer", []step{{}, {status: 503}, {status: 200, body: good}}, []time.Duration{first, second}, ""},
		{"500 for ever", []step{{status: 500}}, []time.Duration{first, second}, "Heroku answered 500 Internal Server Error (3 tries, request r3): Heroku has a problem"},
		{"an error page for ever", []step{{status: 502, body: "<html>"}}, []time.Duration{first, second}, "Heroku answered 502 Bad Gateway (3 tries, request r3): Heroku has a problem, see https://status.heroku.com; the bot tries again at the next heartbeat"},
		{"resets for ever", []step{{}}, []time.Duration{first, second}, "Heroku is unreachable: connection reset by peer (3 tries): the bot tries again"},
		{"429 without a word", []step{{status: 429}}, []time.Duration{first, second}, "Heroku answered 429 Too Many Requests (3 tries, request r3): the account's 4,500 calls per hour are used up"},
		{"429 with seconds", []step{{status: 429, retryAfter: "5"}, {status: 200, body: good}}, []time.Duration{5 * time.Second}, ""},
		{"429 with a date", []step{{status: 429, retryAfter: date(7 * time.Second)}, {status: 200, body: good}}, []time.Duration{7 * time.Second}, ""},
		{"429 with a date gone by", []step{{status: 429, retryAfter: date(-time.Hour)}, {status: 200, body: good}}, []time.Duration{first}, ""},
		{"429 with nonsense", []step{{status: 429, retryAfter: "soon"}, {status: 200, body: good}}, []time.Duration{first}, ""},
		{"503 with seconds", []step{{status: 503, retryAfter: "3"}, {status: 200, body: good}}, []time.Duration{3 * time.Second}, ""},
		{"429 for longer than the call", []step{{status: 429, retryAfter: "20"}}, nil, "(Heroku asks for a wait of 20s, longer than this call may take, request r1)"},
		{"429 for an hour", []step{{status: 429, retryAfter: date(time.Hour)}}, nil, "(Heroku asks for a wait of 1h0m0s, longer than this call may take, request r1)"},
		{"429 for longer than is left", []step{{status: 429, retryAfter: "12"}, {status: 429, retryAfter: "12"}}, []time.Duration{12 * time.Second}, "(2 tries, Heroku asks for a wait of 12s, longer than this call may take, request r2)"},
		{"422 with Retry-After", []step{{status: 422, retryAfter: "1"}}, nil, "422 Unprocessable Entity (request r1)"},
		{"404", []step{{status: 404}}, nil, "404 Not Found (request r1)"},
		{"garbage", []step{{status: 200, body: "?"}}, nil, "it is not JSON (request r1)"},
		{"500, then garbage", []step{{status: 500}, {status: 200, body: "{}"}}, []time.Duration{first}, "it has no type or no quantity (2 tries, request r2)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, p := scripted(t, heroku.Options{}, c.steps...)
				_, _, err := p.Size(t.Context())
				if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
					t.Errorf("error = %v, want %q", err, c.want)
				}
				if len(s.at) != len(c.waits)+1 {
					t.Fatalf("tries at %v, want %d of them", s.at, len(c.waits)+1)
				}
				for i, w := range c.waits {
					least, most := w, w
					if w < time.Second {
						least, most = w/2, w+w/2+1
					}
					if got := s.at[i+1] - s.at[i]; got < least || got > most {
						t.Errorf("waited %v before try %d, want %v to %v", got, i+2, least, most)
					}
				}
			})
		})
	}
}

// A wait that Heroku asks for also applies to the next heartbeats, for at most one hour.
func TestRetryAfterIsKeptAcrossCalls(t *testing.T) {
	for _, c := range []struct {
		status     int
		retryAfter string
		calls      int // of those at every 30 s for 2 hours
	}{
		{429, "120", 240 / 4},
		{503, "45", 120},
		{429, "86400", 2},
		{429, "", 720}, // three tries a call
		{422, "3600", 240},
		{403, "3600", 240},
	} {
		t.Run(c.retryAfter, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, p := scripted(t, heroku.Options{}, step{status: c.status, retryAfter: c.retryAfter})
				for i := range 240 {
					_, _, err := p.Size(t.Context())
					if err == nil {
						t.Fatal("no error")
					}
					time.Sleep(time.Duration(i+1)*30*time.Second - time.Since(s.start))
				}
				if n := len(s.at); n < c.calls*9/10 || n > c.calls*11/10+1 {
					t.Errorf("%d calls in two hours, want about %d", n, c.calls)
				}
				for i := 1; i < len(s.at); i++ {
					asked, err := strconv.Atoi(c.retryAfter)
					if waited := s.at[i] - s.at[i-1]; err == nil && (c.status == 429 || c.status == 503) && waited < min(time.Hour, time.Duration(asked)*time.Second) {
						t.Errorf("waited %v before call %d, want %d s", waited, i+1, asked)
					}
				}
			})
		})
	}
}

func TestEveryTryOfAResizeSendsTheWholeBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := scripted(t, heroku.Options{}, step{status: 500}, step{}, step{status: 200, body: good})
		must(t, p.Resize(t.Context(), 2))
		if got := strings.Join(s.bodies, " "); got != `{"quantity":2} {"quantity":2} {"quantity":2}` {
			t.Errorf("bodies %s", got)
		}
	})
}

func TestACallEndsInTime(t *testing.T) {
	hang, slow := step{takes: time.Hour}, step{status: 200, dribbles: true}
	for _, c := range []struct {
		name    string
		timeout time.Duration
		step    step
		within  time.Duration // the caller's deadline; 0 = none
		least   time.Duration // how long the call takes
		most    time.Duration
		tries   int
	}{
		{"no answer", 0, hang, 0, 20 * time.Second, 20 * time.Second, 2},
		{"an answer that dribbles", 0, slow, 0, 20 * time.Second, 20 * time.Second, 2},
		{"no answer to short tries", time.Second, hang, 0, 3625 * time.Millisecond, 4876 * time.Millisecond, 3},
		{"no answer, and more patience than a call may have", time.Minute, hang, 0, 20 * time.Second, 20 * time.Second, 1},
		{"the caller's deadline", 0, hang, 3 * time.Second, 3 * time.Second, 3 * time.Second, 1},
		{"errors that take long", 0, step{status: 500, takes: 9900 * time.Millisecond}, 0, 19 * time.Second, 20 * time.Second, 2},
		{"no time for a wait", 0, step{status: 500, takes: time.Second}, 1100 * time.Millisecond, time.Second, time.Second, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, p := scripted(t, heroku.Options{Timeout: c.timeout}, c.step)
				ctx := t.Context()
				if c.within > 0 {
					var cancel func()
					ctx, cancel = context.WithTimeout(ctx, c.within)
					defer cancel()
				}
				start := time.Now()
				_, _, err := p.Size(ctx)
				if err == nil {
					t.Error("no error")
				}
				if d := time.Since(start); d < c.least || d > c.most {
					t.Errorf("took %v, want %v to %v: %v", d, c.least, c.most, err)
				}
				if len(s.at) != c.tries {
					t.Errorf("%d tries, want %d: %v", len(s.at), c.tries, err)
				}
			})
		})
	}
}

func TestACancelEndsTheCallAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		step step
		want string
	}{
		"while it waits for an answer":   {step{takes: time.Hour}, "the call was canceled"},
		"while an answer dribbles":       {step{status: 200, dribbles: true}, "the call was canceled"},
		"while it waits for another try": {step{status: 429, retryAfter: "15"}, "429 Too Many Requests (ended while waiting to try again, request r1)"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, p := scripted(t, heroku.Options{}, c.step)
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(4*time.Second, cancel)
				start := time.Now()
				err := p.Resize(ctx, 3)
				if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), c.want) {
					t.Errorf("error = %v, want %q", err, c.want)
				}
				if d := time.Since(start); d != 4*time.Second || len(s.at) != 1 {
					t.Errorf("ended after %v and %d tries, want 4s and 1", d, len(s.at))
				}
			})
		})
	}
}

func TestAWarningOfHerokusDoesNotReachTheStandardLog(t *testing.T) {
	var logged strings.Builder
	capture(t, &logged)
	p, err := heroku.NewOver(heroku.Options{App: "my-app", Key: "key"}, roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: 200, Header: http.Header{"X-Heroku-Warning": {"your plan is old"}},
			Body: io.NopCloser(strings.NewReader(good)),
		}, nil
	}))
	must(t, err)
	if _, _, err := p.Size(t.Context()); err != nil || logged.String() != "" {
		t.Errorf("error %v, logged %q", err, logged.String())
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func capture(t *testing.T, w io.Writer) {
	before := log.Writer()
	log.SetOutput(w)
	t.Cleanup(func() { log.SetOutput(before) })
}
