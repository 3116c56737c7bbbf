package notify

import (
	"context"
	"fmt"
	"slices"
)

// MaxBatch is the maximum number of events in one message. People read that many, and every service accepts them.
const MaxBatch = 10

// A Batch is two to [MaxBatch] events in the order in which they happened. An incident may begin and end in one.
type Batch []Event

// A BatchNotifier is a [Notifier] that can send several events in one message. Notifiers whose messages programs read
// send events one by one.
type BatchNotifier interface {
	Notifier
	// Joins reports whether e can share a message with other events. The result depends on e alone. Joins neither
	// blocks nor calls a Fanout.
	Joins(e Event) bool
	// NotifyAll sends all events of b in one message, under the contract of Notify. Joins is true for each of them.
	NotifyAll(ctx context.Context, b Batch) error
}

// Subject is one line: the number of events, and the subject of the first that opens an incident, or else of the first.
// It contains no line breaks or control characters.
func (b Batch) Subject() string {
	if len(b) == 1 {
		return b[0].Subject()
	}
	first := b[max(0, slices.IndexFunc(b, func(e Event) bool { return e.Phase == Opened }))]
	app, subject := OneLine(first.App, maxName), first.Subject()
	if app == "" || slices.ContainsFunc(b, func(e Event) bool { return e.App != first.App }) {
		app = ""
	} else {
		app, subject = app+": ", first.what()
	}
	return fmt.Sprintf("%s%d notices: %s, and %d more", app, len(b), subject, len(b)-1)
}
