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

// ErrClosed is the error of a [Fanout] that was closed before.
var ErrClosed = errors.New("notify: the fan-out is closed, so the notice was not sent")

// ErrQueueFull is the error with which an event is given up because too many wait before it.
var ErrQueueFull = errors.New("notify: too many notices wait for this target, so this one was dropped")

// A RetryAfter is an error that knows when it makes sense to try again.
type RetryAfter interface {
	// RetryAfter is how long to wait, 0 when that is not known.
	RetryAfter() time.Duration
}

// Permanent marks err as one that another attempt won't mend, such as a revoked key. Permanent(nil) is nil.
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

// RetryIn says with err that the next attempt makes sense after d. The result is a [RetryAfter]. RetryIn(nil, d) is
// nil.
func RetryIn(err error, d time.Duration) error {
	if err == nil {
		return nil
	}
	return &retryError{err, d}
}

// RetryAfterHeader reads the header Retry-After of an answer that came at now: a number of seconds, or a date. It is 0
// when there is none that makes sense.
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

// TransportError returns the error of an [http.Client], or of a client of another protocol, as it may be told where the
// URL is a secret: without the URL, and without what a server sent that made no sense, which may repeat the URL. A
// context's end, DNS, connection and TLS errors stay whole.
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
	return errors.New("what came back was not understood")
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
