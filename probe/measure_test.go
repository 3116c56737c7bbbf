package probe_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

// The app waits 20 ms in front of a redirect and 30 ms at its end, behind 10 ms of DNS and 7 ms of TCP each time.
func TestMeasureChoosesTheValueAndLeavesThePhases(t *testing.T) {
	for measure, want := range map[probe.Measure]float64{
		"": 84, probe.MeasureTotal: 84, probe.MeasureProcessing: 50, probe.MeasureQueue: 12.5,
	} {
		synctest.Test(t, func(t *testing.T) {
			l := servePipe(t, func(w http.ResponseWriter, req *http.Request) {
				if req.URL.Path == "/" {
					w.Header().Set("X-Queue-Time-Ms", "99") // only the final answer's counts
					time.Sleep(20 * time.Millisecond)
					http.Redirect(w, req, "/beat", http.StatusFound)
					return
				}
				time.Sleep(30 * time.Millisecond)
				w.Header().Set("X-Queue-Time-Ms", "12.5")
				_, _ = io.WriteString(w, "Be")
				w.(http.Flusher).Flush()
				time.Sleep(5 * time.Millisecond)
				_, _ = io.WriteString(w, "at")
			})
			h := heartbeat(t, probe.HeartbeatOptions{URL: "http://a.test/", Measure: measure})
			h.DialWith(dialSlowly(func(string) pipeListener { return l }))
			r := take(t, h)
			phases := probe.Phases{
				DNS: 20 * time.Millisecond, Connect: 14 * time.Millisecond, Processing: 50 * time.Millisecond, Transfer: 5 * time.Millisecond,
			}
			if r.Outcome != probe.Answered || r.Value != want || r.Phases != phases || r.Phases.Total() != 84*time.Millisecond {
				t.Errorf("%q: got %+v, want %v", measure, r, want)
			}
			if total := measure == "" || measure == probe.MeasureTotal; (r.Measure == "") != total || !total && r.Measure != measure {
				t.Errorf("%q: the reading says that it measures %q", measure, r.Measure)
			}
		})
	}
}

func TestQueueTimeIsWhatTheAppSays(t *testing.T) {
	const header = "the answer's X-Queue-Time-Ms "
	tests := []struct {
		says []string
		want float64
		err  string
	}{
		{[]string{"0"}, 0, ""},
		{[]string{"-0"}, 0, ""},
		{[]string{"7"}, 7, ""},
		{[]string{" 1234.567 "}, 1234.567, ""},
		{[]string{"3600000"}, 3_600_000, ""},
		{nil, 0, "the answer has no X-Queue-Time-Ms header"},
		{[]string{""}, 0, header + "is not a number of milliseconds"},
		{[]string{"s3cr3t"}, 0, header + "is not a number of milliseconds"},
		{[]string{"12ms"}, 0, header + "is not a number of milliseconds"},
		{[]string{"12,5"}, 0, header + "is not a number of milliseconds"},
		{[]string{"NaN"}, 0, header + "is not a number of milliseconds"},
		{[]string{"-1"}, 0, header + "is below 0"},
		{[]string{"-Inf"}, 0, header + "is below 0"},
		{[]string{"3600000.1"}, 0, header + "is more than an hour: is it in milliseconds?"},
		{[]string{"1767225600000"}, 0, header + "is more than an hour: is it in milliseconds?"},
		{[]string{"1e999"}, 0, header + "is more than an hour: is it in milliseconds?"},
		{[]string{"5", "5"}, 0, "the answer has more than one X-Queue-Time-Ms header"},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.says, "+"), func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["X-Queue-Time-Ms"] = tt.says
				_, _ = io.WriteString(w, "Beat")
			})
			r := take(t, heartbeat(t, probe.HeartbeatOptions{URL: s.URL, Measure: probe.MeasureQueue}))
			if tt.err != "" {
				if r.Outcome != probe.BadAnswer || r.Error != tt.err || r.Value <= 0 || r.Status != 200 {
					t.Errorf("got %+v, want the error %q", r, tt.err)
				}
			} else if r.Outcome != probe.Answered || r.Value != tt.want {
				t.Errorf("got %+v, want %v", r, tt.want)
			}
		})
	}
}

func TestFailuresAreTheSameForEveryMeasure(t *testing.T) {
	for _, measure := range []probe.Measure{probe.MeasureTotal, probe.MeasureProcessing, probe.MeasureQueue} {
		for says, want := range map[string]probe.Outcome{
			"HTTP/1.1 503 \r\nX-Queue-Time-Ms: 1\r\n\r\n":                        probe.ServerError,
			"HTTP/1.1 404 \r\n\r\n":                                              probe.ClientError,
			ok + "X-Queue-Time-Ms: 1\r\nContent-Length: 5\r\n\r\nBeat":           probe.Unreachable,
			"HTTP/1.1 304 \r\nX-Queue-Time-Ms: 1\r\n\r\n":                        probe.BadAnswer,
			"HTTP/1.1 302 Found\r\nX-Queue-Time-Ms: 1\r\nLocation: ftp:\r\n\r\n": probe.BadAnswer,
		} {
			addr := listen(t, say(says))
			if r := take(t, heartbeat(t, probe.HeartbeatOptions{URL: "http://" + addr, Measure: measure})); r.Outcome != want {
				t.Errorf("%s: %q gave %+v, want %s", measure, says, r, want)
			}
		}
		addr := listen(t, then(say(ok+"X-Queue-Time-Ms: 1\r\nContent-Length: 4\r\n\r\n"), hang))
		r := take(t, heartbeat(t, probe.HeartbeatOptions{URL: "http://" + addr, Measure: measure, Timeout: 150 * time.Millisecond}))
		if r.Outcome != probe.Timeout || r.Value < 150 {
			t.Errorf("%s: an answer that does not come gave %+v", measure, r)
		}
	}
}
