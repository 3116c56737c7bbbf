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
	// Longest wait that an answer can impose: the limit is hourly.
	maxWait = time.Hour
	// Wait after a 429 that names no time.
	unsaid = 10 * time.Second
)

// The wait that an answer imposes on the next call. When no calls are left, the next is allowed at ratelimit-reset,
// when the oldest call stops counting. A 429 names its own time. The answer's date corrects for differing clocks.
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
		Message: fmt.Sprintf("the account has no API calls left until %s UTC", until.UTC().Format("15:04:05")),
		Hint:    "all tokens of the account share 5,000 calls an hour and 250 a minute. Use a longer interval",
	}
}

// Reads ratelimit-reset, in Unix seconds. Returns 0 if it is invalid or past.
func untilReset(h http.Header, now time.Time) time.Duration {
	at, err := strconv.ParseInt(strings.TrimSpace(h.Get("RateLimit-Reset")), 10, 64)
	if err != nil || at <= 0 {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	// One second more: both are cut to whole seconds.
	return max(0, time.Unix(min(at, 1<<40), 0).Sub(now)+time.Second)
}
