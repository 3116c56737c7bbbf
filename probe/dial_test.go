package probe_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

// Each host answers after a time. Other addresses drop what is sent to them.
type internet struct {
	mu      sync.Mutex
	after   map[string]time.Duration // by IP address; less than 0 refuses
	served  pipeListener
	dropped int // connections that came too late and were closed
}

func (i *internet) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	host, _, _ := net.SplitHostPort(addr)
	i.mu.Lock()
	after, there := i.after[host]
	i.mu.Unlock()
	switch {
	case !there:
		<-ctx.Done()
		return nil, &net.OpError{Op: "dial", Err: ctx.Err()}
	case after < 0:
		return nil, &net.OpError{Op: "dial", Err: errors.New("refused")}
	}
	time.Sleep(after) // whatever ctx says
	if ctx.Err() != nil {
		return &late{i}, nil
	}
	return i.served.dial(), nil
}

// It came about after the race was won.
type late struct{ i *internet }

func (l *late) Close() error {
	l.i.mu.Lock()
	defer l.i.mu.Unlock()
	l.i.dropped++
	return nil
}
func (*late) Read([]byte) (int, error)         { return 0, io.EOF }
func (*late) Write([]byte) (int, error)        { return 0, io.EOF }
func (*late) LocalAddr() net.Addr              { return nil }
func (*late) RemoteAddr() net.Addr             { return nil }
func (*late) SetDeadline(time.Time) error      { return nil }
func (*late) SetReadDeadline(time.Time) error  { return nil }
func (*late) SetWriteDeadline(time.Time) error { return nil }

func online(t *testing.T, after map[string]time.Duration, addrs ...string) (*probe.Heartbeat, *internet) {
	t.Helper()
	i := &internet{after: after, served: servePipe(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "Beat") })}
	h := heartbeat(t, probe.HeartbeatOptions{URL: "http://a.test/", Timeout: 2 * time.Second})
	h.ResolveTo(addrs, i.dial)
	return h, i
}

func TestAFamilyThatDoesNotAnswerCostsOneHeartbeat(t *testing.T) {
	const six, four = "2001:db8::1", "192.0.2.1"
	for _, dead := range []string{six, four} {
		synctest.Test(t, func(t *testing.T) {
			alive := map[string]string{six: four, four: six}[dead]
			h, i := online(t, map[string]time.Duration{alive: time.Millisecond}, dead, alive)
			var took []string
			for range 4 {
				r := take(t, h)
				if r.Outcome != probe.Answered {
					t.Errorf("got %+v", r)
				}
				took = append(took, r.Phases.Connect.String())
			}
			if fmt.Sprint(took) != "[301ms 1ms 1ms 1ms]" {
				t.Errorf("connected in %v", took)
			}
			// The families change places: the same heartbeat finds the other one.
			i.mu.Lock()
			i.after = map[string]time.Duration{dead: time.Millisecond}
			i.mu.Unlock()
			for _, want := range []time.Duration{301 * time.Millisecond, time.Millisecond} {
				if r := take(t, h); r.Outcome != probe.Answered || r.Phases.Connect != want {
					t.Errorf("after the change: got %+v, want to connect in %v", r, want)
				}
			}
			// A family that refuses costs nothing.
			i.mu.Lock()
			i.after = map[string]time.Duration{dead: -1, alive: time.Millisecond}
			i.mu.Unlock()
			if r := take(t, h); r.Outcome != probe.Answered || r.Phases.Connect != time.Millisecond {
				t.Errorf("after a refusal: got %+v", r)
			}
		})
	}
}

func TestDeadAddressesOfOneFamilyAreTriedSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := online(t, map[string]time.Duration{"192.0.2.3": time.Millisecond}, "192.0.2.1", "192.0.2.2", "192.0.2.3")
		if r := take(t, h); r.Outcome != probe.Answered || r.Phases.Connect != 601*time.Millisecond {
			t.Errorf("got %+v", r)
		}
	})
}

func TestTheLoserOfARaceIsHungUpOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, i := online(t, map[string]time.Duration{"2001:db8::1": 500 * time.Millisecond, "192.0.2.1": time.Millisecond}, "2001:db8::1", "192.0.2.1")
		if r := take(t, h); r.Outcome != probe.Answered || r.Phases.Connect != 301*time.Millisecond {
			t.Errorf("got %+v", r)
		}
		time.Sleep(time.Second)
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.dropped != 1 {
			t.Errorf("%d connections were hung up on, want 1", i.dropped)
		}
	})
}

