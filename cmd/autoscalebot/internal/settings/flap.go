package settings

import (
	"fmt"
	"time"
)

// Flap explains why the bot would scale down and up again for ever with these settings, "" if it would not: after a
// scale-down each remaining dyno has more load, so a heartbeat that was fast becomes slow.
//
//	after = low × n/(n-1)
//
//	low    lower threshold, MIN_RESPONSE_TIME_IN_MS
//	n      dynos before the scale-down, at least 2
//	after  response time after it, if response times grow in proportion to a dyno's load, which is the best case
//
// It uses the limits in force at now.
func (s *Settings) Flap(now time.Time) string {
	l := s.Table.At(now)
	n := max(2, l.Min+1) // one dyno less matters most there
	low, high := float64(s.MinResponseTime), float64(s.MaxResponseTime)
	after := low * float64(n) / float64(n-1)
	if n > l.Max || low == 0 || after < high {
		return ""
	}
	return fmt.Sprintf("the bot would remove a dyno and add it again for ever: with %d instead of %d dynos, each has "+
		"%d/%d of its load, so a heartbeat just below MIN_RESPONSE_TIME_IN_MS becomes %g × %d/%d = %.0f ms, not below "+
		"MAX_RESPONSE_TIME_IN_MS (%g). Set MIN_RESPONSE_TIME_IN_MS below %.0f",
		n-1, n, n, n-1, low, n, n-1, after, high, high*float64(n-1)/float64(n))
}
