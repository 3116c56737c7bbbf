package cloudfoundry

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// newTransport makes what calls the Cloud Controller and the UAA. Every request may be sent again: a GET changes
// nothing, the POST of a number of instances is absolute, and a token more does no harm.
func newTransport(o Options, inner http.RoundTripper) *web.Transport {
	c := o.Credentials
	t := &web.Transport{
		Inner: inner, Timeout: o.Timeout, Tries: 3,
		MaxBody:   1 << 20, // the greatest that is asked for, 50 routes with their domains, is about 150 KB
		Who:       "Cloud Foundry",
		Secrets:   web.NewSecrets("[secret]", c.Password, c.ClientSecret, c.RefreshToken),
		RequestID: "X-Vcap-Request-Id", Remaining: "X-RateLimit-Remaining", Heartbeats: true, Asked: asked,
		Untrusted: "the certificate is not one that this machine trusts: " +
			"add the installation's authority to the system's (SSL_CERT_FILE)",
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
	t.Check = func(body []byte) *Error {
		if !json.Valid(body) {
			return t.Unusable(errors.New("it is not JSON"))
		}
		return nil
	}
	return t
}

// An authorized transport puts a token on each call to the Cloud Controller, and a fresh one when it was refused.
type authorized struct {
	transport *web.Transport
	tokens    *tokens
}

// RoundTrip makes a call with a token.
func (a *authorized) RoundTrip(req *http.Request) (*http.Response, error) {
	token, err := a.tokens.get(req.Context())
	if err != nil {
		return nil, err
	}
	resp, err := a.transport.RoundTrip(withToken(req, token))
	if e, ok := web.As(err); !ok || e.Status != http.StatusUnauthorized {
		return resp, err
	}
	a.tokens.refused(req.Context(), token)
	if token, err = a.tokens.get(req.Context()); err != nil {
		return nil, err
	}
	return a.transport.RoundTrip(withToken(req, token))
}

func withToken(req *http.Request, token string) *http.Request {
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+token)
	return req
}
