package slack_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/notify/slack"
)

// It numbers the messages and records what each replies to: "1", "2 in 1".
type channel struct {
	posts  []string
	refuse string // the error of the next reply
}

func (c *channel) open(t *testing.T) *slack.Notifier {
	t.Helper()
	return c.openWith(t, slack.Options{})
}

func (c *channel) openWith(t *testing.T, o slack.Options) *slack.Notifier {
	t.Helper()
	n, f, _ := botWith(t, o)
	f.set(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		thread := r.Form.Get("thread_ts")
		if thread != "" && c.refuse != "" {
			_ = json.NewEncoder(w).Encode(map[string]any{"ok": false, "error": c.refuse})
			c.refuse = ""
			return
		}
		post := fmt.Sprint(len(c.posts) + 1)
		answer := map[string]any{"ok": true, "channel": "C1", "ts": post}
		if thread != "" {
			post += " in " + thread
		}
		if r.Form.Get("reply_broadcast") != "" {
			post += " shown in the channel too"
		}
		c.posts = append(c.posts, post)
		_ = json.NewEncoder(w).Encode(answer)
	})
	return n
}

func TestAnIncidentHasAThread(t *testing.T) {
	type told struct {
		incident string
		phase    notify.Phase
	}
	for name, c := range map[string]struct {
		refuse string
		told   []told
		want   string
	}{
		"opened, reminded, resolved": {
			told: []told{{"a", notify.Opened}, {"a", notify.Reminded}, {"a", notify.Reminded}, {"a", notify.Resolved}},
			want: "1, 2 in 1, 3 in 1, 4 in 1",
		},
		"each has its own": {
			told: []told{{"a", notify.Opened}, {"b", notify.Opened}, {"a", notify.Resolved}, {"b", notify.Resolved}},
			want: "1, 2, 3 in 1, 4 in 2",
		},
		"single events have no thread":    {told: []told{{"", ""}, {"", ""}, {"a", notify.Opened}, {"", ""}}, want: "1, 2, 3, 4"},
		"a reminder may be the first":     {told: []told{{"a", notify.Reminded}, {"a", notify.Resolved}}, want: "1, 2 in 1"},
		"a resolution ends it":            {told: []told{{"a", notify.Opened}, {"a", notify.Resolved}, {"a", notify.Reminded}}, want: "1, 2 in 1, 3"},
		"a locked thread is left":         {"restricted_action_thread_locked", []told{{"a", notify.Opened}, {"a", notify.Reminded}, {"a", notify.Reminded}}, "1, 2, 3 in 2"},
		"one without replies, too":        {"cannot_reply_to_message", []told{{"a", notify.Opened}, {"a", notify.Resolved}}, "1, 2"},
		"in a channel without, every one": {"restricted_action_non_threadable_channel", []told{{"a", notify.Opened}, {"a", notify.Resolved}}, "1, 2"},
	} {
		t.Run(name, func(t *testing.T) {
			ch := &channel{refuse: c.refuse}
			n := ch.open(t)
			for _, e := range c.told {
				if err := n.Notify(t.Context(), notify.Event{Kind: notify.LeftAlone, Incident: e.incident, Phase: e.phase}); err != nil {
					t.Fatal(err)
				}
			}
			if got := strings.Join(ch.posts, ", "); got != c.want {
				t.Errorf("posted %s, want %s", got, c.want)
			}
		})
	}
}

