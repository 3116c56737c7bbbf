package notice

import (
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
)

const (
	// UndeliveredAge is the maximum age of an event that is delivered after a restart. Older events help nobody.
	UndeliveredAge = 15 * time.Minute
	// undeliveredMost is the maximum number of events in a Queue.
	undeliveredMost = 100
)

// An Undelivered is an event that may not have reached every target yet.
type Undelivered struct {
	Event notify.Event `json:"event"`
	// Done are the targets that are done with it.
	Done []string `json:"done,omitempty"`
}

// A Queue holds the events of the last 15 minutes that may not have reached every target, oldest first. It is never
// changed in place.
type Queue []Undelivered

// With returns the queue at now with more events. It drops old events, and keeps no [notify.Ping].
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

// Delivered returns the queue after one of targets is done with the event of an ID. ok is false if the queue does not
// have that event.
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

// Retargeted returns the queue after an exchange of the targets, by their names before and after. Targets that are new
// never get its events, and those that are gone no longer count.
func (q Queue) Retargeted(before, after []string) Queue {
	var next Queue
	for _, u := range q {
		waiting := slices.Clone(before)
		for _, name := range u.Done {
			if i := slices.Index(waiting, name); i >= 0 {
				waiting = slices.Delete(waiting, i, i+1)
			}
		}
		u.Done = nil
		for _, name := range after {
			if i := slices.Index(waiting, name); i >= 0 {
				waiting = slices.Delete(waiting, i, i+1)
			} else {
				u.Done = append(u.Done, name)
			}
		}
		if len(u.Done) < len(after) {
			next = append(next, u)
		}
	}
	return next
}
