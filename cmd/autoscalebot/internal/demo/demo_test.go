package demo

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func tale() *Story {
	start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	s := &Story{Start: start, End: start.Add(30 * time.Second)}
	dynos := 1
	for i := range 30 {
		ms := 40 + 20*float64(i%3)
		r := record.Record{
			Time: start.Add(time.Duration(i) * time.Second), App: "demo", ProcessType: "web", Dynos: dynos, Settled: true,
			Limits: schedule.Limits{Min: 1, Max: 6}, Action: record.Held,
			Decision: decide.Decision{
				From: dynos, To: dynos, Rule: decide.RuleHold,
				HeartbeatVerdict: decide.HeartbeatVerdict{Verdict: decide.OK, MaxResponseMS: 150, MinResponseMS: 38},
			},
		}
		hb := probe.Reading{Outcome: probe.Answered, Status: 200, Unit: "ms"}
		switch i {
		case 8, 9, 10:
			ms = 200 * float64(i-6)
			r.Decision.Verdict, r.Decision.Run, r.Decision.Needed, r.Decision.Of = decide.Slow, i%2+1, 2, 2
			if i == 9 {
				hb.Outcome, hb.Error = probe.Timeout, "no answer within 800ms"
				r.Action, r.Decision.Rule, r.Decision.To = record.Scaled, decide.RuleSlow, dynos+1
			}
		case 24:
			r.Action, r.Decision.Rule, r.Decision.Verdict, r.Decision.Run, r.Decision.To = record.Scaled, decide.RuleFast, decide.Fast, 4, dynos-1
			r.Decision.Needed, r.Decision.Of = 4, 4
		}
		hb.Value = ms
		r.Readings = []probe.Reading{hb}
		dynos = r.After()
		s.Add(r, 10+float64(i))
	}
	return s
}

func servers() *Story {
	s := &Story{Pool: &Pool{Front: "HAProxy 2.6.12", Max: 6}}
	status := func(name, stage, text string, leaving bool, requests int) pool.ServerStatus {
		return pool.ServerStatus{Name: name, Stage: stage, Text: text, Leaving: leaving, Requests: requests}
	}
	s.Pool.Servers = []Server{
		{ServerStatus: status("web-1", "serving", "serving", false, 12), CPU: 64, Measured: true},
		{ServerStatus: status("web-2", "serving", "serving", false, 1)},
		{ServerStatus: status("web-3", "serving", "serving, failing 3 s: the provider says that it is off (its process ended: signal: killed)", false, 0)},
		{ServerStatus: status("web-4", "draining", "draining for 1 s of at most 5s, requests left: 2", true, 2), CPU: 30, Measured: true},
		{ServerStatus: status("web-5", "checking", "creating: active, waiting for health for 1 s", false, -1)},
	}
	told := tale()
	s.Start, s.End = told.Start, told.End
	most, least := 60.0, 25.0
	for i, r := range told.Records {
		r.Decision.Signals = []decide.Judged{{Rule: "cpu", Verdict: decide.Above, Value: 64, Unit: "%", Max: &most, Min: &least}}
		r.Readings = append(r.Readings, probe.Reading{Signal: "cpu", Outcome: probe.Answered, Value: 64, Unit: "%"})
		s.Add(r, told.Rates[i])
	}
	for kind, n := range map[pool.EventKind]int{pool.Created: 7, pool.Joined: 6, pool.Destroyed: 2} {
		for range n {
			s.Pool.Add(pool.Event{Kind: kind})
		}
	}
	return s
}

func TestSummaryOfAPool(t *testing.T) {
	s := servers()
	s.Tally.All.Store(900)
	s.Tally.Failed.Store(3)
	text := s.Sum(s.End).String()
	for _, want := range []string{
		"requests        900, 3 not answered\n", "server-seconds  150 instead of 180 at the maximum: 17 % less\n",
		"servers         7 created, 2 destroyed, behind HAProxy 2.6.12\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the summary:\n%s", want, text)
		}
	}
	if got := s.Line(s.Records[3], 12); !strings.Contains(got, "ok     cpu  64 %  ") {
		t.Errorf("a line is %q", got)
	}
	if got := s.EventLine(pool.Event{Time: s.Start.Add(65 * time.Second), Text: "web-1 serves"}); got != " 1:05    web-1 serves" {
		t.Errorf("the line of an event is %q", got)
	}
}

