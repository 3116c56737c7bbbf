package web

import (
	"fmt"
	"sync"
	"time"
)

// mostClosed caps for how long a gate stays closed: rate limits are those of an hour at most, and a mistake of the server's must not keep the
// bot from its work for longer.
const mostClosed = time.Hour

// A Gate keeps what servers asked for when they said to wait, from one call to the next. The zero Gate is open for all.
type Gate struct {
	mu    sync.Mutex
	until map[string]time.Time // by server
}

// Close has no call of the server made for d from now on, at most an hour. A d of 0 or less does nothing.
func (g *Gate) Close(server string, now time.Time, d time.Duration) {
	if d <= 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.until == nil {
		g.until = map[string]time.Time{}
	}
	if until := now.Add(min(d, mostClosed)); until.After(g.until[server]) {
		g.until[server] = until
	}
}

// Closed says why no call of the server may be made now, in words that begin with who asked for that; "" where one may.
func (g *Gate) Closed(server string, now time.Time, who string) (why string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	until := g.until[server]
	if !until.After(now) {
		return ""
	}
	return fmt.Sprintf("%s asked to wait until %s, so no call is made before", who, until.UTC().Format("15:04:05 UTC"))
}
