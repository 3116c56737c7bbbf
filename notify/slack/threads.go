package slack

import (
	"errors"
	"slices"
	"sync"

	"github.com/slack-go/slack"
)

// maxThreads is how many incidents may have a thread at a time, far more than an app can have. Beyond, the oldest is forgotten.
const maxThreads = 100

// threads are the messages that began the threads of incidents. The zero value is ready for use, from several goroutines.
type threads struct {
	mu   sync.Mutex
	open []thread // oldest first
}

type thread struct {
	incident string
	ts       string // of the first message: its name, in Slack's API
}

// of returns the first message of the incident's thread, "" when there is none.
func (t *threads) of(incident string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := t.index(incident); i >= 0 {
		return t.open[i].ts
	}
	return ""
}

// begin keeps the message ts as the first of the incident's thread.
func (t *threads) begin(incident, ts string) {
	t.end(incident)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open = append(t.open, thread{incident, ts})
	t.open = slices.Delete(t.open, 0, max(0, len(t.open)-maxThreads))
}

// end forgets the incident's thread.
func (t *threads) end(incident string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := t.index(incident); i >= 0 {
		t.open = slices.Delete(t.open, i, i+1)
	}
}

func (t *threads) index(incident string) int {
	return slices.IndexFunc(t.open, func(o thread) bool { return o.incident == incident })
}

// closedThread reports whether err says that nobody may reply in a thread, where a message of its own is still welcome. To a
// thread whose first message was deleted Slack makes no objection: it posts the reply as a message of its own.
func closedThread(err error) bool {
	refusal, ok := errors.AsType[slack.SlackErrorResponse](err)
	return ok && slices.Contains([]string{
		"cannot_reply_to_message", "restricted_action_thread_locked", "restricted_action_non_threadable_channel", "thread_not_found",
	}, refusal.Err)
}
