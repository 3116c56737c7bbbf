package web

import (
	"context"
	"errors"
	"time"
)

// The last good answer of a call, for errors that are found in it later.
type answer struct {
	status, tries int
	requestID     string
}

type answerKey struct{}

// Call makes one or more requests of the transport within limit in all. Its error is nil or an *Error with op as its
// Op. If call returns another error, it is about the last good answer.
func (t *Transport) Call(ctx context.Context, limit time.Duration, op string, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	last := new(answer)
	err := call(context.WithValue(ctx, answerKey{}, last))
	if err == nil {
		return nil
	}
	e, ok := As(err)
	if !ok {
		e = t.Unusable(err)
		e.Who, e.Status, e.RequestID, e.Tries = t.Who, last.status, last.requestID, last.tries
	}
	return Named(op, e)
}

// Status returns the status of the last good answer in a [Transport.Call]; ctx is the one that its function received.
func Status(ctx context.Context) int {
	if a, ok := ctx.Value(answerKey{}).(*answer); ok {
		return a.status
	}
	return 0
}

// As returns the *Error in err.
func As(err error) (e *Error, ok bool) {
	ok = errors.As(err, &e)
	return e, ok
}
