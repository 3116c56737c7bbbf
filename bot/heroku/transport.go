package heroku

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

const (
	// maxTries is one try and at most two retries.
	maxTries = 3
	// maxBody bounds an answer. The greatest that is asked for, a list of 1,000 dynos, is about 500 KB.
	maxBody = 1 << 20
	// maxRetryAfter caps what a Retry-After header can ask for. Anything above 20 s means that the call gives up; the cap only
	// keeps the number readable.
	maxRetryAfter = 24 * time.Hour
)

// A transport stands below the library's, which hides the headers and retries without end. It reads each answer whole
// within its bounds, tries again what may pass, and remembers the rate limit. All its errors are of type *Error.
type transport struct {
	inner   http.RoundTripper
	timeout time.Duration // of one try
	key     string        // to be struck out of errors
	gate    web.Gate      // closed while Heroku asks to wait
	quota   atomic.Int64  // the last RateLimit-Remaining, -1 before the first
}

// An answer is what the library hides of the answer that it decodes. Each call has one in its context.
type answer struct {
	status, tries int
	requestID     string
}

type answerKey struct{}

// RoundTrip makes up to three tries. Every request may be sent again: a GET changes nothing, and the PATCH of a quantity
// is absolute.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close()
	}
	waits := backoff.NewExponentialBackOff() // 0.5 s, then ×1.5, each give or take half of it
	for try := 1; ; try++ {
		resp, e := t.try(req)
		if e == nil {
			if a, ok := req.Context().Value(answerKey{}).(*answer); ok {
				*a = answer{resp.StatusCode, try, t.safe(resp.Header.Get("Request-Id"))}
			}
			return resp, nil
		}
		e.Tries = try
		if !e.retry || try == maxTries || !wait(req.Context(), waits.NextBackOff(), e) {
			return nil, e
		}
	}
}

// wait waits before the next try. It returns false, and says why in e, when there is no time for that.
func wait(ctx context.Context, d time.Duration, e *Error) bool {
	var ended error
	e.gaveUp, ended = web.Pause(ctx, d, e.retryAfter, "Heroku")
	e.cause = cmp.Or(ended, e.cause)
	return e.gaveUp == ""
}

// try sends the request once.
func (t *transport) try(req *http.Request) (*http.Response, *Error) {
	if why := t.gate.Closed("", time.Now(), "Heroku"); why != "" {
		return nil, &Error{Message: why}
	}
	ctx, cancel := context.WithTimeout(req.Context(), t.timeout)
	defer cancel()
	again := req.Clone(ctx)
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, &Error{Message: "the request's body can't be read again"}
		}
		again.Body = body
	}
	resp, err := t.inner.RoundTrip(again)
	if err != nil {
		return nil, t.broken(req.Context(), "Heroku can't be reached", err)
	}
	defer resp.Body.Close()
	if n, err := strconv.Atoi(resp.Header.Get("RateLimit-Remaining")); err == nil && n >= 0 {
		t.quota.Store(int64(n))
	}
	// The library writes this header to the standard log, which is not ours to fill.
	resp.Header.Del("X-Heroku-Warning")

	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	var e *Error
	switch {
	case resp.StatusCode/100 != 2:
		// The status counts even when the body broke off.
		e = statusError(resp.StatusCode, body)
		e.ID, e.Message = t.safe(e.ID), t.safe(e.Message)
		e.retryAfter, _ = web.RetryAfter(resp.Header.Get("Retry-After"), time.Now(), maxRetryAfter)
		if e.retry {
			t.gate.Close("", time.Now(), e.retryAfter)
		}
	case err != nil:
		e = t.broken(req.Context(), "the answer broke off", err)
	case len(body) > maxBody:
		e = t.unusable(errors.New("it is longer than 1 MiB"))
	case !json.Valid(body):
		e = t.unusable(errors.New("it is not JSON"))
	default:
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		return resp, nil
	}
	e.Status, e.RequestID = resp.StatusCode, t.safe(resp.Header.Get("Request-Id"))
	return nil, e
}

// broken makes the error of a try that brought no whole answer. ctx is the whole call's.
func (t *transport) broken(ctx context.Context, what string, err error) *Error {
	e := &Error{Hint: again}
	e.Message, e.cause, e.retry = web.Broken(ctx, what, err, t.safe)
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(e.cause, context.Canceled):
		e.Hint = ""
	case e.cause == nil && errors.As(err, &certificate):
		e.retry = false
		e.Hint = "something between here and Heroku answers in its place, or this machine's certificates or clock are wrong"
	}
	return e
}

// unusable makes the error of a 2xx answer that makes no sense.
func (t *transport) unusable(err error) *Error {
	return &Error{
		Message: "the answer makes no sense: " + t.safe(err.Error()),
		Hint:    "what came of the call is unknown; it will be read again at the next heartbeat",
	}
}

// safe strikes the key out of a text that the server may have had a hand in, and makes it fit for one line.
func (t *transport) safe(s string) string {
	return clean(strings.ReplaceAll(s, t.key, "[key]"))
}
