package logdrain_test

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/logdrain"
)

func metrics(at time.Time, dyno string, load, total, quota float64) string {
	return frame(at, "heroku", dyno, fmt.Sprintf(
		"source=%s dyno=heroku.1.2 sample#load_avg_1m=%.2f sample#load_avg_5m=9.00 sample#load_avg_15m=9.00", dyno, load)) +
		frame(at, "heroku", dyno, fmt.Sprintf("source=%s dyno=heroku.1.2 sample#memory_total=%.2fMB sample#memory_rss=1.00MB "+
			"sample#memory_pgpgin=3pages sample#memory_quota=%.2fMB\n", dyno, total, quota))
}

func TestSignalsTellWhatTheLogSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drain(t)
		repeat(t, d, 61, func(i int) string { // each second 10 requests of 10, 20, … 100 ms, and one that fails in some way
			at := time.Now()
			var all strings.Builder
			for k := range 10 {
				all.WriteString(routed(at, fmt.Sprint(i, " ", k), fmt.Sprintf("dyno=web.%d connect=%dms service=%dms status=200", 1+k%2, k, 10+10*k)))
			}
			switch i % 6 {
			case 0:
				all.WriteString(failed(at, "H12", "dyno=web.1 connect=1ms service=30000ms"))
			case 1:
				all.WriteString(failed(at, "H11", "dyno= connect= service="))
			case 2:
				all.WriteString(failed(at, "H13", "dyno=web.2 connect=1ms service=100ms"))
			case 3:
				all.WriteString(failed(at, "H10", "dyno= connect= service="))
			case 4:
				all.WriteString(routed(at, fmt.Sprint(i), "dyno=web.1 connect=1ms service=100ms status=500"))
			}
			all.WriteString(metrics(at, "web.1", 2.5, 256, 512) + metrics(at, "web.2", 0.5, 768, 512) + metrics(at, "worker.1", 50, 5120, 512))
			return all.String()
		})
		send(t, d, frame(time.Now(), "app", "web.1", "so that the minute before is over\n"))
		for s, want := range map[logdrain.Signal]struct {
			value float64
			unit  string
		}{
			logdrain.RequestsPerSecond: {10 + 5./6, "requests/s"}, logdrain.RecentRequestsPerSecond: {10 + 5./6, "requests/s"}, logdrain.ErrorsPerSecond: {4. / 6, "requests/s"},
			logdrain.OverloadPerSecond: {0.5, "requests/s"}, logdrain.H11PerSecond: {1. / 6, "requests/s"},
			logdrain.H12PerSecond: {1. / 6, "requests/s"}, logdrain.H13PerSecond: {1. / 6, "requests/s"},
			logdrain.ServiceP50: {60, "ms"}, logdrain.ServiceP95: {100, "ms"}, logdrain.ServiceP99: {30_000, "ms"},
			logdrain.ConnectP50: {4, "ms"}, logdrain.ConnectP95: {9, "ms"}, logdrain.ConnectP99: {9, "ms"},
			logdrain.Busy:     {0.55 + 30./6 + 0.2/6, "requests"},
			logdrain.LoadMean: {1.5, ""}, logdrain.LoadMax: {2.5, ""}, logdrain.MemoryMean: {100, "%"}, logdrain.MemoryMax: {150, "%"},
		} {
			r := read(t, d, s)
			if r.Outcome != probe.Answered || math.Abs(r.Value-want.value) > 0.01*want.value || r.Unit != want.unit {
				t.Errorf("got %+v, want %+v", r, want)
			}
		}
		s, err := d.Snapshot(time.Now(), 10*time.Second)
		if err != nil || s.Until.Sub(s.From) != 10*time.Second || !s.Until.Equal(time.Now()) || s.Requests != 108 || s.Lines != 168 || len(s.Dynos) != 2 {
			t.Errorf("got %+v, %v", s, err)
		}
		if want := (logdrain.Dyno{Number: 2, Load: 0.5, Memory: 768, Quota: 512}); s.Dynos[1] != want {
			t.Errorf("got %+v, want %+v", s.Dynos[1], want)
		}
	})
}

func TestAllSignalsHaveAProber(t *testing.T) {
	d := drain(t)
	for _, s := range logdrain.Signals() {
		if r := read(t, d, s); r.Outcome != probe.Unreachable {
			t.Errorf("got %+v", r)
		}
	}
	_, err := d.Prober("queue_depth")
	if err == nil || !strings.HasPrefix(err.Error(), `"queue_depth" is not a signal of the log drain: must be one of requests_per_second, recent_requests_per_second, `) {
		t.Errorf("got %v", err)
	}
}

