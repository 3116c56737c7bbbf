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

// A channel answers as Slack does, numbering the messages, and notes what each replies to: "1", "2 in 1".
type channel struct {
	posts  []string
	refuse string // the error of the next reply
}

func (c *channel) open(t *testing.T) *slack.Notifier {
	t.Helper()
	n, f, _ := bot(t)
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
		"what is no incident has none":    {told: []told{{"", ""}, {"", ""}, {"a", notify.Opened}, {"", ""}}, want: "1, 2, 3, 4"},
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
				if err := n.Notify(t.Context(), notify.Event{Kind: notify.HandsOff, Incident: e.incident, Phase: e.phase}); err != nil {
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
	e := notify.Event{Kind: notify.HandsOff, Incident: "a", Phase: notify.Opened}
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
		t.Errorf("the second and the first of 101 threads go on as %q", got)
	}
}
