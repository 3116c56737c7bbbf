package notify

import (
	"context"
	"fmt"
	"slices"
)

// MaxBatch is how many events stand in one message at the most: as many as people read, and all services take.
const MaxBatch = 10

// A Batch is two to [MaxBatch] events in the order in which they happened. An incident may begin and end in one.
type Batch []Event

// A BatchNotifier is a [Notifier] that can tell several events in one message, for people: what machines read comes one
// by one.
type BatchNotifier interface {
	Notifier
	// Joins reports whether e may stand in one message with others. It depends on e alone, and neither blocks nor calls
	// a Fanout.
	Joins(e Event) bool
	// NotifyAll tells all events of b, each of which Joins, in one message, as Notify tells one: after an error none of
	// them may have arrived, and it can be called again with the same batch.
	NotifyAll(ctx context.Context, b Batch) error
}

// Subject says in one line how many events there are, and what happened in the first that begins an incident, or else
// in the first. It holds no line break and no control character.
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
