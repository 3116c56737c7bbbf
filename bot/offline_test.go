package bot_test

import (
	"context"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/probe"
)

func TestOfflineFreezes(t *testing.T) {
	control := failed(probe.Unreachable, "no route to host")
	asked := 0
	w := newWorld(2, func(o *bot.Options) {
		o.Control = prober(func(context.Context) probe.Reading { asked++; return control })
	})
	w.beat(slow, slow)
	if asked != 0 {
		t.Error("the control was asked although the app answered")
	}
	*w.limits = always{Min: 5, Max: 9}
	w.platform.sizeErr = errPlatform
	r := w.beat(times(9, noData)...)
	wantResizes(t, w)
	wantWhy(t, r, "held: the bot is offline: it cannot reach the app or the control URL, so it changes nothing")
	*w.limits = always{Min: 1, Max: 3}
	w.platform.sizeErr = nil
	w.beat(slow) // the third: earlier heartbeats still count
	wantResizes(t, w, 3)
	wantTold(t, w, "offline opened", "scaled", "offline resolved")
}

func TestAnAppThatIsDownIsNotTheBotOffline(t *testing.T) {
	for _, control := range []probe.Reading{took(50), failed(probe.ClientError, "status 401"), failed(probe.ServerError, "status 503")} {
		w := newWorld(2, func(o *bot.Options) {
			o.Control = prober(func(context.Context) probe.Reading { return control })
		})
		r := w.beat(times(3, noData)...)
		if r.Decision.Rule != decide.RuleNoData {
			t.Errorf("with a control that says %q the rule is %q", control.Outcome, r.Decision.Rule)
		}
		wantTold(t, w, "heartbeat_unreachable opened")
	}
}

// A signal that cannot be reached may use another route, whatever its place among the readings.
func TestOfflineIsJudgedByTheHeartbeatAlone(t *testing.T) {
	dead := probe.Reading{Signal: "jobs", Outcome: probe.Unreachable, Error: "connection refused"}
	timedOut := failed(probe.Timeout, "no answer within 10 s")
	const never, once = 0, 1
	for name, c := range map[string]struct {
		readings []probe.Reading
		offline  bool
		asked    int
	}{
		"a heartbeat that answers beside a dead signal":   {[]probe.Reading{dead, right}, false, never},
		"a heartbeat that times out beside a dead signal": {[]probe.Reading{timedOut, dead}, false, never},
		"no heartbeat, one dead signal":                   {[]probe.Reading{dead}, false, never},
		"no heartbeat, two dead signals":                  {[]probe.Reading{dead, dead}, false, never},
		"no readings":                                     {nil, false, never},
		"a dead heartbeat beside a signal that answers":   {[]probe.Reading{jobs(5), noData}, true, once},
		"a dead heartbeat beside a dead signal":           {[]probe.Reading{dead, noData}, true, once},
		"two heartbeats, one of them dead":                {[]probe.Reading{noData, right}, false, never},
		"two dead heartbeats":                             {[]probe.Reading{noData, noData}, true, once},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			w := newWorld(2, func(o *bot.Options) {
				o.Probers = nil
				for _, r := range c.readings {
					o.Probers = append(o.Probers, prober(func(context.Context) probe.Reading { return r }))
				}
				o.Policy.Rules = []decide.SignalRule{jobsRule}
				o.Control = prober(func(context.Context) probe.Reading { asked++; return failed(probe.Unreachable, "no route to host") })
			})
			r := w.beat(right)
			if offline := r.Decision.Rule == decide.RuleOffline; offline != c.offline || asked != c.asked {
				t.Errorf("offline is %v after the control was asked %d times, want %v after %d", offline, asked, c.offline, c.asked)
			}
			if hb, ok := r.Heartbeat(); c.offline && (!ok || hb.Signal != probe.HeartbeatSignal) {
				t.Errorf("the record names %+v as the heartbeat", hb)
			}
		})
	}
}

// It accepts connections on loopback and never answers.
func deaf(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = c.Close() })
		}
	}()
	return l.Addr().String()
}

