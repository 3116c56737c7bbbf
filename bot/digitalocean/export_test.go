package digitalocean

import (
	"net/http"
	"time"
)

// NoteLimit tells what is made of an answer's headers.
func NoteLimit(resp *http.Response, now time.Time) (left int, until time.Time) {
	var l limit
	l.note(resp, now)
	return l.left, l.until
}
