package digitalocean

import (
	"net/http"
	"time"
)

// Asked tells how long an answer has the next call wait.
func Asked(resp *http.Response, now time.Time) time.Duration { return asked(resp, now) }
