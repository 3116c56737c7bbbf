package ec2

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

const (
	defaultTimeout = 10 * time.Second
	// For a method with all its calls, retries and waits.
	callLimit = 25 * time.Second
	maxPages  = 50
)

type client struct {
	account   Account
	signer    *v4.Signer
	creds     credentials
	transport *web.Transport
}

func newClient(a Account, inner http.RoundTripper) *client {
	c := &client{account: a, signer: v4.NewSigner()}
	secrets := web.NewSecrets("[secret]")
	if a.Keys.AccessKeyID != "" {
		c.creds = static(a.Keys)
	} else {
		c.creds = newKept(func(ctx context.Context) (*source, error) { return openSource(ctx, a, inner, secrets) })
	}
	c.transport = &web.Transport{
		Inner: inner, Timeout: a.Timeout,
		// 4 retries after 0.5, 0.75, 1.1 and 1.7 s, ±50 %. EC2 refills an exhausted account by a few calls a second.
		Tries: 5,
		// A server is about 6 KB of XML and a page has at most 200; an instance type is about 4 KB.
		MaxBody: 8 << 20,
		Who:     "AWS", Secrets: secrets, RequestID: "X-Amzn-Requestid",
		Prepare: c.sign, Refused: c.refused,
		Asked: func(*http.Response, time.Time) time.Duration { return 0 }, // AWS does not ask for pauses
	}
	return c
}

// The metadata service is never reached through a proxy.
func dialer() http.RoundTripper {
	d := web.Dialer()
	d.Proxy = proxy
	return d
}

type effect int

const (
	harmless effect = iota // a read or an absolute change: may be repeated whatever happened
	once                   // may be repeated only if AWS certainly did not carry it out
)

// Reads the answer into out, which may be nil. Retries temporary failures if the effect permits. The error is an *Error
// without Op.
func (c *client) call(ctx context.Context, s service, does effect, action string, params url.Values, out any) error {
	form := url.Values{"Action": {action}, "Version": {s.version}}
	for k, v := range params {
		form[k] = v
	}
	ctx = context.WithValue(ctx, scopeKey{}, s.scope)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url(c.account), strings.NewReader(form.Encode()))
	if err != nil {
		return &Error{Message: web.Line(err.Error())}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	req.Header.Set("User-Agent", c.account.UserAgent)
	_, err = c.transport.Do(req, does == once, func(answer []byte) *Error {
		if out == nil {
			return nil
		}
		if err := xml.Unmarshal(answer, out); err != nil {
			e := c.transport.Unusable(err)
			e.Again = web.Unclear
			return e
		}
		return nil
	})
	return err
}

type scopeKey struct{}

func (c *client) sign(req *http.Request) error {
	ctx := req.Context()
	keys, err := c.creds.get(ctx)
	if _, ok := web.As(err); ok {
		return err
	}
	if err != nil {
		return &Error{Message: c.transport.Secrets.Strike(err.Error()), Is: ctx.Err(), Again: web.Unclear}
	}
	c.transport.Secrets.Add(keys.SecretAccessKey, keys.SessionToken)
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return err
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	hash := sha256.Sum256(body)
	scope, _ := ctx.Value(scopeKey{}).(string)
	err = c.signer.SignHTTP(ctx, keys, req, hex.EncodeToString(hash[:]), scope, c.account.Region, time.Now())
	if err != nil {
		return fmt.Errorf("sign the call: %w", err)
	}
	return nil
}

func do(ctx context.Context, op string, fn func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	return named(op, fn(ctx))
}

func named(op string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := err.(*Error); ok && e.Op == "" { // a wrapped one is already part of a text
		e.Op = op
		return e
	}
	return fmt.Errorf("%s: %w", op, err)
}
