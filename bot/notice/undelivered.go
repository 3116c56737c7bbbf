package notice

import (
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
)

const (
	// UndeliveredAge is how old an event may be when it is told after a restart: nobody is helped by older ones.
	UndeliveredAge = 15 * time.Minute
	// undeliveredMost is how many events are kept for that.
	undeliveredMost = 100
)

// An Undelivered is an event that may not have reached everybody yet.
type Undelivered struct {
	Event notify.Event `json:"event"`
	// Done are the names of the targets that are done with it.
	Done []string `json:"done,omitempty"`
}

// A Queue holds the events of the last minutes that may not have reached everybody yet, the oldest first. It is never
// changed in place.
type Queue []Undelivered

// With returns the queue at now with more events, as far as they are to be kept. What heartbeats alone tell is not
// worth it.
func (q Queue) With(now time.Time, more ...notify.Event) Queue {
	var all Queue
	for _, u := range q {
		if now.Sub(u.Event.Time) < UndeliveredAge {
			all = append(all, u)
		}
	}
	for _, e := range more {
		if e.Kind != notify.Ping {
			all = append(all, Undelivered{Event: e})
		}
	}
	return all[max(0, len(all)-undeliveredMost):]
}

// Delivered returns the queue once one of so many targets is done with the event of an ID. ok is false where the queue
// has no such event.
func (q Queue) Delivered(target string, targets int, id string) (next Queue, ok bool) {
	i := slices.IndexFunc(q, func(u Undelivered) bool { return u.Event.ID == id })
	if i < 0 {
		return q, false
	}
	next = slices.Clone(q)
	next[i].Done = append(slices.Clip(next[i].Done), target)
	if len(next[i].Done) >= targets {
		next = slices.Delete(next, i, i+1)
	}
	return next, true
}