func TestSummary(t *testing.T) {
	s := tale()
	got := s.Sum(s.End)
	want := Summary{
		Heartbeats: 30, ScaleUps: 1, ScaleDowns: 1, SlowestMS: 800, Failed: 1,
		DynoSeconds: 9*1 + 15*2 + 6*1, FixedDynoSeconds: 30 * 6,
	}
	if got != want {
		t.Errorf("summary %+v, want %+v", got, want)
	}
	if text := got.String(); !strings.Contains(text, "45 instead of 180 at the maximum: 75 % less") {
		t.Errorf("the summary says\n%s", text)
	}
}

func TestViewsAreAsTheyWere(t *testing.T) {
	s := tale()
	var lines strings.Builder
	for i, r := range s.Records {
		lines.WriteString(s.Line(r, s.Rates[i]) + "\n")
	}
	for name, got := range map[string]string{
		"lines.golden":         lines.String(),
		"frame.golden":         plain(s.Frame("http://127.0.0.1:5000", s.End, 100, 40)),
		"empty.golden":         plain((&Story{Start: s.Start}).Frame("http://127.0.0.1:5000", s.Start, 100, 40)),
		"story.svg":            s.SVG(),
		"pool.golden":          plain(servers().Frame("http://127.0.0.1:5000", s.End, 80, 24)),
		"pool-starting.golden": plain((&Story{Start: s.Start, Pool: servers().Pool}).Frame("", s.Start, 80, 24)),
	} {
		path := filepath.Join("testdata", name)
		if *update {
			must(t, os.WriteFile(path, []byte(got), 0o644))
		}
		want, err := os.ReadFile(path)
		must(t, err)
		if got != string(want) {
			t.Errorf("%s is now\n%s\ncheck it, and rewrite it with -update", name, got)
		}
	}
}

var escape = regexp.MustCompile(`\x1b\[[0-9;?]*[a-zA-Z]`)

func plain(s string) string { return escape.ReplaceAllString(s, "") }

func TestFrameFitsTheTerminal(t *testing.T) {
	behind := servers()
	behind.Pool.Front = "the built-in balancer (haproxy is not installed, and a reason too long for the screen)"
	for _, size := range []struct {
		columns, rows int
		s             *Story
	}{{80, 24, tale()}, {60, 24, tale()}, {200, 50, tale()}, {30, 10, tale()}, {80, 24, behind}, {60, 24, behind}, {200, 50, behind}, {30, 10, behind}} {
		frame := plain(size.s.Frame("http://127.0.0.1:5000", size.s.End, size.columns, size.rows))
		if strings.Count(frame, "\n") > size.rows {
			t.Errorf("at %d × %d the frame has %d lines", size.columns, size.rows, strings.Count(frame, "\n"))
		}
		for _, line := range strings.Split(frame, "\n") {
			if size.columns >= 50 && utf8.RuneCountInString(line) > size.columns {
				t.Errorf("at %d × %d a line has %d columns: %s", size.columns, size.rows, utf8.RuneCountInString(line), line)
			}
		}
	}
}

func TestSVGIsWellFormed(t *testing.T) {
	for name, s := range map[string]*Story{"a tale": tale(), "nothing": {}} {
		d := xml.NewDecoder(strings.NewReader(s.SVG()))
		for {
			_, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
				break
			}
		}
	}
}

func TestWaveGrowsAndFalls(t *testing.T) {
	w := Wave{Low: 6, High: 85, Period: time.Minute}
	for passed, want := range map[time.Duration]float64{0: 6, 15 * time.Second: 45.5, 30 * time.Second: 85, time.Minute: 6, 90 * time.Second: 85} {
		if got := w.Rate(passed); got < want-0.01 || got > want+0.01 {
			t.Errorf("rate after %v is %g, want %g", passed, got, want)
		}
	}
}

func TestSampleAppSlowsDown(t *testing.T) {
	alone, crowded := answersWithin(t, 1), answersWithin(t, 10)
	if alone != 8*slice || crowded < 9*alone {
		t.Errorf("a visitor alone waits %v, want %v; the last of 10 waits %v, want about 10 times as long", alone, 8*slice, crowded)
	}
}

// The visitors come at the same moment of virtual time.
func answersWithin(t *testing.T, visitors int) (took time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		app := work(newCore(), visitSlices, "Hello\n")
		start := time.Now()
		var wg sync.WaitGroup
		for range visitors {
			wg.Go(func() {
				app.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
			})
		}
		wg.Wait()
		took = time.Since(start)
	})
	return took
}
