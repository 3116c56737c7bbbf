package heroku

import (
	"context"
	"errors"
	"net/http"
	"strings"

	api "github.com/heroku/heroku-go/v5"
)

// A client calls Heroku about one app.
type client struct {
	app              string
	service, metrics *api.Service
	transport        *transport // of service
}

func newClient(o Options, base string, inner http.RoundTripper) *client {
	c := &client{app: o.App}
	c.service, c.transport = newService(o, base, inner)
	// The metrics API has a rate limit of its own, which is not the quota to tell.
	c.metrics, _ = newService(o, metricsURL(base), inner)
	return c
}

func newService(o Options, base string, inner http.RoundTripper) (*api.Service, *transport) {
	t := &transport{inner: inner, timeout: o.Timeout, key: o.Key}
	t.quota.Store(-1)
	// Without a Timeout of the client's, since every call has a context with a deadline. The library's Transport turns
	// any answer but 2xx into an error, so a redirect, which would carry the key elsewhere, is never followed.
	service := api.NewService(&http.Client{
		Transport: &api.Transport{BearerToken: o.Key, UserAgent: o.UserAgent, Transport: t},
	})
	service.URL = base
	return service, t
}

// do makes one call with a deadline, and names what it was for in its error.
func (c *client) do(ctx context.Context, op string, call func(context.Context) error) error {
	return c.named(op, c.call(ctx, call))
}

// call makes one call with a deadline. Its error is nil or an *Error without a name.
func (c *client) call(ctx context.Context, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	last := new(answer)
	err := call(context.WithValue(ctx, answerKey{}, last))
	if e := (*Error)(nil); err == nil || errors.As(err, &e) {
		return err
	}
	// The transport's errors are all of that type, so this one came after a 2xx.
	e := c.transport.unusable(err)
	e.Status, e.RequestID, e.Tries = last.status, last.requestID, last.tries
	return e
}

// named says what a call was for that ended with err, which may be shared with others.
func (c *client) named(op string, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	own := *e
	own.Op = op
	own.Hint = strings.ReplaceAll(e.Hint, "--app APP", "--app "+c.app)
	return &own
}

// ended makes the error of a call whose context has ended while it waited for an answer that it shares.
func ended(ctx context.Context) *Error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return &Error{Message: "the call was cancelled", cause: context.Canceled}
	}
	return &Error{Message: "no whole answer in time", Hint: again, cause: context.DeadlineExceeded}
}