func TestRecentRequestsAreThoseOfTheLastQuarterMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drain(t)
		repeat(t, d, 61, func(i int) string {
			line := routed(time.Now(), fmt.Sprint(i), answered)
			if i >= 45 {
				line += routed(time.Now(), fmt.Sprint("second ", i), answered)
			}
			return line
		})
		if minute, recent := value(t, d, logdrain.RequestsPerSecond), value(t, d, logdrain.RecentRequestsPerSecond); math.Abs(minute-1.25) > 0.01 || recent != 2 {
			t.Errorf("got %v requests a second in the last minute, and %v in the last 15 s of it, want 1.25 and 2", minute, recent)
		}
	})
}

func TestNoDrainIsNoReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drain(t)
		blind := func(why string) {
			t.Helper()
			for _, s := range logdrain.Signals() {
				wantNone(t, d, s, probe.Unreachable, why)
			}
		}
		beat := func(i int) string { return routed(time.Now(), fmt.Sprint(i), answered) }

		blind("no line of the log has come yet: `heroku drains` shows whether the app has this drain")
		repeat(t, d, 8, beat)
		blind("the log covers only 6s so far: 10s are needed")
		repeat(t, d, 4, beat)
		if got := value(t, d, logdrain.RequestsPerSecond); got != 1 {
			t.Errorf("got %v requests a second of the 10 s that were seen, want 1", got)
		}
		repeat(t, d, 60, beat)
		// A drain that stands still shows no load that falls.
		time.Sleep(59 * time.Second)
		if got := value(t, d, logdrain.RequestsPerSecond); got != 1 {
			t.Errorf("got %v requests a second while the drain stands still, want 1", got)
		}
		time.Sleep(time.Second)
		blind("no line of the log in the last 1m0s: the newest is 1m1s old")
		// What it missed does not count as no load.
		send(t, d, beat(1000))
		blind("the log covers only 0s so far: 10s are needed")
		time.Sleep(time.Second)
		repeat(t, d, 11, beat)
		if got := value(t, d, logdrain.RequestsPerSecond); got != 1 {
			t.Errorf("got %v requests a second of the 10 s since it came back, want 1", got)
		}
	})
}

func TestNoTrafficIsAReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lively := drain(t)
		expecting := drain(t, func(o *logdrain.Options) { o.ExpectRequests = true })
		for range 2 {
			for _, d := range []*logdrain.Drain{lively, expecting} {
				send(t, d, routed(time.Now(), "1", answered))
			}
			time.Sleep(time.Second)
		}
		for range 5 {
			for _, d := range []*logdrain.Drain{lively, expecting} {
				send(t, d, metrics(time.Now(), "web.1", 0.1, 100, 512))
			}
			time.Sleep(20 * time.Second)
		}
		if got := value(t, lively, logdrain.RequestsPerSecond); got != 0 {
			t.Errorf("got %v requests a second, want none", got)
		}
		wantNone(t, lively, logdrain.ServiceP95, probe.BadAnswer, "no request in the window has a time")
		wantNone(t, expecting, logdrain.RequestsPerSecond, probe.Unreachable,
			"the log has no request in the last 1m0s, although the heartbeats are requests")
		if got := value(t, expecting, logdrain.LoadMax); got != 0.1 {
			t.Errorf("got a load of %v, want 0.1", got)
		}
	})
}

func TestErrorsThatAreNoLoadAreNotCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for code, load := range map[string]bool{
			"H10": false, "H11": true, "H12": true, "H13": true, "H14": false, "H18": true,
			"H20": false, "H21": true, "H80": false, "H81": false, "H82": false, "H99": false,
		} {
			d := drain(t)
			repeat(t, d, 12, func(int) string { return failed(time.Now(), code, "dyno= connect= service=") })
			want := map[bool]float64{true: 1}[load]
			if got := value(t, d, logdrain.ErrorsPerSecond); got != want {
				t.Errorf("%s: got %v errors a second, want %v", code, got, want)
			}
			want = map[bool]float64{true: 1}[code == "H11" || code == "H12" || code == "H13"]
			if got := value(t, d, logdrain.OverloadPerSecond); got != want {
				t.Errorf("%s: got %v of overload a second, want %v", code, got, want)
			}
			if s, err := d.Snapshot(time.Now(), 0); err != nil || s.Requests != 10 || s.Codes[code] != 10 || len(s.Codes) != 1 {
				t.Errorf("%s: got %+v, %v", code, s, err)
			}
		}
		// A visitor who left is not an error of the app.
		d := drain(t)
		repeat(t, d, 12, func(i int) string {
			return frame(time.Now(), "heroku", "router", fmt.Sprintf(
				"sock=client at=warning code=H27 desc=\"Client Request Interrupted\" method=POST path=\"/%d\" "+
					"dyno=web.1 connect=1ms service=5ms status=499 bytes=0", i))
		})
		if s, err := d.Snapshot(time.Now(), 0); err != nil || s.Errors != 0 || s.Codes["H27"] != 10 {
			t.Errorf("got %+v, %v", s, err)
		}
	})
}

