package dashboard

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
)

type incidents struct {
	mu   sync.Mutex
	open map[notify.Kind]notify.Event
}

// Notify shows an incident to all viewers when it opens, and removes it when it is resolved. It never fails.
func (d *Dashboard) Notify(_ context.Context, e notify.Event) error {
	if e.Phase != "" && d.incidents.take(e) {
		d.show(time.Now())
	}
	return nil
}

// It reports whether e changes the list. HeartbeatRecovered resolves HeartbeatUnreachable.
func (in *incidents) take(e notify.Event) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if e.Kind == notify.HeartbeatRecovered {
		e.Kind = notify.HeartbeatUnreachable
	}
	if in.open == nil {
		in.open = map[notify.Kind]notify.Event{}
	}
	if e.Phase == notify.Resolved {
		_, was := in.open[e.Kind]
		delete(in.open, e.Kind)
		return was
	}
	in.open[e.Kind] = e
	return true
}

// The newest incident comes first.
func (in *incidents) list() []notify.Event {
	in.mu.Lock()
	defer in.mu.Unlock()
	var out []notify.Event
	for _, e := range in.open {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b notify.Event) int { return b.Since.Compare(a.Since) })
	return out
}
