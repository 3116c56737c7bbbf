package cloudfoundry

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// Every request may be repeated: a GET changes nothing, the POST of a number of instances is absolute, and an extra
// token does no harm.
func newTransport(o Options, inner http.RoundTripper) *web.Transport {
	c := o.Credentials
	return &web.Transport{
		Inner: inner, Timeout: o.Timeout, Tries: 3,
		MaxBody:   1 << 20, // the longest answer, 50 routes with their domains, is about 150 KB
		Who:       "Cloud Foundry",
		Secrets:   web.NewSecrets("[secret]", c.Password, c.ClientSecret, c.RefreshToken),
		RequestID: "X-Vcap-Request-Id", Remaining: "X-RateLimit-Remaining", Heartbeats: !o.Once, Asked: asked,
		Untrusted: "this machine does not trust the certificate. " +
			"Add the installation's authority to the system's (SSL_CERT_FILE)",
		Refused: func(req *http.Request, status int, body []byte) *Error {
			if isLogin(req) {
				return uaaError(status, body)
			}
			return refused(o.App, status, body)
		},
		Prepare: func(req *http.Request) error {
			req.Header.Set("User-Agent", o.UserAgent)
			return nil
		},
	}
}

// The wait is in Retry-After, as seconds or an HTTP date, or else in X-RateLimit-Reset, in seconds since 1970, once no
// calls remain. It is at most one day, and 0 if there is no valid header.
func asked(resp *http.Response, now time.Time) time.Duration {
	if resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode < 500 {
		return 0
	}
	if d, ok := web.RetryAfter(resp.Header.Get("Retry-After"), now, web.MaxAsked); ok {
		return d
	}
	// the largest integer if it is out of range
	at, err := strconv.ParseInt(strings.TrimSpace(resp.Header.Get("X-RateLimit-Reset")), 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) || at < 0 || resp.Header.Get("X-RateLimit-Remaining") != "0" {
		return 0
	}
	return max(0, min(time.Unix(min(at, now.Add(web.MaxAsked).Unix()), 0).Sub(now), web.MaxAsked))
}

// The Cloud Controller's API, version 3 (https://v3-apidocs.cloudfoundry.org).
type client struct {
	url       string
	transport *web.Transport
	tokens    *tokens
}

func newClient(o Options, inner http.RoundTripper) *client {
	t := newTransport(o, inner)
	return &client{url: o.URL, transport: t, tokens: newTokens(o, t)}
}

func (c *client) get(ctx context.Context, path string, out any) error {
	return c.call(ctx, http.MethodGet, path, "", out)
}

// Only the first page.
func list[T any](ctx context.Context, c *client, path string, filters url.Values) ([]T, error) {
	var page struct {
		Resources []T `json:"resources"`
	}
	if len(filters) > 0 {
		path += "?" + filters.Encode()
	}
	err := c.get(ctx, path, &page)
	return page.Resources, err
}

// If the token is refused, it tries once more with a new one.
func (c *client) call(ctx context.Context, method, path, body string, out any) error {
	for first := true; ; first = false {
		token, err := c.tokens.get(ctx)
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(ctx, method, c.url+path, strings.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+token)
		if body != "" {
			req.Header.Set("Content-Type", "application/json")
		}
		err = send(c.transport, req, out)
		if e, ok := web.As(err); !ok || e.Status != http.StatusUnauthorized || !first {
			return err
		}
		c.tokens.refused(ctx, token)
	}
}

func send(t *web.Transport, req *http.Request, out any) error {
	req.Header.Set("Accept", "application/json")
	_, err := t.Do(req, false, func(body []byte) *Error {
		err := json.Unmarshal(body, out)
		var syntax *json.SyntaxError
		switch {
		case errors.As(err, &syntax):
			return t.Unusable(errors.New("it is not JSON"))
		case err != nil:
			return t.Unusable(err)
		}
		return nil
	})
	return err
}
