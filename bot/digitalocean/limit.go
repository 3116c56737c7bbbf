package digitalocean

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

const (
	remaining = "RateLimit-Remaining"
	// maxWait caps what an answer can make us wait: the limit is one of an hour.
	maxWait = time.Hour
	// unsaid is the wait after a 429 that names none.
	unsaid = 10 * time.Second
)

// asked tells how long an answer has the next call wait. When no calls are left, the next is allowed at
// ratelimit-reset, when the oldest one stops counting; a 429 names a time of its own. The answer's date tells how far
// the two clocks are apart.
func asked(resp *http.Response, now time.Time) time.Duration {
	left, err := strconv.Atoi(resp.Header.Get(remaining))
	none := err == nil && left == 0
	pause := time.Duration(0)
	if resp.StatusCode == http.StatusTooManyRequests {
		pause, _ = web.RetryAfter(resp.Header.Get("Retry-After"), now, maxWait)
	}
	if pause <= 0 && none {
		pause = untilReset(resp.Header, now)
	}
	if pause <= 0 && resp.StatusCode == http.StatusTooManyRequests {
		pause = unsaid
	}
	return min(pause, maxWait)
}

func limited(until time.Time) *Error {
	return &Error{
		Who: "DigitalOcean", Status: http.StatusTooManyRequests, Until: until, Common: true,
		Message: fmt.Sprintf("the account's API calls are used up until %s UTC", until.UTC().Format("15:04:05")),
		Hint: "all that uses the account's tokens shares 5,000 calls an hour and 250 a minute: a longer " +
			"interval helps",
	}
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
