// Package web makes the HTTP requests of the signals. Its errors hold no secret.
package web

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/internal/failure"
	"github.com/autoscalebot/autoscalebot/probe/internal/header"
)

const (
	maxBody   = 1 << 20  // bytes, unpacked
	maxHeader = 64 << 10 // bytes
)

// A Client makes HTTP requests. It does not follow redirects, because they could carry the secrets to another server.
type Client struct {
	http    *http.Client
	header  http.Header
	maxBody int64
	via     *url.URL // the proxy; nil for the environment's
}

// NewClient returns a client whose requests carry header. With keep, requests share connections until [Client.Close].
// Otherwise each opens its own: probes are rare, so an idle connection would only be found dead.
func NewClient(header http.Header, keep bool) *Client {
	return &Client{
		header:  header,
		maxBody: maxBody,
		http: &http.Client{
			Transport: &http.Transport{
				Proxy:                  http.ProxyFromEnvironment,
				ForceAttemptHTTP2:      true,
				DisableKeepAlives:      !keep,
				MaxResponseHeaderBytes: maxHeader,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Accept raises the maximum length of an answer from 1 MiB to n bytes, and returns c. It must be called before the
// first request.
func (c *Client) Accept(n int64) *Client {
	c.maxBody = n
	return c
}

// TLS sets the TLS configuration, by default with the system's CA certificates, and returns c. It must be called before
// the first request.
func (c *Client) TLS(config *tls.Config) *Client {
	c.http.Transport.(*http.Transport).TLSClientConfig = config.Clone()
	return c
}

// Via sends all requests through a proxy, and returns c. It must be called before the first request.
func (c *Client) Via(proxy *url.URL) *Client {
	c.via = proxy
	c.http.Transport.(*http.Transport).Proxy = http.ProxyURL(proxy)
	return c
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// An Answer is a server's answer. It is zero if there was no answer.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Get is [Client.Ask] without the headers.
func (c *Client) Get(parent, ctx context.Context, u *url.URL) (status int, body []byte, err error) {
	a, err := c.Ask(parent, ctx, u)
	return a.Status, a.Body, err
}

// Ask requests u. ctx, derived from parent, is its deadline. An error is a [failure.Failure]. If the status is not 2xx,
// the body comes with the error.
func (c *Client) Ask(parent, ctx context.Context, u *url.URL) (Answer, error) {
	req := (&http.Request{Method: http.MethodGet, URL: u, Host: u.Host, Header: c.header.Clone()}).WithContext(ctx)
	resp, err := c.http.Do(req)
	if err != nil {
		if c.via != nil && errors.Is(err, syscall.ECONNREFUSED) && parent.Err() == nil {
			return Answer{}, failure.Failure{
				Outcome: probe.Unreachable,
				Text:    "connection refused by the proxy " + c.via.Host,
			}
		}
		return Answer{}, explain(parent, ctx, u, err)
	}
	defer resp.Body.Close()
	a := Answer{Status: resp.StatusCode, Header: resp.Header}
	body, err := io.ReadAll(io.LimitReader(resp.Body, c.maxBody+1))
	switch {
	case err != nil:
		return a, explain(parent, ctx, u, err)
	case int64(len(body)) > c.maxBody:
		return a, failure.Bad("the answer is longer than %d KiB", c.maxBody>>10)
	}
	a.Body = body
	return a, judge(resp.StatusCode)
}

// The text is Go's, not the server's, because a server can send any text.
func judge(status int) error {
	text := strings.TrimRight(fmt.Sprintf("status %d %s", status, http.StatusText(status)), " ")
	if status == http.StatusPartialContent { // although the request was for the whole
		return failure.Bad("%s is only part of an answer", text)
	}
	switch status / 100 {
	case 2:
		return nil
	case 3:
		return failure.Bad("%s: redirects are not followed, use the final URL", text)
	case 4:
		return failure.Failure{Outcome: probe.ClientError, Text: text}
	case 5:
		return failure.Failure{Outcome: probe.ServerError, Text: text}
	}
	return failure.Bad("unexpected %s", text)
}

func explain(parent, ctx context.Context, u *url.URL, err error) failure.Failure {
	if f, ok := failure.Ended(parent, ctx, err, failure.NoAnswer); ok {
		return f
	}
	if errors.Is(err, http.ErrSchemeMismatch) {
		return failure.Failure{
			Outcome: probe.Unreachable,
			Text:    u.Host + " does not speak TLS: use http:// instead of https://",
		}
	}
	if f, ok := failure.Connection(err, u.Host, u.Hostname()); ok {
		return f
	}
	return failure.Bad("the answer from %s is not valid HTTP", u.Host)
}

// ParseURL parses a server's URL. Its errors show nothing of it, because it may hold a secret.
func ParseURL(raw, example string) (*url.URL, error) {
	hint := "use a URL such as " + example
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return nil, errors.New("the URL is empty: " + hint)
	case err != nil:
		return nil, errors.New("the URL is invalid, perhaps because of a space, a wrong port or a wrong %-escape: " +
			hint)
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("the URL must begin with http:// or https://: " + hint)
	case u.Hostname() == "":
		return nil, errors.New("the URL has no host: " + hint)
	}
	return u, nil
}

// Headers returns the headers of every request, and removes the user from u, which may be nil.
func Headers(u *url.URL, token string, more http.Header, userAgent string) (http.Header, error) {
	h := http.Header{"User-Agent": {"autoscalebot"}, "Accept": {"application/json"}, "Cache-Control": {"no-cache"}}
	if userAgent != "" {
		h.Set("User-Agent", userAgent)
	}
	var ways int
	if token != "" {
		ways++
		h.Set("Authorization", "Bearer "+token)
	}
	if u != nil && u.User != nil {
		ways++
		password, _ := u.User.Password()
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password)))
		u.User = nil
	}
	var wrong []error
	for name, values := range more {
		if http.CanonicalHeaderKey(name) == "Authorization" {
			ways++
		}
		if !header.ValidName(name) {
			wrong = append(wrong, errors.New("the header "+header.InvalidName(name)))
			continue // nor is its value checked
		}
		h[http.CanonicalHeaderKey(name)] = values
	}
	for name, values := range h {
		if !header.ValidValue(strings.Join(values, "")) {
			wrong = append(wrong, fmt.Errorf("the header %s has a line break or another control character "+
				"in its value", name))
		}
	}
	if ways > 1 {
		wrong = append(wrong, errors.New("more than one of a token, a user in the URL and an Authorization header is "+
			"set: keep one"))
	}
	return h.Clone(), errors.Join(wrong...)
}
