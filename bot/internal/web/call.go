package web

import (
	"context"
	"errors"
	"time"
)

// An answer is the last good one of a call, for what is found to be wrong with it later.
type answer struct {
	status, tries int
	requestID     string
}

type answerKey struct{}

// Call makes one or more requests of the transport's, within limit in all. Its error is nil or an *Error with op as
// its Op: an error of call's that is none came after a good answer, and says what is wrong with that.
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

// Status is that of the last good answer in a [Transport.Call], whose function is given ctx.
func Status(ctx context.Context) int {
	if a, ok := ctx.Value(answerKey{}).(*answer); ok {
		return a.status
	}
	return 0
}

// As finds the *Error in err.
func As(err error) (e *Error, ok bool) {
	ok = errors.As(err, &e)
	return e, ok
}
