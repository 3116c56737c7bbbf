package experiment

import "sync"

// The work of a simulation of the part to learn from, if one of the part to judge by is 1.
const learning = 5

// If work is found on the way, the share becomes lower.
type units struct {
	mu        sync.Mutex
	done, all float64
	tell      func(share float64)
}

func (u *units) more(n float64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.all += n
}

func (u *units) add(n float64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.done += n
	if u.tell != nil {
		u.tell(min(1, u.done/u.all))
	}
}
