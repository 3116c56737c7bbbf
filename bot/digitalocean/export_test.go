package digitalocean

import (
	"net/http"
	"time"
)

// Asked is the wait that an answer imposes on the next call.
func Asked(resp *http.Response, now time.Time) time.Duration { return asked(resp, now) }
