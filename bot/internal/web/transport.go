// Package web makes the calls to the APIs of different platforms: it bounds them, tries again what may pass, waits
// where it is asked to, and tells what went wrong.
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
	// NextHeartbeat is the hint where waiting is all that one can do.
	NextHeartbeat = "it will be tried again at the next heartbeat"
	// MaxAsked caps what an answer can ask to wait. A call that has no time for it gives up; the cap only keeps the
	// number readable.
	MaxAsked = 24 * time.Hour
)

// A Transport makes the HTTP calls to a platform's API. It bounds each try and its answer, tries again what may pass,
// keeps to what the API asks for, and makes an [*Error] of all that is no good answer. It may stand below a client
// library, as an [http.RoundTripper].
//
// The fields are set before the first call. Inner, Timeout, Tries, MaxBody, Who, Secrets and Refused are required.
type Transport struct {
	Inner   http.RoundTripper
	Timeout time.Duration // of one try
	Tries   int           // of one call, at most; between them are 0.5 s, then ×1.5, each give or take half of it
	MaxBody int           // bytes of an answer

	Who     string // who answers, as in "Heroku"
	Place   string // what can't be reached, and asks to wait; "" stands for the host that is asked
	Secrets *Secrets
	// RequestID and Remaining are the answers' headers with the API's name of the request, and with how many calls
	// are left.
	RequestID, Remaining string

	// Prepare makes each try's request ready, as by a signature; nil does nothing. An *Error of its stands as it is.
	Prepare func(*http.Request) error
	// Refused makes the error of an answer that is not 2xx. What it takes from the answer may hold secrets.
	Refused func(req *http.Request, status int, body []byte) *Error
	// Check tells what is wrong with the body of a 2xx answer; nil takes any.
	Check func(body []byte) *Error
	// Asked tells how long an answer asks to wait before the next call; nil stands for [AskedToWait].
	Asked func(*http.Response, time.Time) time.Duration
	// Closed makes the error of a call that isn't made because the API has asked to wait; nil stands for one in the
	// transport's own words.
	Closed func(until time.Time) *Error

	// OnceUnlessGET has only GETs sent again where it is unclear whether they were carried out.
	OnceUnlessGET bool
	// Waits is how often a call that may be sent again waits for as long as the API asks, where its deadline allows
	// that. Such waits count as no tries. With 0, a call waits between its tries only, and is refused while the API
	// asks to wait.
	Waits int
	// Heartbeats says that what fails is asked for again at the next heartbeat, for the hints.
	Heartbeats bool
	// Untrusted is the hint where the certificate is not trusted, which is then not tried again.
	Untrusted string

	gate gate
	left atomic.Int64 // 1 more than the last Remaining
}

// RoundTrip makes a call, with [Transport.Check].
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	return t.Do(req, t.OnceUnlessGET && req.Method != http.MethodGet, t.Check)
}

// Do makes a call. once says that it is not sent again where it is unclear whether it was carried out; check tells
// what is wrong with the body of a 2xx answer, and may be nil. The answer's body is read whole. The error is nil or
// an *Error without Op.
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
		e.Tries = try
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
	message := fmt.Sprintf("%s asked to wait until %s, so no call is made before", t.place(req), when)
	return &Error{Until: until, Message: message}
}

func (t *Transport) place(req *http.Request) string { return cmp.Or(t.Place, req.URL.Host) }

// pause waits before the next try: for d, or for as long as the API asks where that is longer. It returns false, and
// says why in e, when there is no time for that, which it tells at once.
func (e *Error) pause(ctx context.Context, d time.Duration) bool {
	switch {
	case e.asked >= d && !Fits(ctx, e.asked):
		asked := e.asked.Round(time.Second)
		e.gaveUp = fmt.Sprintf("%s asks to wait %v, which is longer than this call may take", e.Who, asked)
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
			return nil, &Error{Message: "the request's body can't be read again"}
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
		return nil, t.broken(whole, t.place(req)+" can't be reached", err)
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

// Left tells how many calls the API still allows, by the last answer that told. ok is false before that.
func (t *Transport) Left() (n int, ok bool) {
	left := t.left.Load()
	return int(max(left-1, 0)), left > 0
}

// broken makes the error of a try that brought no whole answer. ctx is the whole call's.
func (t *Transport) broken(ctx context.Context, what string, err error) *Error {
	e := &Error{Again: Unclear, Common: true}
	if t.Heartbeats {
		e.Hint = NextHeartbeat
	}
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		e.Message, e.Is, e.Hint, e.Again = "the call was cancelled", context.Canceled, "", Never
	case errors.Is(err, context.DeadlineExceeded):
		e.Message, e.Is = "no whole answer in time", context.DeadlineExceeded
		if ctx.Err() != nil {
			e.Again = Never
		}
	default:
		e.Message = what + ": " + t.Secrets.Strike(err.Error())
		if t.Untrusted != "" && errors.As(err, &certificate) {
			e.Again, e.Hint = Never, t.Untrusted
		}
	}
	return e
}

// Ended makes the error of a call whose context has ended while it waited for something else than an answer of its own.
func (t *Transport) Ended(ctx context.Context) *Error { return t.broken(ctx, "", ctx.Err()) }

// Unusable makes the error of a 2xx answer that makes no sense, for what err says.
func (t *Transport) Unusable(err error) *Error {
	e := &Error{Message: "the answer makes no sense: " + t.Secrets.Strike(err.Error())}
	if t.Heartbeats {
		e.Hint = "what came of the call is unknown; it will be read again at the next heartbeat"
	}
	return e
}
