package notify_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/autoscalebot/autoscalebot/notify"
)

// Incidents that are not just opened began 1 h 5 min before.
func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func event(k notify.Kind, change ...func(*notify.Event)) notify.Event {
	e := notify.Event{
		ID: "evt-1", Kind: k, Time: noon(), App: "dancing-forest", ProcessType: "web", From: 3, To: 3, Min: 1, Max: 3,
		Reason: "3 heartbeats in a row slower than 1000 ms (the last took 1534 ms)", ResponseTimeMS: 1534.2,
	}
	for _, c := range change {
		c(&e)
	}
	return e
}

func phase(p notify.Phase) func(*notify.Event) {
	return func(e *notify.Event) {
		e.Phase, e.Since = p, noon()
		if p != notify.Opened {
			e.Since = noon().Add(-65*time.Minute - 3*time.Second)
		}
	}
}

func fromTo(from, to int) func(*notify.Event) {
	return func(e *notify.Event) { e.From, e.To = from, to }
}

func dryRun(e *notify.Event) { e.DryRun = true }

func sizes(e *notify.Event) { e.SizeFrom, e.SizeTo = "standard-1x", "standard-2x" }

func servers(e *notify.Event) { e.Unit = "server" }

func affects(a notify.Affects) func(*notify.Event) {
	return func(e *notify.Event) { e.Affects = a }
}

// testdata/events.golden is meant to be read.
func TestTextReadsWell(t *testing.T) {
	var got strings.Builder
	write := func(name string, e notify.Event) {
		fmt.Fprintf(&got, "=== %s\n%s\n\n%s\n\n", name, e.Subject(), e.Text())
	}
	write("scaled up", event(notify.Scaled, fromTo(2, 3)))
	write("scaled down", event(notify.Scaled, fromTo(3, 2)))
	write("scaled, dry run", event(notify.Scaled, fromTo(2, 3), dryRun))
	write("scale failed", event(notify.ScaleFailed, fromTo(2, 3)))
	write("scale failed, count not read", event(notify.ScaleFailed, fromTo(-1, -1)))
	write("scale diff exceeded", event(notify.ScaleDiffExceeded, fromTo(2, 8)))
	write("scale diff exceeded, and back", event(notify.ScaleDiffExceeded))
	write("heartbeat recovered", event(notify.HeartbeatRecovered, phase(notify.Resolved)))
	write("ping", event(notify.Ping))
	write("ping, fast", event(notify.Ping, func(e *notify.Event) { e.ResponseTimeMS = 3.14 }))
	write("ping, no answer", event(notify.Ping, func(e *notify.Event) { e.ResponseTimeMS = 0 }))
	write("test", notify.Event{ID: "evt-1", Kind: notify.Test, Time: noon(), App: "dancing-forest", ProcessType: "web"})
	write("of a later version", event("dyno_melted"))
	write("next to nothing known", notify.Event{Kind: notify.Scaled})
	write("resized", event(notify.Scaled, sizes))
	write("resized, dry run", event(notify.Scaled, sizes, dryRun))
	write("resize failed", event(notify.ScaleFailed, sizes))
	write("manual change", event(notify.ManualChange, fromTo(3, 5)))
	write("settings reloaded", event(notify.SettingsReloaded, fromTo(3, 3)))
	write("server failed", event(notify.ServerFailed, servers))
	write("scale failed, count of servers not read", event(notify.ScaleFailed, fromTo(-1, -1), servers))
	for _, a := range []notify.Affects{notify.AffectsNothing, notify.AffectsDown} {
		write("heartbeat_unreachable, affects "+string(a), event(notify.HeartbeatUnreachable, phase(notify.Opened), affects(a)))
	}
	for _, a := range []notify.Affects{notify.AffectsSize, notify.AffectsRules} {
		write("signal_unreachable, affects "+string(a), event(notify.SignalUnreachable, phase(notify.Opened), affects(a)))
	}
	for _, k := range []notify.Kind{
		notify.NeedsExceedMax, notify.NeedsBelowMin, notify.HeartbeatUnreachable, notify.LeftAlone, notify.ScaleFailed,
		notify.IneffectiveScaleUps, notify.SignalUnreachable, notify.PoolBlocked, notify.SecondBot, notify.NoDecisions,
		notify.BudgetForecast, notify.BudgetReached, notify.Offline, notify.Paused, notify.Override, notify.SettingsRefused,
	} {
		change := fromTo(3, 3)
		switch k {
		case notify.LeftAlone:
			change = fromTo(0, 0)
		case notify.ScaleFailed:
			change = fromTo(2, 3)
		}
		for _, p := range []notify.Phase{notify.Opened, notify.Reminded, notify.Resolved} {
			e := event(k, change, phase(p))
			if k == notify.LeftAlone && p == notify.Resolved {
				e.To = 2
			}
			write(string(k)+", "+string(p), e)
		}
	}
	write("incident in a dry run", event(notify.NeedsExceedMax, phase(notify.Reminded), dryRun))

	want, err := os.ReadFile("testdata/events.golden")
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("testdata/events.golden differs; if the new texts are better, it should be:\n%s", got.String())
	}
}

