package throttle

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"
)

// TooMany is the response to a client that sent too many wrong secrets.
const TooMany = "too many wrong passwords or tokens; wait, then try again"

// RetryAfter sets the header Retry-After, in whole seconds and at least 1.
func RetryAfter(h http.Header, wait time.Duration) {
	h.Set("Retry-After", strconv.Itoa(int(max(1, math.Ceil(wait.Seconds())))))
}

// Handler limits wrong tokens in requests to next, which checks them itself: its response of 401 counts as a wrong one.
// After too many, the response is 429 instead. A right token always passes, and every guess is checked, so the tokens
// must be too long to guess; a password needs [Limiter.Try]. The 429 contains body as JSON, or TooMany as text if body
// is nil.
func (l *Limiter) Handler(next http.Handler, body any) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !carriesSecret(r) {
			next.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(&watcher{ResponseWriter: w, l: l, client: l.ClientOf(r), body: body}, r)
	})
}

func carriesSecret(r *http.Request) bool {
	return r.Header.Get("Authorization") != "" || r.Header.Get("Logplex-Drain-Token") != ""
}

type watcher struct {
	http.ResponseWriter
	l      *Limiter
	client Client
	body   any // of a 429
	begun  bool
	mute   bool // the response is a 429, so the handler's body is dropped
}

// Streams need Flush and deadlines.
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
	if wait == 0 { // the handler logs a 401 itself
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
	_ = json.NewEncoder(w.ResponseWriter).Encode(w.body) // fails if the client has disconnected
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
