package adaptive

import "time"

// A Desired is a number of dynos that was wanted at a time.
type Desired struct {
	Time  time.Time `json:"time"`
	Dynos int       `json:"dynos"`
}

// A DesiredQueue remembers the numbers that were wanted within a window, as far as they can still be the highest of it:
// each is lower than the one before it, so the first is the highest. It is never changed in place.
type DesiredQueue []Desired

// Note returns the queue with n being wanted at now, without what is older than the window or can no longer be the
// highest.
func (q DesiredQueue) Note(now time.Time, n int, window time.Duration) DesiredQueue {
	kept := make(DesiredQueue, 0, len(q)+1)
	for _, d := range q {
		if d.Dynos > n && now.Sub(d.Time) < window {
			kept = append(kept, d)
		}
	}
	return append(kept, Desired{now, n})
}
