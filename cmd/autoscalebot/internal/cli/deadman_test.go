//go:build unix

package cli

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
)

// asked answers requests in the place of a monitoring service.
type asked struct {
	n    int
	fail bool
}

func (a *asked) RoundTrip(*http.Request) (*http.Response, error) {
	a.n++
	if a.fail {
		return nil, errors.New("no route to host")
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("OK"))}, nil
}

// DEADMAN_URL is requested after decisions on fresh data alone, at most once a minute, and only while every process type decides.
func TestTheDeadManIsToldOfDecisionsAlone(t *testing.T) {
	decided := record.Record{Dynos: 2, Action: record.Held, Decision: decide.Decision{
		Rule: decide.RuleHold, HeartbeatVerdict: decide.HeartbeatVerdict{Verdict: decide.OK, Reading: -1},
	}}
	blind, refused, unknown, offline := decided, decided, decided, decided
	blind.Decision.Rule, blind.Decision.Verdict = decide.RuleNoData, decide.NoData
	refused.Action, refused.Error = record.Failed, "422"
	unknown.Dynos, unknown.Action, unknown.Decision.Rule = -1, record.Failed, decide.RuleUnknown
	offline.Dynos, offline.Decision.Rule, offline.Decision.Verdict = -1, decide.RuleOffline, decide.NoData
	for _, c := range []struct {
		name string
		web  record.Record
		more []record.Record // another process type's
		fail bool
		want int
	}{
		{"decided", decided, nil, false, 10},
		{"no data", blind, nil, false, 0},
		{"refused", refused, nil, false, 0},
		{"unknown", unknown, nil, false, 0},
		{"offline", offline, nil, false, 0},
		{"interrupted", record.Record{Action: record.Interrupted}, nil, false, 0},
		{"both decided", decided, []record.Record{decided}, false, 10},
		{"one of two decided", decided, []record.Record{blind}, false, 0},
		{"the other does not tick", decided, []record.Record{{Action: ""}}, false, 0},
		{"the service is down", decided, nil, true, 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				service := &asked{fail: c.fail}
				var log strings.Builder
				w := &watch{
					url: "https://example.com/s3cret", client: &http.Client{Transport: service, Timeout: deadmanTime},
					log: slog.New(slog.NewTextHandler(&log, nil)), decided: make([]time.Time, 1+len(c.more)),
				}
				for range 40 { // every 15 s for ten minutes
					for i, r := range append([]record.Record{c.web}, c.more...) {
						if r.Action == "" {
							continue
						}
						if err := (watcher{w, i, time.Minute}).Record(context.Background(), r); err != nil {
							t.Error(err)
						}
					}
					synctest.Wait()
					time.Sleep(15 * time.Second)
				}
				if service.n != c.want {
					t.Errorf("%d requests in ten minutes, want %d", service.n, c.want)
				}
				if warned := strings.Count(log.String(), "level=WARN"); (warned == 1) != c.fail || strings.Contains(log.String(), "s3cret") {
					t.Errorf("the log says\n%s", log.String())
				}
			})
		})
	}
}

// What is no 2xx has told nobody: the log says so once, and nothing carries the secret URL elsewhere.
func TestTheDeadManIsNotToldByAnotherAnswer(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"a redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"an error":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"not found":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) },
		"no answer":  refuses,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var elsewhere atomic.Int64
			mux := http.NewServeMux()
			mux.HandleFunc("/s3cret", answer)
			mux.HandleFunc("/elsewhere", func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) })
			service := httptest.NewServer(mux)
			defer service.Close()
			var log strings.Builder
			w := &watch{url: service.URL + "/s3cret", client: deadmanClient(), log: slog.New(slog.NewTextHandler(&log, nil))}
			w.request(t.Context())
			w.request(t.Context())
			if strings.Count(log.String(), "level=WARN") != 1 || strings.Contains(log.String(), "s3cret") || elsewhere.Load() != 0 {
				t.Errorf("%d requests elsewhere, the log says\n%s", elsewhere.Load(), log.String())
			}
		})
	}
}

// The program tells systemd and the monitoring service while it decides, and neither of them once it has no data.
func TestTheProgramFeedsItsWatchdogs(t *testing.T) {
	t.Parallel()
	app := newHeart(t)
	var requests atomic.Int64
	service := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/s3cret" || !strings.HasPrefix(r.UserAgent(), "autoscalebot/") {
			t.Errorf("requested %s as %q", r.URL, r.UserAgent())
		}
		requests.Add(1)
	}))
	t.Cleanup(service.Close)
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	var fed atomic.Int64
	states := make(chan string, 1000)
	go func() {
		buffer := make([]byte, 1000)
		for {
			n, err := socket.Read(buffer)
			if err != nil {
				return
			}
			if string(buffer[:n]) == "WATCHDOG=1" {
				fed.Add(1)
				continue
			}
			states <- string(buffer[:n])
		}
	}()
	env, _ := counted(t, app, "1")
	b := start(t, []string{"s3cret"}, append(env, "NOTIFY_SOCKET="+path, "DEADMAN_URL="+service.URL+"/s3cret", "DASHBOARD_ADDR=127.0.0.1:0", "LOG_LEVEL=debug")...)
	b.wait("the watchdogs to be fed", func() bool { return fed.Load() > 2 && requests.Load() == 1 })
	page := b.page()
	for _, want := range []string{`"app":"shop"`, `"process_type":"web"`, `"last_decision":"`, `"seconds_ago":`} {
		if ready := fetch(t, page+"/readyz"); !strings.Contains(ready, want) {
			t.Errorf("/readyz says %s, without %s", ready, want)
		}
	}
	if !strings.Contains(fetch(t, page+"/metrics"), "autoscalebot_last_decision_timestamp_seconds{") {
		t.Error("no metric tells when the last decision was")
	}
	app.answer(refuses)
	blind := func() int { return strings.Count(b.log.String(), "no data: ") }
	b.wait("a heartbeat without data", func() bool { return blind() > 1 })
	n := fed.Load()
	seen := blind()
	b.wait("more of them", func() bool { return blind() > seen+3 })
	if fed.Load() != n || requests.Load() != 1 {
		t.Errorf("without data the watchdog was fed %d times more, and %d requests were made", fed.Load()-n, requests.Load())
	}
	b.terminate()
	if first, last := <-states, <-states; first != "READY=1" || last != "STOPPING=1" {
		t.Errorf("systemd was told %q and %q", first, last)
	}
}
