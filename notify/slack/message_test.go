package slack_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/notify/notifytest"
	"github.com/autoscalebot/autoscalebot/notify/slack"
)

func bodies(t *testing.T, e notify.Event, others ...notify.Event) (hook []byte, form url.Values) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == path {
			hook = body
			return
		}
		form, _ = url.ParseQuery(string(body))
		_, _ = io.WriteString(w, `{"ok":true,"ts":"1"}`)
	}))
	defer s.Close()
	w, err := slack.NewWebhook(s.URL+path, slack.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := slack.NewBot(token, "#ops", slack.Options{APIURL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []*slack.Notifier{w, b} {
		send := func() error { return n.Notify(t.Context(), e) }
		if len(others) > 0 {
			send = func() error { return n.NotifyAll(t.Context(), append(notify.Batch{e}, others...)) }
		}
		if err := send(); err != nil {
			t.Fatal(err)
		}
	}
	return hook, form
}

// testdata/message.golden.json is meant to be read.
func TestMessageReadsWell(t *testing.T) {
	hook, form := bodies(t, notifytest.Event(notify.NeedsExceedMax))
	reads(t, hook, form, "testdata/message.golden.json")
}

func TestAMessageOfSeveralEventsReadsWell(t *testing.T) {
	opened := notifytest.Joining(notify.HeartbeatUnreachable)
	opened.Phase, opened.Incident, opened.Since = notify.Opened, "INC7", opened.Time
	hook, form := bodies(t, notifytest.Joining(notify.Scaled), opened)
	reads(t, hook, form, "testdata/batch.golden.json")
}

// testdata/batch.golden.json is meant to be read.
func reads(t *testing.T, hook []byte, form url.Values, file string) {
	t.Helper()
	var got bytes.Buffer
	if err := json.Indent(&got, hook, "", "  "); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(got.String()) != strings.TrimSpace(string(want)) {
		t.Errorf("%s differs; if the new message is better, it should be:\n%s", file, got.String())
	}
	var message map[string]json.RawMessage
	if err := json.Unmarshal(hook, &message); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"blocks", "attachments"} {
		if form.Get(part) != string(message[part]) {
			t.Errorf("the bot's %s are %s, and the webhook's %s", part, form.Get(part), message[part])
		}
	}
}

func TestColors(t *testing.T) {
	for _, c := range []struct {
		kind  notify.Kind
		phase notify.Phase
		want  string
	}{
		{notify.Scaled, "", ""},
		{notify.Test, "", ""},
		{notify.ScaleFailed, "", "danger"},
		{notify.HeartbeatUnreachable, notify.Opened, "danger"},
		{notify.HeartbeatUnreachable, notify.Resolved, "good"},
		{notify.HeartbeatRecovered, "", "good"},
		{notify.NeedsExceedMax, notify.Opened, "warning"},
		{notify.NeedsExceedMax, notify.Reminded, "warning"},
		{notify.NeedsExceedMax, notify.Resolved, "good"},
		{notify.ScaleDiffExceeded, "", "warning"},
	} {
		hook, _ := bodies(t, notify.Event{Kind: c.kind, Phase: c.phase, App: "a"})
		var m struct{ Attachments []struct{ Color string } }
		if err := json.Unmarshal(hook, &m); err != nil || len(m.Attachments) != 1 || m.Attachments[0].Color != c.want {
			t.Errorf("%s %s is shown as %+v, %v, want the color %q", c.kind, c.phase, m, err, c.want)
		}
	}
}

func TestNothingInAnEventIsMarkup(t *testing.T) {
	long := strings.Repeat("<!channel> & *b* ", 20)
	e := notify.Event{Kind: notify.Test, App: long, ProcessType: "<@U1>", Reason: "<!here> :boom: " + long}
	for name, others := range map[string][]notify.Event{"one": nil, "several": slices.Repeat([]notify.Event{e}, notify.MaxBatch-1)} {
		hook, form := bodies(t, e, others...)
		type text struct{ Type, Text string }
		var m struct {
			Text        string
			Blocks      []struct{ Text text }
			Attachments []struct {
				Blocks []struct {
					Text   text
					Fields []text
				}
			}
		}
		if err := json.Unmarshal(hook, &m); err != nil || len(m.Attachments) != 1+len(others) {
			t.Fatalf("%s: %v, %d attachments", name, err, len(m.Attachments))
		}
		if n := utf8.RuneCountInString(m.Blocks[0].Text.Text); n > 150 || m.Blocks[0].Text.Type != "plain_text" {
			t.Errorf("%s: the header is %s of %d characters", name, m.Blocks[0].Text.Type, n)
		}
		blocks, marked := len(m.Blocks), []string{m.Text, form.Get("text")}
		for _, a := range m.Attachments {
			blocks += len(a.Blocks)
			for _, b := range a.Blocks {
				if b.Text.Type == "mrkdwn" {
					marked = append(marked, b.Text.Text)
				}
				if strings.Contains(b.Text.Text, ":boom:") && (b.Text.Type != "plain_text" || !strings.Contains(b.Text.Text, "<!here>")) {
					t.Errorf("%s: the reason is %+v", name, b.Text)
				}
				for _, f := range b.Fields {
					marked = append(marked, f.Text)
				}
			}
		}
		for _, s := range marked {
			if strings.ContainsAny(s, "<>") {
				t.Errorf("%s: %q may hold a mention", name, s)
			}
		}
		if blocks > 50 || len(m.Text) > 4000 { // Slack's limit, and its recommendation
			t.Errorf("%s: %d blocks, and a text of %d bytes", name, blocks, len(m.Text))
		}
	}
}
