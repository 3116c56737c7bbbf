package settings

import (
	"fmt"
	"time"
)

// Flap says why the settings must scale down and up in turn for ever, or "" if they need not: with one dyno fewer the
// others get more to do, and what was too fast before is too slow after.
//
// It takes response times to grow as the load of a dyno does, which is the least that they do. The limits are those at
// now.
func (s *Settings) Flap(now time.Time) string {
	l := s.Table.At(now)
	n := max(2, l.Min+1) // where one dyno fewer matters most
	low, high := float64(s.MinResponseTime), float64(s.MaxResponseTime)
	after := low * float64(n) / float64(n-1)
	if n > l.Max || low == 0 || after < high {
		return ""
	}
	return fmt.Sprintf("from %d dynos to %d each gets %d/%d of its load, so a heartbeat just below "+
		"MIN_RESPONSE_TIME_IN_MS takes %g × %d/%d = %.0f ms, "+
		"which is not below MAX_RESPONSE_TIME_IN_MS, %g: the bot would remove a dyno and add it again for ever; set "+
		"MIN_RESPONSE_TIME_IN_MS below %.0f",
		n, n-1, n, n-1, low, n, n-1, after, high, high*float64(n-1)/float64(n))
}
