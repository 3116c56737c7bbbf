package digitalocean

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/digitalocean/godo"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// An Error is a call to DigitalOcean's API that failed. It holds no secret, even where the answer did. It is [pool.ErrGone] where the
// answer was 404, and [pool.ErrRefused] where it says that the call was not carried out and never will be.
type Error struct {
	// Op is what was tried, as in "make the server web-7".
	Op string
	// Status is the HTTP status of the last answer, 0 when there was none.
	Status int
	// Message is DigitalOcean's own, or says what else went wrong.
	Message string
	// Hint says what to do about it; empty where the message says enough.
	Hint string
	// RequestID is DigitalOcean's name of the request, for its support; empty when it gave none.
	RequestID string
	// Until is when the rate limit lets calls pass again; zero when it is not the reason.
	Until time.Time

	kind  error // nil, or one of bot/pool's
	cause error // nil, context.Canceled or context.DeadlineExceeded
	retry bool  // trying again may help
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.kind != nil {
		fmt.Fprintf(&b, ": %v", e.kind)
	}
	if e.Status != 0 {
		fmt.Fprintf(&b, ": DigitalOcean answered %d %s", e.Status, http.StatusText(e.Status))
	}
	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", strings.TrimSuffix(e.Message, "."))
	}
	return b.String() + web.Tail(1, "", e.RequestID, e.Hint)
}

// Unwrap gives what the pool tells errors apart by, and context.Canceled or context.DeadlineExceeded when the call's time ended.
func (e *Error) Unwrap() []error {
	var errs []error
	for _, err := range []error{e.kind, e.cause} {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// named makes an *Error of what a call of godo's ended with, and says what it was for.
func (t *transport) named(ctx context.Context, op string, err error) *Error {
	var own *Error
	var answer *godo.ErrorResponse
	switch {
	case errors.As(err, &own):
		e := *own
		e.Op = op
		return &e
	case errors.As(err, &answer) && answer.Response != nil:
		return t.answered(op, answer)
	case ctx.Err() != nil:
		return ended(ctx, op)
	}
	return &Error{Op: op, Message: "the answer makes no sense: " + t.safe(err.Error())}
}

func ended(ctx context.Context, op string) *Error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return &Error{Op: op, Message: "the call was cancelled", cause: context.Canceled}
	}
	return &Error{Op: op, Message: "the call's time ended", cause: context.DeadlineExceeded}
}

// answered makes the error of an answer that is not 2xx.
func (t *transport) answered(op string, answer *godo.ErrorResponse) *Error {
	e := &Error{Op: op, Status: answer.Response.StatusCode, Message: t.safe(answer.Message), RequestID: t.safe(answer.RequestID)}
	switch {
	case e.busy():
	case e.Status == http.StatusNotFound:
		e.kind = pool.ErrGone
	case e.Status == http.StatusUnprocessableEntity:
		e.kind = pool.ErrRefused
	case e.Status == http.StatusUnauthorized:
		e.Hint = "the token is wrong, has expired or was revoked: make a new one at https://cloud.digitalocean.com/account/api/tokens"
	case e.Status == http.StatusForbidden:
		e.Hint = "the token has not the scope for this"
	case e.Status >= 500:
		e.Hint = "the trouble is DigitalOcean's, see https://status.digitalocean.com"
	case e.Status/100 == 3:
		e.Hint = "a redirect is not followed, for the token's sake: is the API's URL right?"
	}
	return e
}

// Cause is the error without what was tried, where that has no part in it: the token, the rate limit, or that DigitalOcean is not well or
// can't be reached. Else it is empty.
func (e *Error) Cause() string {
	if e.Status != 0 && e.Status != http.StatusUnauthorized && e.Status != http.StatusTooManyRequests && e.Status < 500 {
		return ""
	}
	own := *e
	own.Op, own.RequestID = "", ""
	return own.Error()
}

// busy reports whether something else is under way that the call would collide with: it was not carried out, and would be later.
// DigitalOcean says so with 422 for droplets, and with 403 for load balancers.
func (e *Error) busy() bool {
	about := strings.ToLower(e.Message)
	return e.Status/100 == 4 && (strings.Contains(about, "pending event") || strings.Contains(about, "processes previous actions"))
}

// refused marks the error of an order that certainly was not carried out, and would not be if it was sent again as it is.
func refused(err error) error {
	var e *Error
	if !errors.As(err, &e) || e.busy() || e.cause != nil {
		return err
	}
	switch e.Status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusNotFound,
		http.StatusUnprocessableEntity:
		own := *e
		own.kind = pool.ErrRefused
		return &own
	}
	return err
}

func asError(err error, e **Error) bool { return errors.As(err, e) }

// is reports whether err is DigitalOcean's answer of that status.
func is(err error, status int) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == status
}

func busy(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.busy()
}

// clean makes a text of the server's fit for one line of a log.
func clean(s string) string { return web.Line(s) }
