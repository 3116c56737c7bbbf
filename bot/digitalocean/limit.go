package digitalocean

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

const (
	// maxWait caps what an answer can make us wait: the limit is one of an hour.
	maxWait = time.Hour
	// unsaid is the wait after a 429 that names none.
	unsaid = 10 * time.Second
)

// A limit is what DigitalOcean has said of its rate limit. The zero limit has heard nothing.
type limit struct {
	mu    sync.Mutex
	known bool
	left  int       // the last ratelimit-remaining
	until time.Time // no call is allowed before
}

// note reads an answer's headers. When no calls are left, the next is allowed at ratelimit-reset, when the oldest one stops counting; a
// 429 names a time of its own. The answer's date tells how far the two clocks are apart.
func (l *limit) note(resp *http.Response, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	left, err := strconv.Atoi(resp.Header.Get("RateLimit-Remaining"))
	if err == nil && left >= 0 {
		l.known, l.left = true, left
	}
	var pause time.Duration
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		if pause, _ = web.RetryAfter(resp.Header.Get("Retry-After"), now, maxWait); pause == 0 && err == nil && left == 0 {
			pause = untilReset(resp.Header, now)
		}
		if pause <= 0 {
			pause = unsaid
		}
	case err == nil && left == 0:
		pause = untilReset(resp.Header, now)
	}
	if until := now.Add(min(pause, maxWait)); pause > 0 && until.After(l.until) {
		l.until = until
	}
}

// closed tells whether no call is allowed now, and until when.
func (l *limit) closed(now time.Time) (until time.Time, closed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.until, l.until.After(now)
}

func (l *limit) remaining() (int, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.left, l.known
}

// untilReset reads ratelimit-reset, in Unix seconds; 0 when it can't be read or is over.
func untilReset(h http.Header, now time.Time) time.Duration {
	at, err := strconv.ParseInt(strings.TrimSpace(h.Get("RateLimit-Reset")), 10, 64)
	if err != nil || at <= 0 {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	// A second more, since both are cut to whole seconds.
	return max(0, time.Unix(min(at, 1<<40), 0).Sub(now)+time.Second)
}
