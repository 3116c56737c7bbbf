package shoutrrr_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/notify/notifytest"
)

func TestAMessageOfSeveralEventsIsAList(t *testing.T) {
	scaled, ping := notifytest.Joining(notify.Scaled), notifytest.Joining(notify.Ping)
	ping.Reason = ""
	for service, form := range forms {
		f := newFar(t)
		if err := open(t, f, form, 0).NotifyAll(t.Context(), notify.Batch{scaled, ping}); err != nil {
			t.Fatal(err)
		}
		want := "dancing-forest: 2 notices: web scaled 2 → 3, and 1 more\n\n" +
			"• dancing-forest: web scaled 2 → 3 — 3 heartbeats in a row slower than 1000 ms (the last took 1534 ms)\n" +
			"• dancing-forest: the heartbeat took 1534 ms"
		if service == "ntfy" { // the title is a header
			want = strings.Replace(want, "\n\n", "\n", 1)
		}
		if got := f.arrived(); len(got) != 1 || got[0] != want {
			t.Errorf("%s got %q, want %q", service, got, want)
		}
	}
}

// Pushover has the lowest limit, 1,024 characters.
func TestAMessageOfSeveralEventsFitsAnyService(t *testing.T) {
	e := notifytest.Joining(notify.ScaleFailed)
	e.App, e.ProcessType, e.Reason = strings.Repeat("a", 300), strings.Repeat("w", 300), strings.Repeat("ü ", 5000)
	var b notify.Batch
	for len(b) < notify.MaxBatch {
		if b = append(b, e); len(b) == 1 {
			continue
		}
		f := newFar(t)
		if err := open(t, f, forms["ntfy"], 0).NotifyAll(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		_, lines, _ := strings.Cut(f.arrived()[0], "\n") // after the title
		if n := utf8.RuneCountInString(lines); n > 1000 || n < 900 || strings.Count(lines, "•") != len(b) {
			t.Errorf("%d events make %d characters with %d lines", len(b), n, strings.Count(lines, "•"))
		}
	}
}
