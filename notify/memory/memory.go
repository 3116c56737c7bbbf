// Package memory keeps events in memory, for tests: give a [Notifier] to what is tested, and look at its Events
// afterwards.
package memory

import (
	"context"
	"slices"
	"sync"

	"github.com/autoscalebot/autoscalebot/notify"
)

// A Notifier keeps every event it is told. The zero value is ready for use, from several goroutines; it must not be
// copied.
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

// Events returns the events so far, in the order in which they came. The slice is the caller's.
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
