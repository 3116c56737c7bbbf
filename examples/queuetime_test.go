//go:build unix

package examples

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/local"
	"github.com/autoscalebot/autoscalebot/probe"
)

// Compares the queue time of a heartbeat with the times that routers send.
func wantQueueTimes(t *testing.T, url string) {
	t.Helper()
	const waited = 5 * time.Second
	for _, test := range []struct {
		router string // a time as the router writes it
		start  func(at time.Time) string
		least  time.Duration
	}{
		{"Heroku", func(at time.Time) string { return fmt.Sprint(at.UnixMilli()) }, waited},
		{"nginx", func(at time.Time) string { return fmt.Sprintf("t=%d.%03d", at.Unix(), at.Nanosecond()/1e6) }, waited},
		{"nginx without t=", func(at time.Time) string { return fmt.Sprintf("%d.%03d", at.Unix(), at.Nanosecond()/1e6) }, waited},
		{"Apache", func(at time.Time) string { return fmt.Sprintf("t=%d", at.UnixMicro()) }, waited},
		{"whole seconds", func(at time.Time) string { return fmt.Sprint(at.Unix()) }, waited},
		{"a clock that is ahead", func(at time.Time) string { return fmt.Sprint(at.Add(time.Hour).UnixMilli()) }, 0},
	} {
		began := time.Now()
		said := queueTimeSaid(t, url, test.start(began.Add(-waited)))
		least := test.least
		most := least + time.Since(began) + time.Second // whole seconds may cut this off
		if least == 0 {
			most = 0
		}
		ms, err := strconv.ParseFloat(said, 64)
		if got := time.Duration(ms * float64(time.Millisecond)); err != nil || got < least-time.Millisecond || got > most {
			t.Errorf("%s: X-Queue-Time-Ms is %q, want from %v to %v", test.router, said, least, most)
		}
	}
	for _, nothing := range []string{"", "t=", "(null)", "123", "1700000000123, 1700000000124", "1.7e12", "-1700000000123"} {
		if said := queueTimeSaid(t, url, nothing); said != "" {
			t.Errorf("X-Request-Start %q: X-Queue-Time-Ms is %q, want none", nothing, said)
		}
	}
}

// The queue time that the heartbeat answers to a router that received the request at start.
func queueTimeSaid(t *testing.T, url, start string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/autoscalebot/heartbeat/", nil)
	must(t, err)
	if start != "" {
		request.Header.Set("X-Request-Start", start)
	}
	answer, err := client().Do(request)
	must(t, err)
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("X-Request-Start %q: status %d", start, answer.StatusCode)
	}
	return answer.Header.Get("X-Queue-Time-Ms")
}

func TestQueueTimeFromTheRouterToTheProbe(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "heartbeat")
	if _, stderr, code := run(t, nil, "go", "build", "-buildvcs=false", "-o", binary, "./heartbeat/go"); code != 0 {
		t.Fatal(stderr)
	}
	platform, err := local.New(local.Options{Command: binary, Env: []string{"PATH=" + os.Getenv("PATH")}, Addr: "127.0.0.1:0", Dynos: 1})
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- platform.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	heartbeat, err := probe.NewHeartbeat(probe.HeartbeatOptions{
		URL: "/autoscalebot/heartbeat/", Base: platform.WebURL, Measure: probe.MeasureQueue, Timeout: 10 * time.Second,
	})
	must(t, err)
	var r probe.Reading
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline) && r.Outcome != probe.Answered; {
		r = heartbeat.Probe(t.Context()) // fails while the app starts
	}
	total := float64(r.Phases.Total()) / float64(time.Millisecond)
	if r.Outcome != probe.Answered || r.Value > total+1 { // the router writes whole milliseconds
		t.Errorf("got %+v, want a queue time of at most %v ms", r, total+1)
	}
}
