package slack_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/notify/notifytest"
	"github.com/autoscalebot/autoscalebot/notify/slack"
)

// bodies returns what is sent for e by a webhook and by a bot.
func bodies(t *testing.T, e notify.Event) (hook []byte, form url.Values) {
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
		if err := n.Notify(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	return hook, form
}

// TestMessageReadsWell compares with testdata/message.golden.json, which is meant to be read.
func TestMessageReadsWell(t *testing.T) {
	hook, form := bodies(t, notifytest.Event(notify.NeedsExceedMax))
	var got bytes.Buffer
	if err := json.Indent(&got, hook, "", "  "); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/message.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(got.String()) != strings.TrimSpace(string(want)) {
		t.Errorf("testdata/message.golden.json differs; if the new message is better, it should be:\n%s", got.String())
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
	hook, form := bodies(t, notify.Event{Kind: notify.Test, App: long, ProcessType: "<@U1>", Reason: "<!here> :boom: " + long})
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
	if err := json.Unmarshal(hook, &m); err != nil {
		t.Fatal(err)
	}
	if n := utf8.RuneCountInString(m.Blocks[0].Text.Text); n > 150 || m.Blocks[0].Text.Type != "plain_text" {
		t.Errorf("the header is %s of %d characters", m.Blocks[0].Text.Type, n)
	}
	if b := m.Attachments[0].Blocks[0].Text; b.Type != "plain_text" || !strings.Contains(b.Text, "<!here> :boom:") {
		t.Errorf("the reason is %+v", b)
	}
	marked := []string{m.Text, form.Get("text")}
	for _, f := range m.Attachments[0].Blocks[1].Fields {
		marked = append(marked, f.Text)
	}
	for _, s := range marked {
		if strings.ContainsAny(s, "<>") {
			t.Errorf("%q may hold a mention", s)
		}
	}
}
