package ec2

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/cenkalti/backoff/v5"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

const (
	// defaultTimeout is the Timeout of Accounts that name none.
	defaultTimeout = 10 * time.Second
	// callLimit bounds a method with all its calls, their tries and the waits between them.
	callLimit = 25 * time.Second
	// maxTries is one try and at most four retries, which wait 0.5, 0.75, 1.1 and 1.7 s, each give or take half of it: EC2 gives back
	// a few calls a second to an account that has used up its own.
	maxTries = 5
	// maxBody bounds an answer. A server is about 6 KB of XML, a page has 200 at most; a type of instance is about 4 KB.
	maxBody = 8 << 20
	// maxPages bounds a list.
	maxPages = 50
)

// A client makes signed calls for one account.
type client struct {
	account Account
	signer  *v4.Signer
	creds   credentials
	inner   http.RoundTripper
}

func newClient(a Account, inner http.RoundTripper) *client {
	c := &client{account: a, inner: inner, signer: v4.NewSigner()}
	if a.Keys.AccessKeyID != "" {
		c.creds = static(a.Keys)
	} else {
		c.creds = newRole(a, inner)
	}
	return c
}

// transport is how AWS is reached. The metadata service is never asked by way of a proxy.
func transport() http.RoundTripper {
	return &http.Transport{
		Proxy: func(r *http.Request) (*url.URL, error) {
			if strings.HasPrefix(r.URL.Path, "/latest/") {
				return nil, nil
			}
			return http.ProxyFromEnvironment(r)
		},
		DialContext:            (&net.Dialer{Timeout: defaultTimeout}).DialContext,
		TLSHandshakeTimeout:    defaultTimeout,
		IdleConnTimeout:        60 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// An effect says what it means to send a call twice.
type effect int

const (
	harmless effect = iota // a read, or absolute: it may be sent again whatever became of the first one
	once                   // it may be sent again only where AWS certainly did not carry it out
)

// call makes a call of a service's action, and reads its answer into out, which may be nil. It tries again what may pass, as far as that
// is harmless. The error is an *Error without Op.
func (c *client) call(ctx context.Context, s service, does effect, action string, params url.Values, out any) error {
	form := url.Values{"Action": {action}, "Version": {s.version}}
	for k, v := range params {
		form[k] = v
	}
	body := form.Encode()
	waits := backoff.NewExponentialBackOff() // 0.5 s, then ×1.5, each give or take half of it
	for try := 1; ; try++ {
		e := c.try(ctx, s, body, out)
		if e == nil {
			return nil
		}
		e.Tries = try
		again := e.kind == throttled || e.kind == unclear && does == harmless || e.kind == expired && c.creds.forget()
		if !again || try == maxTries || !wait(ctx, waits.NextBackOff(), e) {
			return e
		}
	}
}

// wait waits before the next try. It returns false, and says why in e, when there is no time for that.
func wait(ctx context.Context, d time.Duration, e *Error) bool {
	var ended error
	e.gaveUp, ended = web.Pause(ctx, d, 0, "AWS")
	e.cause = cmp.Or(ended, e.cause)
	return e.gaveUp == ""
}

// try signs the call and sends it once.
func (c *client) try(ctx context.Context, s service, body string, out any) *Error {
	if err := ctx.Err(); err != nil {
		return &Error{Message: "the call was cancelled", cause: err}
	}
	keys, err := c.creds.get(ctx)
	if err != nil {
		return &Error{Message: clean(err.Error()), cause: ctx.Err(), kind: unclear}
	}
	safe := func(text string) string { return clean(keys.strike(text)) }

	whole := ctx
	ctx, cancel := context.WithTimeout(ctx, c.account.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url(c.account), strings.NewReader(body))
	if err != nil {
		return &Error{Message: safe(err.Error())}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	req.Header.Set("User-Agent", c.account.UserAgent)
	hash := sha256.Sum256([]byte(body))
	err = c.signer.SignHTTP(ctx, aws.Credentials(keys), req, hex.EncodeToString(hash[:]), s.scope, c.account.Region, time.Now())
	if err != nil {
		return &Error{Message: "sign the call: " + safe(err.Error())}
	}
	resp, err := c.inner.RoundTrip(req)
	if err != nil {
		return broken(whole, req.URL.Host+" can't be reached", err, safe)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	var e *Error
	switch {
	case resp.StatusCode/100 != 2:
		// The status counts even when the body broke off.
		e = statusError(resp.StatusCode, answer)
		e.Message = safe(e.Message)
	case err != nil:
		e = broken(whole, "the answer broke off", err, safe)
	case len(answer) > maxBody:
		e = &Error{Message: "the answer is longer than 8 MiB"}
	case out != nil:
		if err := xml.Unmarshal(answer, out); err != nil {
			e = &Error{Message: "the answer makes no sense: " + safe(err.Error()), kind: unclear}
		}
	}
	if e == nil {
		return nil
	}
	e.Status, e.Code = resp.StatusCode, safe(e.Code)
	if e.RequestID == "" {
		e.RequestID = resp.Header.Get("X-Amzn-Requestid")
	}
	e.RequestID = safe(e.RequestID)
	return e
}

// broken makes the error of a try that brought no whole answer. ctx is the whole call's.
func broken(ctx context.Context, what string, err error, safe func(string) string) *Error {
	e := &Error{kind: unclear}
	e.Message, e.cause, _ = web.Broken(ctx, what, err, safe)
	if errors.Is(e.cause, context.Canceled) {
		e.kind = final
	}
	return e
}

// do bounds what fn does, and names what it was for in its error.
func do(ctx context.Context, op string, fn func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	return named(op, fn(ctx))
}

// named puts what was tried before an error.
func named(op string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := err.(*Error); ok && e.Op == "" { // one that is wrapped has been written into a text already
		e.Op = op
		return e
	}
	return fmt.Errorf("%s: %w", op, err)
}
