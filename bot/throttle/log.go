package throttle

import (
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// Then there is one line for all those of linesPause.
	linesAtOnce = 10
	linesPause  = time.Minute
)

type log struct {
	mu    sync.Mutex
	kinds map[string]*kind // by what is logged
}

// It has lines of its own, so that the first of each kind is told at once.
type kind struct {
	lines *rate.Limiter
	more  int // refusals since the last line
}

// It tells how many of the kind there were since the last line.
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

// Refused logs that somebody was refused, as in "somebody asked without the right token", which is one of a few
// sentences. However many are, it writes a few lines of each, and then one a minute.
func (l *Limiter) Refused(c Client, now time.Time, what string) {
	l.logging.refused(l.log, now, c, what)
}