func TestDurationsInSubjects(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Minute:                     "",
		999 * time.Millisecond:           "",
		time.Second:                      "(for 1 s)",
		59 * time.Second:                 "(for 59 s)",
		time.Minute:                      "(for 1 min)",
		61 * time.Second:                 "(for 1 min 1 s)",
		time.Hour:                        "(for 1 h)",
		time.Hour + 59*time.Second:       "(for 1 h)",
		65 * time.Minute:                 "(for 1 h 5 min)",
		24 * time.Hour:                   "(for 1 d)",
		50*time.Hour + 3*time.Minute:     "(for 2 d 2 h)",
		400 * 24 * time.Hour:             "(for 400 d)",
		24*time.Hour + 59*time.Minute:    "(for 1 d)",
		1<<63 - 1:                        "(for 106751 d 23 h)",
		2*time.Hour - 1*time.Millisecond: "(for 1 h 59 min)",
	} {
		e := event(notify.NeedsExceedMax, func(e *notify.Event) { e.Phase, e.Since = notify.Reminded, noon().Add(-d) })
		_, got, _ := strings.Cut(e.Subject(), "too slow")
		if strings.TrimSpace(got) != want {
			t.Errorf("after %v the subject ends in %q, want %q", d, got, want)
		}
	}
}

func TestOneLine(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"plain", 10, "plain"},
		{"a\r\nBcc: x", 10, "a Bcc: x"},
		{" \t a \x00\x1b[31m\u2028\u0085 b ", 20, "a [31m b"},
		{"a\xff\xfeb", 10, "a b"},
		{"user\u202egnp.exe", 20, "user gnp.exe"},
		{"äöüäöü", 6, "äöüäöü"},
		{"äöüäöü", 5, "äöüäö…"},
		{"", 5, ""},
	} {
		if got := notify.OneLine(c.in, c.limit); got != c.want {
			t.Errorf("OneLine(%q, %d) = %q, want %q", c.in, c.limit, got, c.want)
		}
	}
}

// No event can add a line to a subject or a text.
func FuzzText(f *testing.F) {
	f.Add("scaled", "opened", "app", "web", "reason", 1, 2, 0.5, int64(60))
	f.Add("a\nb", "resolved", "a\r\nBcc: x@example.com", "w\u2028b", "r\x00\n\n", -1, 1<<40, -3.0, int64(-1))
	f.Add("left_alone", "reminded", "%s", "%!d(", "%s\xff", 0, 0, 1e300, int64(1)<<62)
	f.Fuzz(func(t *testing.T, kind, phase, app, process, reason string, from, to int, ms float64, since int64) {
		e := notify.Event{
			Kind: notify.Kind(kind), Phase: notify.Phase(phase), App: app, ProcessType: process, Reason: reason, From: from, To: to,
			ResponseTimeMS: ms, Time: noon(), Since: time.Unix(since, 0), DryRun: from > to,
		}
		s := e.Subject()
		if s == "" || strings.ContainsFunc(s, unicode.IsControl) || !utf8.ValidString(s) || len(s) > 2000 {
			t.Errorf("Subject = %q", s)
		}
		text, lines := e.Text(), len(e.Facts())
		if e.ReasonLine() != "" {
			lines += 2
		}
		if n := len(strings.Split(text, "\n")); n != lines || !utf8.ValidString(text) {
			t.Errorf("Text has %d lines, want %d:\n%q", n, lines, text)
		}
	})
}

func TestEventJSONNamesAreAContract(t *testing.T) {
	e := event(notify.NeedsExceedMax, phase(notify.Opened), dryRun, func(e *notify.Event) { e.Incident = "inc-1" })
	got, err := json.Marshal(e)
	const want = `{"id":"evt-1","type":"needs_exceed_max","phase":"opened","incident":"inc-1","time":"2026-03-01T12:00:00Z","app":"dancing-forest",` +
		`"process_type":"web","from":3,"to":3,"min":1,"max":3,"reason":"3 heartbeats in a row slower than 1000 ms (the last took 1534 ms)",` +
		`"response_time_ms":1534.2,"since":"2026-03-01T12:00:00Z","dry_run":true}`
	if err != nil || string(got) != want {
		t.Errorf("JSON is %s, %v\nwant    %s", got, err, want)
	}
}
