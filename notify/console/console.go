// Package console writes notices as lines to a terminal or a file.
package console

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
)

// A Notifier writes a line for each event.
type Notifier struct {
	mu sync.Mutex
	w  io.Writer
}

// New returns a Notifier that writes to w, one event at a time, each in a single Write. It cannot interrupt a w that
// blocks.
func New(w io.Writer) *Notifier { return &Notifier{w: w} }

// Notify writes the event's time, subject and reason, unless ctx has ended:
//
//	2026-03-01T12:00:00Z dancing-forest: web scaled 2 → 3 — 3 heartbeats in a row slower than 1000 ms (the last took 1534 ms)
func (n *Notifier) Notify(ctx context.Context, e notify.Event) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	line := e.Time.Format(time.RFC3339) + " " + e.Subject()
	if reason := e.ReasonLine(); reason != "" {
		line += " — " + reason
	}
	if advice := e.AdviceLine(); advice != "" {
		line += " — " + advice
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, err := io.WriteString(n.w, line+"\n"); err != nil {
		return fmt.Errorf("write a notice to the console: %w", err)
	}
	return nil
}
