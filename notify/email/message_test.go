package email_test

import (
	netmail "net/mail"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/notify/notifytest"
)

func arrives(t *testing.T, e notify.Event, others ...notify.Event) delivery {
	t.Helper()
	s := newSink(t, sinkOptions{})
	n := s.open(t, "smtp", "", "")
	send := func() error { return n.Notify(t.Context(), e) }
	if len(others) > 0 {
		send = func() error { return n.NotifyAll(t.Context(), append(notify.Batch{e}, others...)) }
	}
	if err := send(); err != nil {
		t.Fatal(err)
	}
	got := s.got()
	if len(got) != 1 {
		t.Fatalf("%d mails arrived", len(got))
	}
	return got[0]
}

func TestMailReadsWell(t *testing.T) {
	e := notifytest.Event(notify.NeedsExceedMax)
	e.Reason = `"3 < 5" & so on`
	got := arrives(t, e)
	for name, want := range map[string]string{
		"Subject":        "[autoscalebot] dancing-forest: web is at its maximum of 3 and still too slow (for 1 h 5 min)",
		"From":           `"The bot" <bot@example.com>`,
		"To":             "<ops@example.org>, <dev@example.net>",
		"Message-Id":     "<evt_2zQ8@example.com>",
		"Auto-Submitted": "auto-generated",
		"Date":           "Sun, 01 Mar 2026 12:00:00 +0000",
		"User-Agent":     "autoscalebot",
		"Bcc":            "",
	} {
		if h := got.header(t, name); h != want {
			t.Errorf("%s: %q, want %q", name, h, want)
		}
	}
	if got.from != "bot@example.com" || !slices.Equal(got.to, []string{"ops@example.org", "dev@example.net"}) {
		t.Errorf("the envelope is from %s to %v", got.from, got.to)
	}
	reads(t, got, "testdata/mail")
}

// The golden files are meant to be read.
func reads(t *testing.T, d delivery, name string) {
	t.Helper()
	text, html := d.bodies(t)
	for file, body := range map[string]string{name + ".txt": text, name + ".html": html} {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.TrimSpace(body) != strings.TrimSpace(string(want)) {
			t.Errorf("%s differs; if the new mail is better, it should be:\n%s", file, body)
		}
	}
}

func TestMailsOfOneIncidentAnswerTheOneThatOpenedIt(t *testing.T) {
	for _, c := range []struct {
		phase            notify.Phase
		id, incident     string
		wantID, wantRefs string
	}{
		{notify.Opened, "e1", "INC7", "<INC7@example.com>", ""},
		{notify.Reminded, "e2", "INC7", "<e2@example.com>", "<INC7@example.com>"},
		{notify.Resolved, "e3", "INC7", "<e3@example.com>", "<INC7@example.com>"},
		{notify.Resolved, "e3", "a>\r\nBcc: x", "<e3@example.com>", "<a---Bcc--x@example.com>"},
		{"", "e4", "", "<e4@example.com>", ""},
	} {
		got := arrives(t, notify.Event{ID: c.id, Incident: c.incident, Kind: notify.NeedsExceedMax, Phase: c.phase})
		if id, refs, to := got.header(t, "Message-ID"), got.header(t, "References"), got.header(t, "In-Reply-To"); id != c.wantID ||
			refs != c.wantRefs || to != c.wantRefs {
			t.Errorf("%+v is the mail %s, with the references %q, in reply to %q", c, id, refs, to)
		}
	}
}

func TestScaledMailHasAReadableSubject(t *testing.T) {
	e := notifytest.Event(notify.Scaled)
	e.Phase = ""
	if got, want := arrives(t, e).header(t, "Subject"), "[autoscalebot] "+e.Subject(); got != want || !strings.Contains(got, "2 → 3") {
		t.Errorf("Subject: %q, want %q", got, want)
	}
}

func TestNoEventCanAddAHeader(t *testing.T) {
	for _, evil := range []string{
		"a\r\nBcc: x@example.com", "a\nBcc: x@example.com", "a\rBcc: x@example.com", "a\r\n\r\nbody", "a\u2028Bcc: x", "=?utf-8?q?a=0D=0ABcc:_x?=",
		"a\r\n.\r\nMAIL FROM:<x@example.com>", strings.Repeat("long ", 300), strings.Repeat("x", 3000), "ü\r\nBcc: ü",
	} {
		e := notify.Event{ID: evil, Kind: notify.Kind(evil), App: evil, ProcessType: evil, Reason: evil}
		noHeaderAdded(t, evil, arrives(t, e))
		e.Incident = evil
		other := e
		other.Incident += "2"
		noHeaderAdded(t, evil, arrives(t, e, other), "References", "In-Reply-To")
	}
}

// Each header occurs once, and the recipients do not change.
func noHeaderAdded(t *testing.T, evil string, got delivery, others ...string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(got.raw))
	if err != nil {
		t.Fatalf("%q: %v", evil, err)
	}
	for name, values := range m.Header {
		known := []string{
			"Auto-Submitted", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To", "User-Agent", "X-Mailer",
		}
		if !slices.Contains(append(known, others...), name) || len(values) != 1 {
			t.Errorf("%q: the mail has the header %s: %q", evil, name, values)
		}
	}
	head, _, _ := strings.Cut(got.raw, "\r\n\r\n")
	for line := range strings.SplitSeq(head, "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("%q: a header line of %d bytes: %q", evil, len(line), line)
		}
	}
	if len(got.to) != 2 {
		t.Errorf("%q: the mail went to %v", evil, got.to)
	}
}

func TestMessageIDs(t *testing.T) {
	for id, want := range map[string]string{
		"evt_2zQ8":               "<evt_2zQ8@example.com>",
		"a.b c<d>@e\r\n":         "<a-b-c-d--e--@example.com>",
		"ü":                      "<-@example.com>",
		"":                       "<event@example.com>",
		strings.Repeat("x", 100): "<" + strings.Repeat("x", 64) + "@example.com>",
	} {
		if got := arrives(t, notify.Event{ID: id}).header(t, "Message-ID"); got != want {
			t.Errorf("the event %q has the Message-ID %s, want %s", id, got, want)
		}
	}
}
