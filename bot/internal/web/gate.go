package web

import (
	"sync"
	"time"
)

// maxClosed caps for how long a gate stays closed: rate limits are those of an hour at most, and a mistake of the
// server's must not keep the bot from its work for longer.
const maxClosed = time.Hour

// A gate keeps what servers asked for when they said to wait, from one call to the next. The zero gate is open for all.
type gate struct {
	mu     sync.Mutex
	opened map[string]time.Time // by server
}

// close has no call of the server made for d from now on, at most an hour.
func (g *gate) close(server string, d time.Duration) {
	if d <= 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened == nil {
		g.opened = map[string]time.Time{}
	}
	if until := time.Now().Add(min(d, maxClosed)); until.After(g.opened[server]) {
		g.opened[server] = until
	}
}

func (g *gate) until(server string) time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.opened[server]
}
