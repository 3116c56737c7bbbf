// Package web makes the calls to platforms' APIs: it limits them, retries them, waits if an API asks it to, and words
// their errors.
package web

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	nextHeartbeat = "the bot tries again at the next heartbeat"
	// MaxAsked caps the time that an answer can ask to wait. It only keeps the number readable: a call without the time
	// gives up.
	MaxAsked = 24 * time.Hour
)

// A Transport makes the HTTP calls to a platform's API. It limits each try and its answer, retries what may succeed
// later, obeys the API's requests to wait, and returns an [*Error] for everything but a good answer. It is an
// [http.RoundTripper], so it can be used below a client library.
//
// Set the fields before the first call. Inner, Timeout, Tries, MaxBody, Who, Secrets and Refused are required.
type Transport struct {
	Inner   http.RoundTripper
	Timeout time.Duration // of one try
	Tries   int           // of one call, at most; the wait between them is 0.5 s, then ×1.5, each ±50 %
	MaxBody int           // bytes of an answer

	Who     string // the API's name, as in "Heroku"
	Place   string // the name in errors of unreachable or waiting servers; "" means the host
	Secrets *Secrets
	// RequestID and Remaining are the names of the answers' headers with the API's ID of the request and the number of
	// calls left.
	RequestID, Remaining string

	// Prepare completes the request of each try, for example with a signature; nil does nothing. An *Error of it is
	// returned as it is.
	Prepare func(*http.Request) error
	// Refused returns the error of an answer that is not 2xx. Its texts from the answer may hold secrets.
	Refused func(req *http.Request, status int, body []byte) *Error
	// Check returns what is wrong with the body of a 2xx answer; nil accepts any body.
	Check func(body []byte) *Error
	// Asked returns the time to wait before the next call; nil means [AskedToWait].
	Asked func(*http.Response, time.Time) time.Duration
	// Closed returns the error of a call that is not made because the API asked to wait; nil means the transport's own
	// error.
	Closed func(until time.Time) *Error

	// OnceUnlessGET retries a request other than GET only if it was certainly not carried out.
	OnceUnlessGET bool
	// Waits is how often a retryable call waits for the time that the API asks for, if its deadline allows. Such waits
	// do not count as tries. With 0, a call waits only between its tries, and fails while the API asks to wait.
	Waits int
	// Heartbeats says that the next heartbeat repeats what failed. Errors then say so.
	Heartbeats bool
	// Untrusted is the hint for an untrusted certificate. Such a call is not retried.
	Untrusted string

	gate gate
	left atomic.Int64 // the last Remaining plus 1; 0 before the first
}

// RoundTrip makes a call, checked with [Transport.Check].
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	return t.Do(req, t.OnceUnlessGET && req.Method != http.MethodGet, t.Check)
}

// Do makes a call. With once, it is retried only if it was certainly not carried out. check returns what is wrong with
// the body of a 2xx answer; it may be nil. The answer's body is read whole. The error is nil or an *Error without Op.
func (t *Transport) Do(req *http.Request, once bool, check func(body []byte) *Error) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close()
	}
	ctx := req.Context()
	pauses := backoff.NewExponentialBackOff()
	for try, waits := 1, 0; ; {
		if until := t.gate.until(req.URL.Host); until.After(time.Now()) {
			if once || waits == t.Waits || !Wait(ctx, time.Until(until)) {
				return nil, t.closed(req, until)
			}
			waits++
			continue
		}
		resp, e := t.try(req, check)
		if e == nil {
			if a, ok := ctx.Value(answerKey{}).(*answer); ok {
				*a = answer{resp.StatusCode, try, t.requestID(resp)}
			}
			return resp, nil
		}
		e.Tries, e.heartbeats = try, t.Heartbeats
		switch {
		case e.Again == whenOpen:
		case !e.again(once) || try == t.Tries || !e.pause(ctx, pauses.NextBackOff()):
			return nil, e
		default:
			try++
		}
	}
}

func (t *Transport) closed(req *http.Request, until time.Time) *Error {
	if t.Closed != nil {
		return t.Closed(until)
	}
	when := until.UTC().Format("15:04:05 UTC")
	message := fmt.Sprintf("%s asked the bot to wait until %s, so it makes no call before then", t.place(req), when)
	return &Error{Until: until, Message: message}
}

func (t *Transport) place(req *http.Request) string { return cmp.Or(t.Place, req.URL.Host) }