// Each phase that can hang is named for what it is, and only what happens after the request is a timeout of the app.
func TestWhatHangsIsNamed(t *testing.T) {
	hang := func(enter func(context.Context)) func(context.Context, string, string) (net.Conn, error) {
		return func(ctx context.Context, _, _ string) (net.Conn, error) {
			enter(ctx)
			<-ctx.Done()
			return nil, ctx.Err()
		}
	}
	silent := func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go func() { _, _ = io.Copy(io.Discard, there) }()
		return here, nil
	}
	tests := []struct {
		name, url, proxy string
		dial             func(context.Context, string, string) (net.Conn, error)
		outcome          probe.Outcome
		says             []string
	}{
		{"DNS", "http://a.test/", "", hang(dnsBegins), probe.Unreachable, []string{"name server", "a.test"}},
		{"DNS of the proxy", "http://a.test/", "http://p.test:3128", hang(dnsBegins), probe.Unreachable, []string{"name server", "proxy", "p.test"}},
		{"connect", "http://a.test/", "", hang(connectBegins), probe.ConnectTimeout, []string{"a.test:80", "connection"}},
		{"connect to the proxy", "https://a.test/", "http://p.test:3128", hang(connectBegins), probe.Unreachable, []string{"proxy p.test:3128", "connection"}},
		{"handshake with the proxy", "https://a.test/", "https://p.test", silent, probe.Unreachable, []string{"proxy p.test:443", "handshake"}},
		{"CONNECT", "https://a.test/", "http://p.test:3128", silent, probe.Unreachable, []string{"proxy p.test:3128", "a.test:443"}},
		{"SOCKS", "http://a.test/", "socks5://p.test", silent, probe.Unreachable, []string{"proxy p.test:1080", "a.test:80"}},
		{"handshake", "https://a.test/", "", silent, probe.ConnectTimeout, []string{"a.test:443", "handshake"}},
		{"answer", "http://a.test/", "", silent, probe.Timeout, []string{"no answer"}},
		{"answer through a proxy", "http://a.test/", "http://p.test:3128", silent, probe.Timeout, []string{"no answer"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := dialing(t, probe.HeartbeatOptions{URL: tt.url, Timeout: 4 * time.Second}, tt.dial)
				if tt.proxy != "" {
					h.ProxyWith(tt.proxy)
				}
				r := take(t, h)
				if r.Outcome != tt.outcome || r.Value != 4000 || r.Hint == "" {
					t.Errorf("got %+v, want %q", r, tt.outcome)
				}
				for _, says := range append(tt.says, "4s") {
					if !strings.Contains(r.Error, says) {
						t.Errorf("%q does not name %s", r.Error, says)
					}
				}
			})
		})
	}
}

// After redirects, what the app took is the app's, and what the way took is not.
func TestTimeoutsOfTheSecondHop(t *testing.T) {
	for _, tt := range []struct {
		app     time.Duration // until the redirect
		enter   func(context.Context)
		outcome probe.Outcome
	}{
		{10 * time.Millisecond, connectBegins, probe.ConnectTimeout},
		{10 * time.Millisecond, dnsBegins, probe.Unreachable},
		{3900 * time.Millisecond, connectBegins, probe.Timeout},
		{3900 * time.Millisecond, dnsBegins, probe.Timeout},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := servePipe(t, func(w http.ResponseWriter, req *http.Request) {
				time.Sleep(tt.app)
				http.Redirect(w, req, "http://www.a.test/", http.StatusFound)
			})
			h := heartbeat(t, probe.HeartbeatOptions{URL: "http://a.test/", Timeout: 4 * time.Second})
			h.DialWith(func(ctx context.Context, _, addr string) (net.Conn, error) {
				if strings.HasPrefix(addr, "www.") {
					tt.enter(ctx)
					<-ctx.Done()
					return nil, ctx.Err()
				}
				return l.dial(), nil
			})
			if r := take(t, h); r.Outcome != tt.outcome || r.Value != 4000 {
				t.Errorf("after %v: got %+v, want %q", tt.app, r, tt.outcome)
			}
		})
	}
}

// A name server that is slow, as where the first of two is down, has no app seem slow.
func TestASlowNameServerIsNoSlowApp(t *testing.T) {
	for _, tt := range []struct {
		dns, app time.Duration
		measure  probe.Measure
		want     probe.Outcome
	}{
		{5 * time.Second, 10 * time.Millisecond, "", probe.Unreachable},
		{5 * time.Second, 10 * time.Millisecond, probe.MeasureProcessing, probe.Answered},
		{5 * time.Second, 6 * time.Second, "", probe.Answered},
		{900 * time.Millisecond, 10 * time.Millisecond, "", probe.Answered},
	} {
		synctest.Test(t, func(t *testing.T) {
			served := servePipe(t, func(w http.ResponseWriter, _ *http.Request) {
				time.Sleep(tt.app)
				_, _ = io.WriteString(w, "Beat")
			})
			h := heartbeat(t, probe.HeartbeatOptions{URL: "http://a.test/", Timeout: 20 * time.Second, Measure: tt.measure})
			h.DialWith(func(ctx context.Context, _, _ string) (net.Conn, error) {
				dnsBegins(ctx)
				time.Sleep(tt.dns)
				connectBegins(ctx)
				return served.dial(), nil
			})
			r := take(t, h)
			if r.Outcome != tt.want || tt.want == probe.Unreachable && (!strings.Contains(r.Error, "name server") || r.Hint == "") {
				t.Errorf("%+v: got %+v", tt, r)
			}
		})
	}
}

// A name server that takes nearly all of the time leaves the app none: that does not indicate load.
func TestASlowNameServerIsNoTimeoutOfTheApp(t *testing.T) {
	for dns, want := range map[time.Duration]probe.Outcome{3900 * time.Millisecond: probe.Unreachable, 100 * time.Millisecond: probe.Timeout} {
		synctest.Test(t, func(t *testing.T) {
			h := heartbeat(t, probe.HeartbeatOptions{URL: "http://a.test/", Timeout: 4 * time.Second})
			h.DialWith(func(ctx context.Context, _, _ string) (net.Conn, error) {
				dnsBegins(ctx)
				time.Sleep(dns)
				here, there := net.Pipe()
				go func() { _, _ = io.Copy(io.Discard, there) }()
				return here, nil
			})
			if r := take(t, h); r.Outcome != want {
				t.Errorf("after %v: got %+v, want %q", dns, r, want)
			}
		})
	}
}
