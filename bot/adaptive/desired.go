package adaptive

import "time"

// A Desired is a number of dynos that was desired at a time.
type Desired struct {
	Time  time.Time `json:"time"`
	Dynos int       `json:"dynos"`
}

// A DesiredQueue remembers the numbers desired within a window, as far as they can still become its highest. Each is
// lower than the one before it, so the first is the highest. It is never changed in place.
type DesiredQueue []Desired

// Note returns the queue with n desired at now. Entries that are older than the window, or can no longer be the
// highest, are dropped.
func (q DesiredQueue) Note(now time.Time, n int, window time.Duration) DesiredQueue {
	kept := make(DesiredQueue, 0, len(q)+1)
	for _, d := range q {
		if d.Dynos > n && now.Sub(d.Time) < window {
			kept = append(kept, d)
		}
	}
	return append(kept, Desired{now, n})
}
