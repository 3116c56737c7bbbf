package cloudfoundry

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

const (
	// maxTries is one try and at most two retries.
	maxTries = 3
	// maxBody bounds an answer. The greatest that is asked for, 50 routes with their domains, is about 150 KB.
	maxBody = 1 << 20
)

// A wire makes HTTP calls: it reads each answer whole within its bounds, tries again what may pass, and remembers the rate limit.
// All its errors are of type *Error.
type wire struct {
	inner     http.RoundTripper
	timeout   time.Duration // of one try
	userAgent string
	secrets   *secrets
	gate      web.Gate     // closed while a server asks to wait
	quota     atomic.Int64 // the last X-RateLimit-Remaining, -1 before the first
}

// An answer is what the library hides of the answer that it decodes. Each call has one in its context.
type answer struct {
	status, tries int
	requestID     string
}

type answerKey struct{}

// An authorized transport puts a token on each call to the Cloud Controller, and a fresh one when it was refused.
type authorized struct {
	wire   *wire
	tokens *tokens
}

// RoundTrip makes a call with a token.
func (a *authorized) RoundTrip(req *http.Request) (*http.Response, error) {
	token, err := a.tokens.get(req.Context())
	if err != nil {
		return nil, err
	}
	resp, err := a.wire.RoundTrip(withToken(req, token))
	var e *Error
	if !errors.As(err, &e) || e.Status != http.StatusUnauthorized {
		return resp, err
	}
	a.tokens.refused(req.Context(), token)
	if token, err = a.tokens.get(req.Context()); err != nil {
		return nil, err
	}
	return a.wire.RoundTrip(withToken(req, token))
}

func withToken(req *http.Request, token string) *http.Request {
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+token)
	return req
}

// RoundTrip makes up to three tries. Every request may be sent again: a GET changes nothing, the POST of a number of instances is
// absolute, and a token more does no harm.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close()
	}
	waits := backoff.NewExponentialBackOff() // 0.5 s, then ×1.5, each give or take half of it
	for try := 1; ; try++ {
		resp, e := w.try(req)
		if e == nil {
			if a, ok := req.Context().Value(answerKey{}).(*answer); ok {
				*a = answer{resp.StatusCode, try, w.requestID(resp)}
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
	e.gaveUp, ended = web.Pause(ctx, d, e.retryAfter, e.Who)
	e.cause = cmp.Or(ended, e.cause)
	return e.gaveUp == ""
}

// uaaKey marks the context of a call that asks the UAA rather than the Cloud Controller.
type uaaKey struct{}

// try sends the request once.
func (w *wire) try(req *http.Request) (*http.Response, *Error) {
	if why := w.gate.Closed(req.URL.Host, time.Now(), req.URL.Host); why != "" {
		return nil, &Error{Who: "Cloud Foundry", Message: why}
	}
	ctx, cancel := context.WithTimeout(req.Context(), w.timeout)
	defer cancel()
	again := req.Clone(ctx)
	again.Header.Set("User-Agent", w.userAgent)
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, &Error{Message: "the request's body can't be read again"}
		}
		again.Body = body
	}
	resp, err := w.inner.RoundTrip(again)
	if err != nil {
		return nil, w.broken(req.Context(), fmt.Sprintf("%s can't be reached", req.URL.Host), err)
	}
	defer resp.Body.Close()
	if n, err := strconv.Atoi(resp.Header.Get("X-RateLimit-Remaining")); err == nil && n >= 0 {
		w.quota.Store(int64(n))
	}

	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	var e *Error
	switch {
	case resp.StatusCode/100 != 2:
		// The status counts even when the body broke off.
		e = statusError(resp.StatusCode, body)
		if ctx.Value(uaaKey{}) != nil {
			e = uaaError(resp.StatusCode, body)
		}
		e.Title, e.Message = w.secrets.strike(e.Title), w.secrets.strike(e.Message)
		e.retryAfter = retryAfter(resp.Header, time.Now())
		if e.retry {
			w.gate.Close(req.URL.Host, time.Now(), e.retryAfter)
		}
	case err != nil:
		e = w.broken(req.Context(), "the answer broke off", err)
	case len(body) > maxBody:
		e = w.unusable(errors.New("it is longer than 1 MiB"))
	case !json.Valid(body):
		e = w.unusable(errors.New("it is not JSON"))
	default:
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		return resp, nil
	}
	if e.Who == "" {
		e.Who = "Cloud Foundry"
	}
	e.Status, e.RequestID = resp.StatusCode, w.requestID(resp)
	return nil, e
}

func (w *wire) requestID(resp *http.Response) string {
	return w.secrets.strike(resp.Header.Get("X-Vcap-Request-Id"))
}

// broken makes the error of a try that brought no whole answer. ctx is the whole call's.
func (w *wire) broken(ctx context.Context, what string, err error) *Error {
	e := &Error{Hint: again}
	e.Message, e.cause, e.retry = web.Broken(ctx, what, err, w.secrets.strike)
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(e.cause, context.Canceled):
		e.Hint = ""
	case e.cause == nil && errors.As(err, &certificate):
		e.retry = false
		e.Hint = "the certificate is not one that this machine trusts: add the installation's authority to the system's (SSL_CERT_FILE)"
	}
	return e
}

// unusable makes the error of a 2xx answer that makes no sense.
func (w *wire) unusable(err error) *Error {
	return &Error{
		Who:     "Cloud Foundry",
		Message: "the answer makes no sense: " + w.secrets.strike(err.Error()),
		Hint:    "what came of the call is unknown; it will be read again at the next heartbeat",
	}
}