func TestARefusedReplyKeepsItsThread(t *testing.T) {
	ch := &channel{refuse: "internal_error"}
	n := ch.open(t)
	e := notify.Event{Kind: notify.LeftAlone, Incident: "a", Phase: notify.Opened}
	if err := n.Notify(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	e.Phase = notify.Resolved
	if err := n.Notify(t.Context(), e); err == nil {
		t.Error("a refusal was no error")
	}
	if err := n.Notify(t.Context(), e); err != nil || !slices.Equal(ch.posts, []string{"1", "2 in 1"}) {
		t.Errorf("the second attempt: %v, posted %q", err, ch.posts)
	}
}

func TestTheOldestThreadsAreForgotten(t *testing.T) {
	ch := &channel{}
	n := ch.open(t)
	open := func(id int) {
		if err := n.Notify(t.Context(), notify.Event{Incident: fmt.Sprint("i", id), Phase: notify.Opened}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 101 {
		open(i)
	}
	open(1)
	open(0)
	if got := ch.posts[101:]; !slices.Equal(got, []string{"102 in 2", "103"}) {
		t.Errorf("the second and the first of 101 threads continue as %q", got)
	}
}

func TestIncidentsThatOpenTogetherShareAThread(t *testing.T) {
	ch := &channel{}
	f := notify.NewFanout(notify.FanoutOptions{}, notify.Target{Name: "slack", Notifier: ch.open(t)})
	for _, e := range []notify.Event{
		{Kind: notify.Scaled},
		{Kind: notify.LeftAlone, Incident: "a", Phase: notify.Opened},
		{Kind: notify.Offline, Incident: "b", Phase: notify.Opened}, // message 1
		{Kind: notify.LeftAlone, Incident: "a", Phase: notify.Resolved},
		{Kind: notify.Paused, Incident: "c", Phase: notify.Reminded},
		{Kind: notify.Paused, Incident: "c", Phase: notify.Resolved},
		{Kind: notify.Paused, Incident: "d", Phase: notify.Opened},
		{Kind: notify.Scaled}, // message 5
		{Kind: notify.Offline, Incident: "b", Phase: notify.Resolved},
		{Kind: notify.Paused, Incident: "d", Phase: notify.Resolved},
	} {
		if err := f.Notify(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(ch.posts, ", "), "1, 2 in 1, 3, 4 in 3, 5, 6 in 1, 7 in 5"; got != want {
		t.Errorf("posted %s, want %s", got, want)
	}
}

func TestAWebhookTellsAnythingTogether(t *testing.T) {
	hook, f, _ := webhook(t)
	b := notify.Batch{
		{Kind: notify.LeftAlone, Incident: "a", Phase: notify.Opened},
		{Kind: notify.Offline, Incident: "b", Phase: notify.Reminded},
		{Kind: notify.LeftAlone, Incident: "a", Phase: notify.Resolved},
	}
	for _, e := range b {
		if !hook.Joins(e) {
			t.Errorf("%s does not join", e.Phase)
		}
	}
	if err := hook.NotifyAll(t.Context(), b); err != nil || len(f.arrived()) != 1 {
		t.Errorf("NotifyAll = %v, arrived: %q", err, f.arrived())
	}
}

// It keeps the threads as a state file does.
type memory struct {
	text  []byte
	times int // number of writes
}

func (m *memory) options(t *testing.T) slack.Options {
	t.Helper()
	o := slack.Options{Remember: func(threads []slack.Thread) {
		var err error
		if m.text, err = json.Marshal(threads); err != nil {
			t.Error(err)
		}
		m.times++
		clear(threads) // the slice is ours
	}}
	if m.text != nil {
		if err := json.Unmarshal(m.text, &o.Threads); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func TestARestartGoesOnInTheSameThreads(t *testing.T) {
	ch, m := &channel{}, &memory{}
	tell := func(n *slack.Notifier, incident string, p notify.Phase) {
		t.Helper()
		if err := n.Notify(t.Context(), notify.Event{Kind: notify.LeftAlone, Incident: incident, Phase: p}); err != nil {
			t.Fatal(err)
		}
	}
	n := ch.openWith(t, m.options(t))
	if err := n.NotifyAll(t.Context(), notify.Batch{
		{Kind: notify.LeftAlone, Incident: "a", Phase: notify.Opened}, {Kind: notify.Offline, Incident: "b", Phase: notify.Opened},
	}); err != nil {
		t.Fatal(err)
	}
	tell(n, "c", notify.Opened)
	tell(n, "", "")
	tell(n, "a", notify.Resolved)
	tell(n, "b", notify.Reminded)
	tell(n, "unknown", notify.Resolved)
	if m.times != 3 {
		t.Errorf("the threads were written %d times, want once for two that opened together, for one more, and for one that ended", m.times)
	}

	n = ch.openWith(t, m.options(t))
	tell(n, "b", notify.Reminded)
	tell(n, "a", notify.Opened) // had ended
	tell(n, "c", notify.Resolved)

	n = ch.openWith(t, m.options(t))
	tell(n, "b", notify.Resolved)
	tell(n, "c", notify.Reminded) // had ended too
	if got, want := strings.Join(ch.posts, ", "), "1, 2, 3, 4 in 1, 5 in 1, 6, 7 in 1, 8, 9 in 2, 10 in 1, 11"; got != want {
		t.Errorf("posted %s, want %s", got, want)
	}
}

func TestWhatIsRememberedButMakesNoSense(t *testing.T) {
	for name, c := range map[string]struct {
		thread slack.Thread
		want   string
	}{
		"as it should be":    {slack.Thread{Incident: "a", Channel: "#ops", TS: "1503435956.000247"}, "1 in 1503435956.000247"},
		"another channel's":  {slack.Thread{Incident: "a", Channel: "#dev", TS: "1503435956.000247"}, "1"},
		"another incident's": {slack.Thread{Incident: "b", Channel: "#ops", TS: "1503435956.000247"}, "1"},
		"no message":         {slack.Thread{Incident: "a", Channel: "#ops"}, "1"},
		"no time":            {slack.Thread{Incident: "a", Channel: "#ops", TS: "yesterday"}, "1"},
		"empty":              {slack.Thread{}, "1"},
	} {
		ch := &channel{}
		n := ch.openWith(t, slack.Options{Threads: []slack.Thread{c.thread}})
		if err := n.Notify(t.Context(), notify.Event{Kind: notify.LeftAlone, Incident: "a", Phase: notify.Reminded}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(ch.posts, ", "); got != c.want {
			t.Errorf("%s: posted %s, want %s", name, got, c.want)
		}
	}
}

func TestNoMoreThreadsAreRememberedThanKept(t *testing.T) {
	var before, after []slack.Thread
	for i := range 150 {
		before = append(before, slack.Thread{Incident: fmt.Sprint("i", i), Channel: "#ops", TS: "1.0"})
	}
	ch := &channel{}
	n := ch.openWith(t, slack.Options{Threads: before, Remember: func(all []slack.Thread) { after = all }})
	if err := n.Notify(t.Context(), notify.Event{Incident: "i0", Phase: notify.Reminded}); err != nil {
		t.Fatal(err)
	}
	want := append(slices.Clone(before[51:]), slack.Thread{Incident: "i0", Channel: "#ops", TS: "1"})
	if !slices.Equal(after, want) || ch.posts[0] != "1" {
		t.Errorf("posted %q, remembered %d threads: %+v", ch.posts, len(after), after)
	}
}
