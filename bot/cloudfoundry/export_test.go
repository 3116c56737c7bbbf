package cloudfoundry

import (
	"net/http"
	"time"
)

// NewOver makes a Platform whose calls go to a transport of the test's, so that they can be in virtual time.
func NewOver(o Options, inner http.RoundTripper) (*Platform, error) { return newPlatform(o, inner) }

// RetryAfter reads how long an answer asks to wait.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	return asked(&http.Response{StatusCode: http.StatusTooManyRequests, Header: h}, now)
}
