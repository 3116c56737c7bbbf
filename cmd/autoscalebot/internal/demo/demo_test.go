package demo

import (
	"context"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
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

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
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
	s := &Story{Policy: Count, Start: start, End: start.Add(30 * time.Second)}
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
	s := &Story{Policy: Count, Pool: &Pool{Front: "HAProxy 2.6.12", Max: 6}}
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

func told(stories ...*Story) *Run {
	r := &Run{Start: stories[0].Start, End: stories[0].End, Stories: stories}
	for i, s := range stories {
		s.Page = "http://127.0.0.1:5000/" + []string{"", "processes/count/"}[i]
		s.URL = "http://127.0.0.1:600" + fmt.Sprint(i)
	}
	return r
}

// Both policies: the adaptive one goes straight to the number of dynos.
func both() *Run {
	fast, slow := tale(), tale()
	fast.Policy = Adaptive
	dynos := 1
	for i := range fast.Records {
		r := &fast.Records[i]
		r.Dynos, r.Action = dynos, record.Held
		r.Decision.Rule, r.Decision.From, r.Decision.To = decide.RuleHold, dynos, dynos
		if i == 8 {
			r.Action, r.Decision.Rule, r.Decision.To = record.Scaled, decide.RuleMoreLoad, 4
			r.Decision.Load = &adaptive.Estimate{Low: 2.1, Likely: 2.9, High: 3.9, Busy: 0.8, Need: 4, Most: 4}
		}
		dynos = r.After()
	}
	for s, n := range map[*Story][2]int64{fast: {3, 0}, slow: {212, 7}} {
		s.Tally.All.Store(2310)
		s.Tally.Slow.Store(n[0])
		s.Tally.Failed.Store(n[1])
	}
	return told(fast, slow)
}

// The verdict has the numbers of the run, and nothing else.
func TestVerdict(t *testing.T) {
	tally := func(s *Story, all, slow, failed int64) *Story {
		s.Tally.All.Store(all)
		s.Tally.Slow.Store(slow)
		s.Tally.Failed.Store(failed)
		return s
	}
	adaptively := func(s *Story) *Story {
		s.Policy = Adaptive
		return s
	}
	for want, r := range map[string]*Run{
		"The adaptive policy had 3 slow requests of 2,310 for 96 dyno-seconds; counting had 212, 7 of them unanswered, for 45.": both(),
		"The adaptive policy had 1 slow request of 900, unanswered, for 45 dyno-seconds; counting had 0 of 899 for 45.": told(
			tally(adaptively(tale()), 900, 1, 1), tally(tale(), 899, 0, 0)),
		"The adaptive policy had 500 slow requests of 900 for 45 dyno-seconds; counting had 2, all unanswered, for 45.": told(
			tally(adaptively(tale()), 900, 500, 0), tally(tale(), 900, 2, 2)),
		"Counting had 1,212 slow requests of 2,310 for 45 dyno-seconds; 6 dynos all the time would have cost 180.": told(
			tally(tale(), 2310, 1212, 0)),
		"The pool had 0 slow requests of 90 for 150 server-seconds; 6 servers all the time would have cost 180.": told(
			tally(servers(), 90, 0, 0)),
		"The demo ended before its first heartbeat.": {Stories: []*Story{{Policy: Adaptive}, {Policy: Count}}},
	} {
		if got := r.Verdict(tale().End.Add(time.Hour)); got != want {
			t.Errorf("the verdict is\n%s, want\n%s", got, want)
		}
	}
	text := both().Text(tale().End)
	for _, want := range []string{"adaptive policy:\n", "counting:\n", "  slow requests   212\n", both().Verdict(tale().End) + "\n\nNext: autoscalebot init\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
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
		DynoSeconds: 9*1 + 15*2 + 6*1, FixedDynoSeconds: 30 * 6, Max: 6,
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
	small, large := Screen{Columns: 80, Rows: 24}, Screen{Columns: 200, Rows: 60}
	narrow, ascii := Screen{Columns: 60, Rows: 24}, Screen{Columns: 80, Rows: 24, ASCII: true, Plain: true}
	empty := &Run{Stories: []*Story{{Policy: Adaptive, Start: s.Start}, {Policy: Count, Start: s.Start}}}
	starting := &Run{Stories: []*Story{{Start: s.Start, Pool: servers().Pool}}}
	for name, got := range map[string]string{
		"lines.golden":         lines.String(),
		"empty.golden":         plain(empty.Frame(small, s.Start, false)),
		"80x24.golden":         plain(both().Frame(small, s.End, false)),
		"80x24-ascii.golden":   both().Frame(ascii, s.End, false),
		"80x24-last.golden":    plain(both().Last(small, s.End.Add(time.Minute))),
		"200x60.golden":        plain(both().Frame(large, s.End, false)),
		"200x60-last.golden":   plain(both().Last(large, s.End)),
		"60x24.golden":         plain(both().Frame(narrow, s.End, false)),
		"single.golden":        plain(told(tale()).Frame(small, s.End, false)),
		"run.svg":              both().SVG(s.End),
		"story.svg":            told(tale()).SVG(s.End),
		"pool.golden":          plain(told(servers()).Frame(small, s.End, false)),
		"pool-last.golden":     plain(told(servers()).Last(small, s.End)),
		"pool-starting.golden": plain(starting.Frame(small, s.Start, false)),
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

// A frame fits the terminal with the cursor below it, and has only whole words.
func TestFrameFitsTheTerminal(t *testing.T) {
	behind := servers()
	behind.Pool.Front = "the built-in balancer (haproxy is not installed, and a reason too long for the screen)"
	endless := both()
	endless.End = time.Time{}
	for _, s := range endless.Stories {
		s.End = time.Time{}
	}
	known := map[string]bool{}
	runs := []*Run{both(), told(tale()), told(behind), endless}
	for _, r := range runs {
		for word := range strings.FieldsSeq(plain(r.Frame(Screen{Columns: 1000, Rows: 200}, r.Start.Add(30*time.Second), false)) + r.Last(Screen{Columns: 1000, Rows: 200}, r.Start.Add(30*time.Second))) {
			known[strings.Trim(word, ",;:.")] = true
		}
	}
	letters := regexp.MustCompile(`[a-z]{4}`)
	for _, size := range [][2]int{{80, 24}, {60, 24}, {73, 24}, {100, 30}, {200, 60}, {200, 24}, {80, 60}, {132, 43}, {40, 20}, {30, 10}, {20, 5}, {1, 1}} {
		for i, r := range runs {
			sc := Screen{Columns: size[0], Rows: size[1]}
			now := r.Start.Add(30 * time.Second)
			for name, frame := range map[string]string{"a frame": plain(r.Frame(sc, now, false)), "the last frame": plain(r.Last(sc, now))} {
				lines := strings.Split(strings.TrimSuffix(frame, "\n"), "\n")
				if size[1] >= 10 && len(lines) > size[1]-1 {
					t.Errorf("%s of run %d has %d lines at %v:\n%s", name, i, len(lines), size, frame)
				}
				for _, line := range lines {
					if size[0] >= 30 && utf8.RuneCountInString(line) > size[0] {
						t.Errorf("a line of %s of run %d has %d columns at %v: %s", name, i, utf8.RuneCountInString(line), size, line)
					}
					for word := range strings.FieldsSeq(line) {
						if size[0] >= 60 && letters.MatchString(word) && !known[strings.Trim(word, ",;:.")] {
							t.Errorf("%s of run %d has a part of a word at %v: %q", name, i, size, word)
						}
					}
				}
			}
		}
	}
}

// The whole terminal is used.
func TestFrameUsesTheTerminal(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		frame := plain(both().Frame(Screen{Columns: size[0], Rows: size[1]}, tale().End, false))
		lines, widest := strings.Split(strings.TrimSuffix(frame, "\n"), "\n"), 0
		for _, line := range lines {
			widest = max(widest, utf8.RuneCountInString(line))
		}
		if len(lines) != size[1]-1 || widest < size[0]-2 {
			t.Errorf("at %v the frame is %d × %d", size, widest, len(lines))
		}
	}
}

func TestColorAndCharactersFollowTheTerminal(t *testing.T) {
	sc := Screen{Columns: 80, Rows: 24}
	if got := both().Frame(sc, tale().End, false); !strings.Contains(got, "\x1b[31m") {
		t.Error("no color")
	}
	sc.Plain = true
	if got := both().Last(sc, tale().End); strings.Contains(got, "\x1b") || !strings.Contains(got, "┤") {
		t.Errorf("a plain frame is %q", got)
	}
	sc.ASCII = true
	for _, r := range []*Run{both(), told(servers())} {
		for _, c := range r.Frame(sc, tale().End, false) + r.Last(sc, tale().End) {
			if c > 126 {
				t.Errorf("%q is not ASCII", c)
			}
		}
	}
}

// Clearing the rest of a full line would erase its last character.
func TestRedraw(t *testing.T) {
	sc := Screen{Columns: 4, Rows: 3}
	if got, want := sc.Redraw("ab\n\x1b[1mabcd\x1b[0m\n"), "\x1b[Hab\x1b[K\n\x1b[1mabcd\x1b[0m\n\x1b[J"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text            string
		columns, indent int
		want            string
	}{
		{"one two three", 13, 2, "one two three"},
		{"one two three", 12, 2, "one two/  three"},
		{" 0:01  one two", 11, 2, " 0:01  one/  two"},
		{"abcdefghij", 4, 2, "abcd/  ef/  gh/  ij"},
		{"", 4, 2, ""},
		{"ab", 0, 0, "a/b"},
	} {
		if got := strings.Join((Screen{}).Wrap(c.text, c.columns, c.indent), "/"); got != c.want {
			t.Errorf("Wrap(%q, %d, %d) is %q, want %q", c.text, c.columns, c.indent, got, c.want)
		}
	}
	if got := strings.Join((Screen{ASCII: true}).Wrap("1 → 2, 3–4", 80, 0), "/"); got != "1 -> 2, 3-4" {
		t.Errorf("in ASCII: %q", got)
	}
}

func TestSVGIsWellFormed(t *testing.T) {
	for name, r := range map[string]*Run{"a tale": told(tale()), "both": both(), "nothing": {}, "no record": {Stories: []*Story{{}}}} {
		d := xml.NewDecoder(strings.NewReader(r.SVG(tale().End)))
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

// Both targets get the same requests.
func TestWaveCountsItsRequests(t *testing.T) {
	const enough = 20
	answers := func(status int) (Target, chan struct{}) {
		seen := make(chan struct{}, 10*enough)
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			select {
			case seen <- struct{}{}:
			default:
			}
		}))
		t.Cleanup(srv.Close)
		return Target{URL: srv.URL, Tally: &Tally{Bound: time.Minute}}, seen
	}
	good, first := answers(http.StatusOK)
	bad, second := answers(http.StatusServiceUnavailable)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for range enough {
			<-first
			<-second
		}
		cancel()
	}()
	Wave{Low: 100, High: 100, Period: time.Minute, Patience: time.Minute}.Run(ctx, good, bad)
	g, b := good.Tally, bad.Tally
	if g.All.Load() < enough || g.All.Load() != b.All.Load() {
		t.Errorf("%d and %d requests", g.All.Load(), b.All.Load())
	}
	if g.Slow.Load() != 0 || g.Failed.Load() != 0 {
		t.Errorf("of the good app %d were slow, and %d failed", g.Slow.Load(), g.Failed.Load())
	}
	// The last ones may have been interrupted.
	if n := b.Failed.Load(); n < enough/2 || n > b.All.Load() || b.Slow.Load() != n {
		t.Errorf("of the bad app's %d, %d failed and %d count as slow", b.All.Load(), n, b.Slow.Load())
	}
}

func TestSlowRequestsAreCounted(t *testing.T) {
	tally := Tally{Bound: 500 * time.Millisecond}
	for _, ms := range []time.Duration{1, 500, 501, 2000} {
		tally.add(ms*time.Millisecond, false)
	}
	tally.add(3*time.Second, true)
	tally.add(time.Millisecond, true)
	if tally.Slow.Load() != 4 || tally.Failed.Load() != 2 {
		t.Errorf("%d slow, %d failed, want 4 and 2", tally.Slow.Load(), tally.Failed.Load())
	}
}

func TestSampleAppSlowsDown(t *testing.T) {
	alone, few, crowded := answersWithin(t, 1), answersWithin(t, slots), answersWithin(t, 10)
	if alone != visitTime || few != alone || crowded != 4*alone {
		t.Errorf("a visitor alone waits %v, want %v; the last of %d %v, of 10 %v, want 4 times as long", alone, visitTime, slots, few, crowded)
	}
}

// The visitors come at the same moment of virtual time.
func answersWithin(t *testing.T, visitors int) (took time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		app := newServer().handler(visitTime, "Hello\n")
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
