// Package memory keeps events in memory, for tests. Pass a [Notifier] to the code under test, then check its Events.
package memory

import (
	"context"
	"slices"
	"sync"

	"github.com/autoscalebot/autoscalebot/notify"
)

// A Notifier keeps every event. The zero value is ready to use, from several goroutines. It must not be copied.
type Notifier struct {
	mu     sync.Mutex
	events []notify.Event
}

// Notify keeps e, unless ctx has ended.
func (n *Notifier) Notify(ctx context.Context, e notify.Event) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.events = append(n.events, e)
	return nil
}

// Events returns the events so far, in order. The slice is the caller's.
func (n *Notifier) Events() []notify.Event {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.events)
}

// Reset forgets all events.
func (n *Notifier) Reset() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.events = nil
}
