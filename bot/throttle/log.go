package throttle

import (
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// Later refusals share one line every linesPause.
	linesAtOnce = 10
	linesPause  = time.Minute
)

type log struct {
	mu    sync.Mutex
	kinds map[string]*kind // by message
}

// Each kind has its own limit, so that the first refusal of each is logged at once.
type kind struct {
	lines *rate.Limiter
	more  int // refusals since the last line
}

func (l *log) refused(to *slog.Logger, now time.Time, c Client, what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.kinds[what]
	if k == nil {
		k = &kind{lines: rate.NewLimiter(rate.Every(linesPause), linesAtOnce)}
		l.kinds[what] = k
	}
	if k.more++; k.lines.AllowN(now, 1) {
		to.Warn(what, "from", c.Addr, "refusals", k.more)
		k.more = 0
	}
}

// Refused logs a refusal. what is one of a few constant messages. Each message is logged 10 times at once and then once
// a minute, with the number of refusals.
func (l *Limiter) Refused(c Client, now time.Time, what string) {
	l.logging.refused(l.log, now, c, what)
}
