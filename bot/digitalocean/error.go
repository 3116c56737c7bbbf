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

// An Error is a failed call to DigitalOcean's API. It contains no secrets. Op is the attempted operation. Status and
// Message are from the last answer. Hint says what to do, RequestID helps DigitalOcean's support, and Tries counts the
// HTTP calls. Until is the time at which the rate limit allows calls again.
//
// It is [pool.ErrGone] if the answer was 404, and [pool.ErrRefused] if the call was certainly not carried out and would
// fail again.
type Error = web.Error

func (p *Provider) named(ctx context.Context, op string, err error) error {
	switch e, ok := web.As(err); {
	case ok:
		return web.Named(op, e)
	case ctx.Err() != nil:
		return ended(ctx, op)
	}
	return &Error{Op: op, Message: "the answer is invalid: " + p.transport.Secrets.Strike(err.Error())}
}

func ended(ctx context.Context, op string) *Error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return &Error{Op: op, Message: "the call was canceled", Is: context.Canceled}
	}
	return &Error{Op: op, Message: "the call timed out", Is: context.DeadlineExceeded}
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
		e.Hint = "the token is wrong, expired or revoked. Create one at " +
			"https://cloud.digitalocean.com/account/api/tokens"
	case status == http.StatusForbidden:
		e.Hint = "the token lacks the scope for this"
	case status >= 500:
		e.Common = true
		e.Hint = "the fault is at DigitalOcean, see https://status.digitalocean.com"
	case status/100 == 3:
		e.Hint = "redirects are not followed, to protect the token. Check DIGITALOCEAN_API_URL"
	}
	return e
}

// Another operation is under way: the call was not carried out, but may succeed later. DigitalOcean reports this with
// 422 for droplets, and with 403 for load balancers.
func busy(err error) bool {
	e, ok := web.As(err)
	if !ok {
		return false
	}
	about := strings.ToLower(e.Message)
	return e.Status/100 == 4 && (strings.Contains(about, "pending event") ||
		strings.Contains(about, "processes previous actions"))
}

// The call may have been carried out.
func unclear(e *Error) bool { return e.Status/100 == 2 || e.Status == 0 || e.Status >= 500 }

// Marks an order that was certainly not carried out, and would fail again if repeated.
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
