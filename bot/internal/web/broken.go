package web

import (
	"context"
	"errors"
)

// Broken names why a try brought no whole answer. ctx is the whole call's and err the try's, what says what failed, as in "Heroku can't be
// reached", and safe strikes secrets out of a text.
//
// cause is context.Canceled where the call was cancelled, context.DeadlineExceeded where the answer took too long, and nil otherwise: err
// itself is not to be passed on, since it may hold what the server sent. retry says that another try may help, and that the call has the
// time for it.
func Broken(ctx context.Context, what string, err error, safe func(string) string) (message string, cause error, retry bool) {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return "the call was cancelled", context.Canceled, false
	case errors.Is(err, context.DeadlineExceeded):
		return "no whole answer in time", context.DeadlineExceeded, ctx.Err() == nil
	}
	return what + ": " + safe(err.Error()), nil, true
}
