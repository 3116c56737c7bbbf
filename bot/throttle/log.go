package throttle

import (
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// linesAtOnce is how many refusals are logged one by one, and then one line for all those of linesPause.
	linesAtOnce = 10
	linesPause  = time.Minute
)

// A log writes few lines for many refusals.
type log struct {
	mu    sync.Mutex
	lines *rate.Limiter
	more  int // refusals since the last line
}

// refused logs a refusal, with how many there were since the last line, if a line may be written.
func (l *log) refused(to *slog.Logger, now time.Time, c Client, what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.more++; l.lines.AllowN(now, 1) {
		to.Warn(what, "from", c.Addr, "refusals", l.more)
		l.more = 0
	}
}

// Refused logs that somebody was refused, as in "somebody asked without the right token". However many are, it writes a few lines and
// then one a minute, with all other refusals.
func (l *Limiter) Refused(c Client, now time.Time, what string) {
	l.logging.refused(l.log, now, c, what)
}
