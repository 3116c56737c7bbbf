package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// ErrClosed is the error of a [Fanout] that is closed.
var ErrClosed = errors.New("notify: the fan-out is closed, so the notice was not sent")

// ErrQueueFull is the error of an event that was dropped because its target's queue is full.
var ErrQueueFull = errors.New("notify: the target's queue is full, so this notice was dropped")

// A RetryAfter is an error that knows when to try again.
type RetryAfter interface {
	// RetryAfter is the time to wait; 0 means unknown.
	RetryAfter() time.Duration
}

// Permanent marks err as one that a retry cannot fix, such as a revoked key. Permanent(nil) is nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanentError{err}
}

// IsPermanent reports whether err, or an error it wraps, was marked by [Permanent].
func IsPermanent(err error) bool {
	_, ok := errors.AsType[*permanentError](err)
	return ok
}

// RetryIn wraps err in a [RetryAfter] of d. RetryIn(nil, d) is nil.
func RetryIn(err error, d time.Duration) error {
	if err == nil {
		return nil
	}
	return &retryError{err, d}
}

// RetryAfterHeader reads the header Retry-After, a number of seconds or a date, of a response received at now. It is 0
// if the header is missing or invalid.
func RetryAfterHeader(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if s, err := strconv.ParseInt(value, 10, 32); err == nil {
		return max(0, time.Duration(s)*time.Second)
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// TransportError removes from the error of an [http.Client], or of another protocol's client, what may reveal a secret
// URL: the URL itself, and a malformed response, which may repeat it. Errors of contexts, DNS, connections and TLS are
// returned whole.
func TransportError(err error) error {
	for _, known := range []error{
		context.Canceled, context.DeadlineExceeded, http.ErrSchemeMismatch, io.EOF,
		io.ErrUnexpectedEOF,
	} {
		if errors.Is(err, known) {
			return known
		}
	}
	for _, known := range []error{
		find[*net.OpError](err), find[*net.DNSError](err), find[*tls.CertificateVerificationError](err),
		find[tls.RecordHeaderError](err), find[tls.AlertError](err),
	} {
		if known != nil {
			return known
		}
	}
	return errors.New("the server sent an invalid response")
}

func find[E error](err error) error {
	if e, ok := errors.AsType[E](err); ok {
		return e
	}
	return nil
}

type permanentError struct{ err error }

func (e *permanentError) Error() string { return e.err.Error() }
func (e *permanentError) Unwrap() error { return e.err }

type retryError struct {
	err   error
	after time.Duration
}

func (e *retryError) Error() string             { return e.err.Error() }
func (e *retryError) Unwrap() error             { return e.err }
func (e *retryError) RetryAfter() time.Duration { return e.after }
