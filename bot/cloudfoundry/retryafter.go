package cloudfoundry

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// maxRetryAfter caps what an answer can ask for. Anything above 20 s means that the call gives up; the cap only keeps the number
// readable.
const maxRetryAfter = 24 * time.Hour

// retryAfter reads how long an answer asks to wait: Retry-After, as seconds or an HTTP date, or else X-RateLimit-Reset, in seconds
// since 1970, once nothing remains. It is 0 to maxRetryAfter, and 0 when there is nothing that can be read.
func retryAfter(h http.Header, now time.Time) time.Duration {
	if d, ok := web.RetryAfter(h.Get("Retry-After"), now, maxRetryAfter); ok {
		return d
	}
	if at, ok := seconds(strings.TrimSpace(h.Get("X-RateLimit-Reset"))); ok && h.Get("X-RateLimit-Remaining") == "0" {
		return max(0, min(time.Unix(min(at, now.Add(maxRetryAfter).Unix()), 0).Sub(now), maxRetryAfter))
	}
	return 0
}

// seconds reads a whole number, 0 or more; one with too many digits is as long as can be.
func seconds(s string) (n int64, ok bool) {
	if s == "" || strings.Trim(s, digits) != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 1<<63 - 1, true
	}
	return n, true
}
