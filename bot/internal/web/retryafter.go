package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RetryAfter reads the value of a Retry-After header, seconds or an HTTP date, as a duration from now: 0 to most. ok
// is false, and the duration 0, when it can't be read.
func RetryAfter(value string, now time.Time, most time.Duration) (d time.Duration, ok bool) {
	value = strings.TrimSpace(value)
	if value != "" && strings.Trim(value, "0123456789") == "" {
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil { // out of range: too many digits
			return most, true
		}
		return min(time.Duration(n)*time.Second, most), true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return max(0, min(date.Sub(now), most)), true
}
