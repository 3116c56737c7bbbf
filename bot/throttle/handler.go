package throttle

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"
)

// TooMany is what who sent too many wrong secrets is told.
const TooMany = "too many wrong passwords or tokens; wait, and try again"

// RetryAfter sets the header that tells a client to wait, in whole seconds.
func RetryAfter(h http.Header, wait time.Duration) {
	h.Set("Retry-After", strconv.Itoa(int(max(1, math.Ceil(wait.Seconds())))))
}

// Handler bounds the wrong tokens of the requests to next, which checks them itself: what next answers with 401 is one,
// and too many are answered with 429. A right token always passes. It is for tokens that are too long to be guessed,
// since guesses are not held back; a password needs [Limiter.Try]. The body of a 429 is body as JSON, or TooMany as
// text where body is nil.
func (l *Limiter) Handler(next http.Handler, body any) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !carriesSecret(r) {
			next.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(&watcher{ResponseWriter: w, l: l, client: l.ClientOf(r), body: body}, r)
	})
}

// in a header of any of the ways in
func carriesSecret(r *http.Request) bool {
	return r.Header.Get("Authorization") != "" || r.Header.Get("Logplex-Drain-Token") != ""
}

// It sees how a request was answered that carried a token.
type watcher struct {
	http.ResponseWriter
	l      *Limiter
	client Client
	body   any // of a 429
	begun  bool
	mute   bool // the answer is another one, and the handler's is dropped
}

// Streams are flushed, and set their deadlines.
func (w *watcher) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *watcher) WriteHeader(status int) {
	if w.begun || status < http.StatusOK {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	w.begun = true
	var wait time.Duration
	if status == http.StatusUnauthorized {
		_, wait = w.l.try(w.client, time.Now(), func() bool { return false })
	}
	if wait == 0 { // the handler tells the log in its own words
		w.ResponseWriter.WriteHeader(status)
		return
	}
	w.mute = true
	w.l.Refused(w.client, time.Now(), refusedText)
	h := w.Header()
	h.Del("WWW-Authenticate")
	h.Del("Content-Length")
	RetryAfter(h, wait)
	if w.body == nil {
		http.Error(w.ResponseWriter, TooMany, http.StatusTooManyRequests)
		return
	}
	h.Set("Content-Type", "application/json")
	w.ResponseWriter.WriteHeader(http.StatusTooManyRequests)
	_ = json.NewEncoder(w.ResponseWriter).Encode(w.body) // to somebody who may have hung up
}

func (w *watcher) Write(b []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	if w.mute {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}