// A heartbeat as the settings make it.
func real(t *testing.T, url string, timeout time.Duration) probe.Prober {
	t.Helper()
	h, err := probe.NewHeartbeat(probe.HeartbeatOptions{URL: url, Timeout: timeout, AllProxy: os.Getenv("ALL_PROXY")})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// The policies fail on timeouts and 5xx, as by default, and on more outcomes.
func both(t *testing.T, and ...probe.Outcome) map[string]decide.Policy {
	t.Helper()
	count, adapts := defaults, defaults
	count.FailOn = append([]probe.Outcome{probe.Timeout, probe.ServerError}, and...)
	adapts.FailOn, adapts.Adaptive = count.FailOn, balanced(t)
	return map[string]decide.Policy{"count": count, "adaptive": adapts}
}

// Only what happens after a request has a connection is load. A name server, a proxy or a handshake that does not
// answer adds no dynos, unless connect timeouts count.
func TestWhatNeverReachedTheAppIsNoLoad(t *testing.T) {
	racetest.Computes(t)
	tests := []struct {
		name   string
		url    func(t *testing.T) string
		failOn []probe.Outcome
		load   bool
	}{
		{"the app", func(t *testing.T) string { return "http://" + deaf(t) }, nil, true},
		{"the name server", func(t *testing.T) string {
			resolver := net.DefaultResolver
			t.Cleanup(func() { net.DefaultResolver = resolver })
			net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}}
			return "https://app.invalid/"
		}, []probe.Outcome{probe.ConnectTimeout}, false},
		{"the app's handshake", func(t *testing.T) string { return "https://" + deaf(t) }, nil, false},
		{"the app's handshake, which counts", func(t *testing.T) string { return "https://" + deaf(t) }, []probe.Outcome{probe.ConnectTimeout}, true},
		{"the proxy's CONNECT", func(t *testing.T) string {
			t.Setenv("HTTPS_PROXY", "http://"+deaf(t))
			return "https://app.invalid/"
		}, []probe.Outcome{probe.ConnectTimeout}, false},
		{"the handshake with the proxy", func(t *testing.T) string {
			t.Setenv("HTTP_PROXY", "https://"+deaf(t))
			return "http://app.invalid/"
		}, []probe.Outcome{probe.ConnectTimeout}, false},
		{"the SOCKS proxy", func(t *testing.T) string {
			t.Setenv("ALL_PROXY", "socks5h://"+deaf(t))
			return "http://app.invalid/"
		}, []probe.Outcome{probe.ConnectTimeout}, false},
		{"a proxy that passes the request on", func(t *testing.T) string {
			t.Setenv("HTTP_PROXY", "http://"+deaf(t))
			return "http://app.invalid/"
		}, nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			url := tt.url(t)
			for name, policy := range both(t, tt.failOn...) {
				w := newWorld(1, func(o *bot.Options) {
					o.Policy, o.Probers = policy, []probe.Prober{real(t, url, 20*time.Millisecond)}
				})
				for range 10 {
					w.beat(probe.Reading{})
				}
				if got := w.platform.n > 1; got != tt.load {
					t.Errorf("%s: went to %d dynos; load: %v, want %v", name, w.platform.n, got, tt.load)
				}
			}
		})
	}
}

// If packets are dropped on every route, the bot is offline.
func TestConnectTimeoutsEverywhereAreOffline(t *testing.T) {
	for control, want := range map[probe.Outcome]decide.Rule{
		probe.ConnectTimeout: decide.RuleOffline, probe.Timeout: decide.RuleOffline, probe.Unreachable: decide.RuleOffline,
		probe.Answered: decide.RuleNoData, probe.ClientError: decide.RuleNoData,
	} {
		w := newWorld(2, func(o *bot.Options) {
			o.Control = prober(func(context.Context) probe.Reading { return failed(control, "") })
		})
		if r := w.beat(failed(probe.ConnectTimeout, "no answer")); r.Decision.Rule != want {
			t.Errorf("with a control that is %q the rule is %q, want %q", control, r.Decision.Rule, want)
		}
	}
}

// The control has only the rest of the interval.
func TestTheControlDoesNotMakeTheNextTickLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := func(d time.Duration, o probe.Outcome) probe.Prober {
			return prober(func(ctx context.Context) probe.Reading {
				ctx, cancel := context.WithTimeout(ctx, d)
				defer cancel()
				<-ctx.Done()
				return failed(o, "no answer")
			})
		}
		w := newWorld(2, func(o *bot.Options) {
			o.Probers = []probe.Prober{hang(24*time.Second, probe.Unreachable)}
			o.Control = hang(24*time.Second, probe.Unreachable)
		})
		began := time.Now()
		r := w.beat(probe.Reading{})
		if took := time.Since(began); r.Decision.Rule != decide.RuleOffline || took >= 30*time.Second {
			t.Errorf("rule %q after %v", r.Decision.Rule, took)
		}
	})
}
