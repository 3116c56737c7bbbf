package heroku

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	api "github.com/heroku/heroku-go/v5"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

type client struct {
	app              string
	service, metrics *api.Service
	transport        *web.Transport // of service
}

func newClient(o Options, base string, inner http.RoundTripper) *client {
	c := &client{app: o.App}
	c.service, c.transport = newService(o, base, inner)
	// The metrics API has its own rate limit, which Quota must not report.
	c.metrics, _ = newService(o, metricsURL(base), inner)
	return c
}

// The library hides headers and retries without end, so its client runs on our transport. Every request may be
// repeated: a GET changes nothing, and the PATCH of a quantity is absolute.
func newService(o Options, base string, inner http.RoundTripper) (*api.Service, *web.Transport) {
	t := &web.Transport{
		Inner: inner, Timeout: o.Timeout, Tries: 3,
		MaxBody: 1 << 20, // the longest answer, a list of 1,000 dynos, is about 500 KB
		Who:     "Heroku", Place: "Heroku", Secrets: web.NewSecrets("[key]", o.Key),
		RequestID: "Request-Id", Remaining: "RateLimit-Remaining", Heartbeats: !o.Once,
		Untrusted: "something on the way answers instead of Heroku, or this machine's certificates or " +
			"clock are wrong",
		Refused: func(_ *http.Request, status int, body []byte) *Error { return refused(o.App, status, body) },
	}
	t.Check = func(body []byte) *Error {
		if !json.Valid(body) {
			return t.Unusable(errors.New("it is not JSON"))
		}
		return nil
	}
	// The client has no Timeout, because every call has a context with a deadline. The library's Transport returns an
	// error for any answer but 2xx, so a redirect, which would carry the key elsewhere, is never followed.
	service := api.NewService(&http.Client{
		Transport: &api.Transport{BearerToken: o.Key, UserAgent: o.UserAgent, Transport: silent{t}},
	})
	service.URL = base
	return service, t
}

// It stops the library from logging a header to the standard log.
type silent struct{ *web.Transport }

// RoundTrip makes a call.
func (s silent) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := s.Transport.RoundTrip(req)
	if err == nil {
		resp.Header.Del("X-Heroku-Warning")
	}
	return resp, err
}

// check returns what is wrong with the answer. The error is nil or an *Error; its Op is empty if op is, as for shared
// calls.
func (c *client) get(ctx context.Context, op, path string, out any, check func() error) error {
	return c.do(ctx, op, func(ctx context.Context) error {
		if err := c.service.Get(ctx, out, path, nil, nil); err != nil {
			return err
		}
		return check()
	})
}

func (c *client) do(ctx context.Context, op string, call func(context.Context) error) error {
	return c.transport.Call(ctx, callLimit, op, call)
}

// The error is nil or an *Error without Op, because the call may be shared.
func (c *client) call(ctx context.Context, call func(context.Context) error) error {
	return c.do(ctx, "", call)
}
