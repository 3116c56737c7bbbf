package slack_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/notify/notifytest"
	"github.com/autoscalebot/autoscalebot/notify/slack"
)

// The fake Slack's timestamp of every message.
const ts = "1503435956.000247"

func pictured() (notify.Event, *notifytest.Painter) {
	e, p := notifytest.Joining(notify.Scaled), &notifytest.Painter{}
	e.Picture = p
	return e, p
}

func TestAPictureIsAReplyToItsNotice(t *testing.T) {
	n, f, _ := bot(t)
	e, _ := pictured()
	if err := n.Notify(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	want := file{"dancing-forest: web scaled 2 → 3", notifytest.Picture().Alt, "C1", ts, notifytest.Picture().PNG}
	if got := f.files.arrived(); len(got) != 1 || fmt.Sprint(got[0]) != fmt.Sprint(want) {
		t.Errorf("posted %v, want %v", got, want)
	}
}

func TestAnIncidentsPictureStandsInItsThread(t *testing.T) {
	n, f, _ := botWith(t, slack.Options{Threads: []slack.Thread{{Incident: "old", Channel: "#ops", TS: "7.7"}}})
	for _, told := range []struct {
		incident string
		phase    notify.Phase
	}{{"old", notify.Reminded}, {"new", notify.Opened}, {"new", notify.Reminded}, {"old", notify.Resolved}} {
		e, _ := pictured()
		e.Incident, e.Phase = told.incident, told.phase
		if err := n.Notify(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	var threads []string
	for _, p := range f.files.arrived() {
		threads = append(threads, p.thread)
	}
	if want := []string{"7.7", ts, ts, "7.7"}; !slices.Equal(threads, want) {
		t.Errorf("the pictures stand in the threads %q, want %q", threads, want)
	}
}

func TestTheNoticeIsPostedBeforeItsPictureIsMade(t *testing.T) {
	n, f, _ := bot(t)
	e, p := pictured()
	p.Paints = func(context.Context) (notify.Picture, error) {
		if len(f.arrived()) != 1 {
			t.Error("the notice waits for its picture")
		}
		return notifytest.Picture(), nil
	}
	if err := n.Notify(t.Context(), e); err != nil || p.Asked() != 1 {
		t.Errorf("Notify = %v, and %d pictures were made", err, p.Asked())
	}
}

func TestANoticeThatIsRefusedHasNoPicture(t *testing.T) {
	n, f, _ := bot(t)
	f.set(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"ok":false,"error":"internal_error"}`)
	})
	e, p := pictured()
	if err := n.Notify(t.Context(), e); err == nil || p.Asked() != 0 || len(f.files.taken()) != 0 {
		t.Errorf("Notify = %v, %d pictures were made, and Slack was asked for %q", err, p.Asked(), f.files.taken())
	}
}

func TestATokenThatMayNotUploadIsRemembered(t *testing.T) {
	for _, code := range []string{"missing_scope", "not_allowed_token_type"} {
		var log bytes.Buffer
		n, f, _ := botWith(t, slack.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		f.files.refuse(begin, code)
		e, p := pictured()
		for range 3 {
			if err := n.Notify(t.Context(), e); err != nil {
				t.Errorf("%s: Notify = %v", code, err)
			}
		}
		if len(f.arrived()) != 3 || len(f.files.taken()) != 1 || p.Asked() != 1 {
			t.Errorf("%s: of 3 notices %d arrived, %d pictures were made, and Slack was asked for %q", code, len(f.arrived()), p.Asked(), f.files.taken())
		}
		if said := log.String(); strings.Count(said, "\n") != 1 || !strings.Contains(said, "level=WARN") || !strings.Contains(said, code) {
			t.Errorf("%s: the log says\n%s", code, said)
		}
		if hint := "add the scope files:write to the Slack app"; strings.Contains(log.String(), hint) != (code == "missing_scope") {
			t.Errorf("%s: the log says\n%s", code, log.String())
		}
	}
}

// Each step fails once. The next picture is posted.
func TestAFailedPictureIsNoFailure(t *testing.T) {
	says := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			if body == "429" {
				w.Header().Set("Retry-After", "30")
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	breaks := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	hangs := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // lets the server see that the client is gone
		<-r.Context().Done()
	}
	for name, c := range map[string]struct {
		step   string
		answer http.HandlerFunc
		want   string
	}{
		"not in the channel":       {complete, says(200, `{"ok":false,"error":"not_in_channel"}`), "invite the bot to the channel"},
		"a code of later":          {begin, says(200, `{"ok":false,"error":"of_a_later_version"}`), "of_a_later_version"},
		"an invalid code":          {begin, says(200, `{"ok":false,"error":"no such token: `+token+`"}`), "the response is not from Slack"},
		"too many":                 {begin, says(429, "429"), "too many pictures (429)"},
		"a bad gateway":            {complete, says(502, "<html>"), "answered 502"},
		"no address":               {begin, says(200, `{"ok":true,"file_id":"F1"}`), "the response is not from Slack"},
		"an address elsewhere":     {begin, says(200, `{"ok":true,"file_id":"F1","upload_url":"https://example.com/s3cr3t"}`), "the response is not from Slack"},
		"nothing":                  {begin, says(200, ""), "the response is not from Slack"},
		"a redirect":               {upload, says(302, ""), "answered 302"},
		"a refusal":                {upload, says(413, "too large for s3cr3t"), "answered 413"},
		"an upload that breaks":    {upload, breaks, "no response: EOF"},
		"an upload that hangs":     {upload, hangs, "deadline exceeded"},
		"an address that hangs":    {begin, hangs, "deadline exceeded"},
		"a completion of nothing":  {complete, says(200, `{"ok":true,"files":[]}`), "the response is not from Slack"},
		"a completion that breaks": {complete, breaks, "no response: EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			n, f, _ := botWith(t, slack.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
			f.files.set(c.step, c.answer)
			e, _ := pictured()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := n.Notify(ctx, e); err != nil {
				t.Errorf("Notify = %v", err)
			}
			said := log.String()
			if strings.Count(said, "\n") != 1 || !strings.Contains(said, "level=INFO") || !strings.Contains(said, c.want) || strings.Contains(said, "s3cr3t") {
				t.Errorf("the log says\n%s, want %q in it", said, c.want)
			}
			f.files.set(c.step, nil)
			if err := n.Notify(t.Context(), e); err != nil || len(f.arrived()) != 2 || len(f.files.arrived()) != 1 {
				t.Errorf("the next time: %v, arrived: %d notices and %d pictures", err, len(f.arrived()), len(f.files.arrived()))
			}
		})
	}
}

func TestAPictureHasItsOwnDeadline(t *testing.T) {
	for name, o := range map[string]slack.Options{"5 s": {Timeout: time.Minute}, "one message's": {Timeout: 2 * time.Second}} {
		n, _, _ := botWith(t, o)
		e, p := pictured()
		p.Paints = func(ctx context.Context) (notify.Picture, error) {
			// The picture has half of the time.
			if end, ok := ctx.Deadline(); !ok || time.Until(end) > min(o.Timeout, 5*time.Second)/2 {
				t.Errorf("%s: painting may take %v, %v", name, time.Until(end), ok)
			}
			return notifytest.Picture(), nil
		}
		if err := n.Notify(t.Context(), e); err != nil || p.Asked() != 1 {
			t.Errorf("%s: Notify = %v", name, err)
		}
	}
}
