package logdrain

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"time"
)

const (
	contentType = "application/logplex-1" // the only one that Logplex sends
	// Logplex ends a body at 100 KiB.
	maxBody      = 1 << 20
	bodiesAtOnce = 4 // the rest wait
)

// Logplex repeats a post after 429 or 5xx, and drops it after another 4xx.
type refusal struct {
	status int
	why    string
}

// ServeHTTP accepts a post of Logplex. It answers
//   - 204 if the post is accepted, or was before;
//   - 405 if it is not a POST, 401 if its token or password is wrong, 415 if it is of another type or compressed, 413
//     if it is larger than 1 MiB, 400 if its framing is wrong or Logplex-Msg-Count differs from the number of frames;
//   - 503 if it did not come whole, so that Logplex repeats it.
//
// Nothing of a refused post is counted. The server's timeouts limit the time of a post.
func (d *Drain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	no := d.serve(w, r)
	if no == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	now := time.Now()
	d.mu.Lock()
	d.totals.Refused++
	switch no.status {
	// the sender knows the token
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		d.dropped = now
	}
	d.complain(now, aboutRefused, "log drain: a post was refused", "status", no.status, "because", no.why)
	d.mu.Unlock()
	switch no.status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Basic realm="log drain"`)
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	}
	http.Error(w, no.why, no.status)
}

func (d *Drain) serve(w http.ResponseWriter, r *http.Request) *refusal {
	if r.Method != http.MethodPost {
		return &refusal{http.StatusMethodNotAllowed, "this is a log drain: only POST is allowed"}
	}
	token := r.Header.Get("Logplex-Drain-Token")
	if !d.knows(token, r) {
		return &refusal{http.StatusUnauthorized, "wrong drain token or password"}
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != contentType {
		return &refusal{http.StatusUnsupportedMediaType, "the content type must be " + contentType}
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return &refusal{http.StatusUnsupportedMediaType, "the content must not be compressed"}
	}
	body := <-d.bodies
	defer func() { d.bodies <- body }()
	body.Reset()
	if _, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, maxBody)); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return &refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body has more than %d bytes", maxBody)}
		}
		return &refusal{http.StatusServiceUnavailable, "the body is incomplete"}
	}
	if err := checkBody(body, r.Header.Get("Logplex-Msg-Count")); err != nil {
		return &refusal{http.StatusBadRequest, err.Error()}
	}
	d.take(time.Now(), token, r.Header.Get("Logplex-Frame-Id"), body.Bytes())
	return nil
}

// count is the expected number of frames, "" if unknown.
func checkBody(body *bytes.Buffer, count string) error {
	n, err := countFrames(body.Bytes())
	if err != nil {
		return err
	}
	if count == "" {
		return nil
	}
	want, err := strconv.ParseUint(count, 10, 31)
	if err != nil {
		return errors.New("Logplex-Msg-Count is not a number")
	}
	if n != int(want) {
		return fmt.Errorf("the body has %d frames, but Logplex-Msg-Count is %d", n, want)
	}
	return nil
}

// Constant time, whatever a wrong secret has in common with a right one.
func (d *Drain) knows(token string, r *http.Request) bool {
	known := 1
	if len(d.tokens) > 0 {
		sum := sha256.Sum256([]byte(token))
		known = 0
		for i := range d.tokens {
			known |= subtle.ConstantTimeCompare(sum[:], d.tokens[i][:])
		}
	}
	if d.password != nil {
		_, password, _ := r.BasicAuth()
		sum := sha256.Sum256([]byte(password))
		known &= subtle.ConstantTimeCompare(sum[:], d.password[:])
	}
	return known == 1
}
