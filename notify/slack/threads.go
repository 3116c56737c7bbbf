package slack

import (
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/slack-go/slack"
)

// Far more than an app has. Above it, the oldest thread is forgotten.
const maxThreads = 100

// A Thread is the place of an open incident's messages. It is a plain value that JSON keeps whole.
type Thread struct {
	// Incident is the incident's ID; see [notify.Event].
	Incident string `json:"incident"`
	// Channel is the channel that was passed to NewBot.
	Channel string `json:"channel"`
	// TS is Slack's ID of the thread's first message, a time such as "1503435956.000247".
	TS string `json:"ts"`
}

// It may be used from several goroutines.
type threads struct {
	channel  string
	remember func([]Thread) // may be nil

	mu   sync.Mutex
	open []Thread // oldest first
}

func usable(all []Thread, channel string) (open []Thread) {
	for _, t := range all {
		if t.Incident != "" && t.Channel == channel && t.TS != "" && strings.Trim(t.TS, "0123456789.") == "" {
			open = append(open, t)
		}
	}
	return open[max(0, len(open)-maxThreads):]
}

func (t *threads) of(incident string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.IndexFunc(t.open, about(incident)); i >= 0 {
		return t.open[i].TS
	}
	return ""
}

func (t *threads) begin(ts string, incidents ...string) {
	t.change(func(open []Thread) []Thread {
		for _, incident := range incidents {
			open = append(slices.DeleteFunc(open, about(incident)), Thread{incident, t.channel, ts})
		}
		return slices.Delete(open, 0, max(0, len(open)-maxThreads))
	})
}

func (t *threads) end(incident string) {
	t.change(func(open []Thread) []Thread { return slices.DeleteFunc(open, about(incident)) })
}

// It calls remember only if do made a change.
func (t *threads) change(do func([]Thread) []Thread) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := slices.Clone(t.open)
	if t.open = do(t.open); t.remember != nil && !slices.Equal(t.open, before) {
		t.remember(slices.Clone(t.open))
	}
}

func about(incident string) func(Thread) bool {
	return func(t Thread) bool { return t.Incident == incident }
}

// The thread accepts no replies, but the channel may accept a new message. If a thread's first message was deleted,
// Slack returns no error and posts the reply as a new message.
func closedThread(err error) bool {
	refusal, ok := errors.AsType[slack.SlackErrorResponse](err)
	return ok && slices.Contains([]string{
		"cannot_reply_to_message", "restricted_action_thread_locked", "restricted_action_non_threadable_channel",
		"thread_not_found",
	}, refusal.Err)
}
