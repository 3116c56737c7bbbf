package cloudfoundry

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// asked reads how long an answer that may be tried again asks to wait: Retry-After, as seconds or an HTTP date, or
// else X-RateLimit-Reset, in seconds since 1970, once nothing remains. It is 0 to a day, and 0 when there is nothing
// that can be read.
func asked(resp *http.Response, now time.Time) time.Duration {
	if resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode < 500 {
		return 0
	}
	if d, ok := web.RetryAfter(resp.Header.Get("Retry-After"), now, web.MaxAsked); ok {
		return d
	}
	at, err := strconv.ParseInt(strings.TrimSpace(resp.Header.Get("X-RateLimit-Reset")), 10, 64) // as far as can be where it is too long
	if err != nil && !errors.Is(err, strconv.ErrRange) || at < 0 || resp.Header.Get("X-RateLimit-Remaining") != "0" {
		return 0
	}
	return max(0, min(time.Unix(min(at, now.Add(web.MaxAsked).Unix()), 0).Sub(now), web.MaxAsked))
}
