package digitalocean

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// An Error is a call to DigitalOcean's API that failed. It holds no secret. Op is what was tried, Status and Message
// are the last answer's, Hint says what to do, RequestID is for DigitalOcean's support, and Tries counts the HTTP
// calls. Until is when the rate limit lets calls pass again.
//
// It is [pool.ErrGone] where the answer was 404, and [pool.ErrRefused] where it says that the call was not carried
// out and never will be.
type Error = web.Error

func (p *Provider) named(ctx context.Context, op string, err error) error {
	switch e, ok := web.As(err); {
	case ok:
		return web.Named(op, e)
	case ctx.Err() != nil:
		return ended(ctx, op)
	}
	return &Error{Op: op, Message: "the answer makes no sense: " + p.transport.Secrets.Strike(err.Error())}
}

func ended(ctx context.Context, op string) *Error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return &Error{Op: op, Message: "the call was cancelled", Is: context.Canceled}
	}
	return &Error{Op: op, Message: "the call's time ended", Is: context.DeadlineExceeded}
}

func answered(_ *http.Request, status int, body []byte) *Error {
	var a struct {
		Message   string `json:"message"`
		RequestID string `json:"request_id"`
	}
	if json.Unmarshal(body, &a) != nil {
		a.Message = string(body)
	}
	e := &Error{Status: status, Message: a.Message, RequestID: a.RequestID}
	switch {
	case busy(e):
	case status == http.StatusNotFound:
		e.Kind = pool.ErrGone
	case status == http.StatusUnprocessableEntity:
		e.Kind = pool.ErrRefused
	case status == http.StatusUnauthorized:
		e.Common = true
		e.Hint = "the token is wrong, has expired or was revoked: make a new one at " +
			"https://cloud.digitalocean.com/account/api/tokens"
	case status == http.StatusForbidden:
		e.Hint = "the token has not the scope for this"
	case status >= 500:
		e.Common = true
		e.Hint = "the trouble is DigitalOcean's, see https://status.digitalocean.com"
	case status/100 == 3:
		e.Hint = "a redirect is not followed, for the token's sake: is the API's URL right?"
	}
	return e
}

// busy reports whether something else is under way that the call would collide with: it was not carried out, and
// would be later. DigitalOcean says so with 422 for droplets, and with 403 for load balancers.
func busy(err error) bool {
	e, ok := web.As(err)
	if !ok {
		return false
	}
	about := strings.ToLower(e.Message)
	return e.Status/100 == 4 && (strings.Contains(about, "pending event") ||
		strings.Contains(about, "processes previous actions"))
}

// unclear reports whether a call may have been carried out, or not.
func unclear(e *Error) bool { return e.Status/100 == 2 || e.Status == 0 || e.Status >= 500 }

// refused marks the error of an order that certainly was not carried out, and would not be if it was sent again as it
// is.
func refused(err error) error {
	e, ok := web.As(err)
	if !ok || busy(e) || e.Is != nil {
		return err
	}
	switch e.Status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden,
		http.StatusNotFound,
		http.StatusUnprocessableEntity:
		own := *e
		own.Kind = pool.ErrRefused
		return &own
	}
	return err
}

func is(err error, status int) bool {
	e, ok := web.As(err)
	return ok && e.Status == status
}