func TestWebSocketsAndStreamsAreNoSlowAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drain(t)
		repeat(t, d, 12, func(i int) string {
			return routed(time.Now(), fmt.Sprint(i), "dyno=web.1 connect=1ms service=3600000ms status=101") +
				routed(time.Now(), fmt.Sprint("b", i), "dyno=web.1 connect=1ms service=99999999999999ms status=200")
		})
		s, err := d.Snapshot(time.Now(), 0)
		if err != nil || s.Requests != 20 || s.Timed != 10 || s.Service(0.01) != time.Minute || s.MeanService != time.Minute || s.Busy != 60 {
			t.Errorf("got %+v, %v", s, err)
		}
	})
}

func TestLostLinesAreReckonedIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drain(t)
		repeat(t, d, 12, func(i int) string { return routed(time.Now(), fmt.Sprint(i), answered) })
		at := time.Now().Add(-5 * time.Second)
		say := func(text string) { send(t, d, frame(at, "heroku", "logplex", text)) }
		told := func(want, tail int, rate float64) {
			t.Helper()
			s, err := d.Snapshot(time.Now(), 0)
			if err != nil || s.Lost != want || s.TailLost != tail || d.Totals().Lost != want || d.Totals().TailLost != tail {
				t.Errorf("got %+v, %v", s, err)
			}
			if got := value(t, d, logdrain.RequestsPerSecond); math.Abs(got-rate) > 1e-9 {
				t.Errorf("got %v requests a second, want %v", got, rate)
			}
		}
		told(0, 0, 1)
		busy := value(t, d, logdrain.Busy)
		send(t, d, lost(at, "5"))
		told(5, 0, 16./11)
		if got := value(t, d, logdrain.Busy); math.Abs(got-busy*16/11) > 1e-9 {
			t.Errorf("got %v busy, want more than the %v of those that came", got, busy)
		}
		say("Error L10 (output buffer overflow): drain '" + token + "' dropped 3 messages since 2026-11-22T10:00:00+00:00.")
		told(8, 0, 20./12)
		say("Error L10 (output buffer overflow): drain '" + token + "' dropped 3 messages since 2026-11-22T10:00:00+00:00.") // again
		told(8, 0, 20./12)
		say("Error L10 (output buffer overflow): drain 'd.11111111-1111-1111-1111-111111111111' dropped 70 messages since 2026-11-22T10:00:00+00:00.")
		told(8, 0, 21./13)
		say("Error L11 (Tail buffer overflow) -> This tail session dropped 1101 messages since 2026-11-22T10:00:00+00:00.")
		told(8, 1101, 22./14)
		for _, odd := range []string{
			"Error L10", "Error L10 (output buffer overflow): -7 messages dropped since", "Error L10 messages ",
			"Error L12 (Local buffer overflow): 7 messages dropped",
		} {
			say(odd)
		}
		told(8, 1101, 26./18)
		send(t, d, lost(at, "12"))
		wantNone(t, d, logdrain.RequestsPerSecond, probe.BadAnswer, "19 lines of the log came, but 20 were lost on the way (L10)")
		send(t, d, lost(at, "99999999999999999999"))
		wantNone(t, d, logdrain.RequestsPerSecond, probe.BadAnswer, "20 lines of the log came, but 100000020 were lost on the way (L10)")
		if got := value(t, d, logdrain.ServiceP95); got != 37 {
			t.Errorf("got %v ms, want those of the lines that came", got)
		}
	})
}

// A post that Logplex drops has an unknown content, so the rates of that time would be too low. A stranger's post
// changes nothing.
func TestAPostThatIsRefusedLeavesRatesUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drain(t)
		second := func(n int) {
			repeat(t, d, n, func(i int) string { return routed(time.Now(), time.Now().String(), answered) })
		}
		second(30)
		posting{header: http.Header{"Logplex-Drain-Token": {"wrong"}}}.post(d, strings.NewReader("x"))
		if v := value(t, d, logdrain.RequestsPerSecond); v != 1 {
			t.Errorf("got %v requests per second, want 1", v)
		}
		if w := (posting{}).post(d, strings.NewReader("not framed")); w.Code != http.StatusBadRequest {
			t.Fatalf("got %d", w.Code)
		}
		for _, s := range []logdrain.Signal{logdrain.RequestsPerSecond, logdrain.RecentRequestsPerSecond, logdrain.ErrorsPerSecond, logdrain.Busy, logdrain.OverloadPerSecond} {
			if r := read(t, d, s); r.Outcome != probe.BadAnswer || r.Value != 0 {
				t.Errorf("got %+v, though lines are missing", r)
			}
		}
		if v := value(t, d, logdrain.ServiceP50); v < 36 || v > 38 {
			t.Errorf("half of the requests took %v ms, want 37", v)
		}
		second(20)
		if v := value(t, d, logdrain.RecentRequestsPerSecond); v != 1 {
			t.Errorf("got %v requests per second, want 1", v)
		}
		second(50)
		if v := value(t, d, logdrain.RequestsPerSecond); v != 1 {
			t.Errorf("got %v requests per second, want 1", v)
		}
	})
}
