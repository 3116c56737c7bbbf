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
	contentType = "application/logplex-1" // the only one that Logplex has
	// Logplex ends a body when it has 100 KiB.
	maxBody      = 1 << 20
	bodiesAtOnce = 4 // the rest wait
)

// Logplex posts again what was answered by 429 or 5xx, and drops what was by another 4xx.
type refusal struct {
	status int
	why    string
}

// ServeHTTP takes a post by Logplex. It answers
//   - 204 when the post is taken, or had been before;
//   - 405 when it is no POST, 401 when its token or password is wrong, 415 when it is of another type or compressed,
//     413 when it is larger than 1 MiB, 400 when it is not framed or has not as many frames as Logplex-Msg-Count says;
//   - 503 when it did not come whole, so that Logplex posts it again.
//
// Of a post that is not taken, nothing is counted. How long a post may take is for the server's timeouts to say.
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
	// by who knows the token
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
		return &refusal{http.StatusMethodNotAllowed, "this is a log drain: Logplex posts to it"}
	}
	token := r.Header.Get("Logplex-Drain-Token")
	if !d.knows(token, r) {
		return &refusal{http.StatusUnauthorized, "the drain's token or the password is not right"}
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
		return &refusal{http.StatusServiceUnavailable, "the body did not come whole"}
	}
	if err := checkBody(body, r.Header.Get("Logplex-Msg-Count")); err != nil {
		return &refusal{http.StatusBadRequest, err.Error()}
	}
	d.take(time.Now(), token, r.Header.Get("Logplex-Frame-Id"), body.Bytes())
	return nil
}

// count is how many frames there should be, which is not told if it is "".
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
		return errors.New("Logplex-Msg-Count is no number")
	}
	if n != int(want) {
		return fmt.Errorf("the body has %d frames, and Logplex-Msg-Count says %d", n, want)
	}
	return nil
}

// It takes as long for a wrong secret as for a right one, whatever they have in common.
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