// Waits d before the next try, or the time that the API asks for if that is longer. If there is no time for that, it
// returns false at once and records why in e.
func (e *Error) pause(ctx context.Context, d time.Duration) bool {
	switch {
	case e.asked >= d && !Fits(ctx, e.asked):
		asked := e.asked.Round(time.Second)
		e.gaveUp = fmt.Sprintf("%s asks for a wait of %v, longer than this call may take", e.Who, asked)
	case !Fits(ctx, max(d, e.asked)):
		e.gaveUp = "no time left to try again"
	default:
		if err := Sleep(ctx, max(d, e.asked)); err != nil {
			e.gaveUp, e.Is = "ended while waiting to try again", err
		}
	}
	return e.gaveUp == ""
}

func (t *Transport) try(req *http.Request, check func([]byte) *Error) (*http.Response, *Error) {
	whole := req.Context()
	ctx, cancel := context.WithTimeout(whole, t.Timeout)
	defer cancel()
	again := req.Clone(ctx)
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, &Error{Message: "the request's body cannot be read again"}
		}
		again.Body = body
	}
	if t.Prepare != nil {
		if err := t.Prepare(again); err != nil {
			if e, ok := As(err); ok {
				return nil, e
			}
			return nil, &Error{Message: t.Secrets.Strike(err.Error())}
		}
	}
	resp, err := t.Inner.RoundTrip(again)
	if err != nil {
		return nil, t.broken(whole, t.place(req)+" is unreachable", err)
	}
	defer resp.Body.Close()
	if n, err := strconv.Atoi(resp.Header.Get(t.Remaining)); err == nil && n >= 0 {
		t.left.Store(int64(min(n, math.MaxInt32)) + 1)
	}
	asked := t.asked(resp)
	t.gate.close(req.URL.Host, asked)

	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(t.MaxBody)+1))
	var e *Error
	switch {
	case resp.StatusCode/100 != 2:
		// The status counts even when the body broke off.
		e = t.Refused(req, resp.StatusCode, body)
		e.ID, e.Message, e.asked = t.Secrets.Strike(e.ID), t.Secrets.Strike(e.Message), asked
		if resp.StatusCode == http.StatusTooManyRequests && t.Waits > 0 && asked > 0 {
			e.Again = whenOpen
		}
	case err != nil:
		e = t.broken(whole, "the answer broke off", err)
	case len(body) > t.MaxBody:
		e = t.Unusable(fmt.Errorf("it is longer than %d MiB", t.MaxBody>>20))
	case check != nil:
		e = check(body)
	}
	if e == nil {
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		return resp, nil
	}
	e.Who, e.Status = cmp.Or(e.Who, t.Who), resp.StatusCode
	if e.RequestID = t.Secrets.Strike(e.RequestID); e.RequestID == "" {
		e.RequestID = t.requestID(resp)
	}
	return nil, e
}

func (t *Transport) requestID(resp *http.Response) string {
	return t.Secrets.Strike(resp.Header.Get(t.RequestID))
}

func (t *Transport) asked(resp *http.Response) time.Duration {
	if t.Asked != nil {
		return t.Asked(resp, time.Now())
	}
	return AskedToWait(resp, time.Now())
}

// Left returns the number of calls that the API still allows, as of the last answer that had it. ok is false before
// that.
func (t *Transport) Left() (n int, ok bool) {
	left := t.left.Load()
	return int(max(left-1, 0)), left > 0
}

// The error of a try without a whole answer. ctx is the whole call's.
func (t *Transport) broken(ctx context.Context, what string, err error) *Error {
	e := &Error{Again: Unclear, Common: true, Later: true, heartbeats: t.Heartbeats}
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		e.Message, e.Is, e.Later, e.Again = "the call was canceled", context.Canceled, false, Never
	case errors.Is(err, context.DeadlineExceeded):
		e.Message, e.Is = "no complete answer in time", context.DeadlineExceeded
		if ctx.Err() != nil {
			e.Again = Never
		}
	default:
		e.Message = what + ": " + t.Secrets.Strike(err.Error())
		if t.Untrusted != "" && errors.As(err, &certificate) {
			e.Again, e.Hint, e.Later = Never, t.Untrusted, false
		}
	}
	return e
}

// Ended returns the error of a call whose context ended while it waited for something other than its own answer.
func (t *Transport) Ended(ctx context.Context) *Error { return t.broken(ctx, "", ctx.Err()) }

// Unusable returns the error of a 2xx answer that is invalid because of err.
func (t *Transport) Unusable(err error) *Error {
	e := &Error{Message: "invalid answer: " + t.Secrets.Strike(err.Error())}
	if t.Heartbeats {
		e.Hint = "the effect of the call is unknown; the bot reads it again at the next heartbeat"
	}
	return e
}
