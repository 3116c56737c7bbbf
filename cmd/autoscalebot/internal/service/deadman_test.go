package service

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
)

// asked answers requests instead of a monitoring service.
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

// DEADMAN_URL is requested only after decisions on fresh data, at most once a minute, and only while all process types decide.
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
		more []record.Record // of another process type
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
					stale: slices.Repeat([]time.Duration{time.Minute}, 1+len(c.more)),
				}
				for range 40 { // every 15 s for ten minutes
					for i, r := range append([]record.Record{c.web}, c.more...) {
						if r.Action == "" {
							continue
						}
						if err := (watcher{w, i}).Record(context.Background(), r); err != nil {
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

// Any answer but 2xx is logged once. The secret URL is not sent to another server.
func TestTheDeadManIsNotToldByAnotherAnswer(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"a redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"an error":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"not found":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) },
		"no answer":  func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
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
			w.request(t.Context(), w.url)
			w.request(t.Context(), w.url)
			if strings.Count(log.String(), "level=WARN") != 1 || strings.Contains(log.String(), "s3cret") || elsewhere.Load() != 0 {
				t.Errorf("%d requests elsewhere, the log says\n%s", elsewhere.Load(), log.String())
			}
		})
	}
}
