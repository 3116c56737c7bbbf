// Package web asks servers over HTTP on behalf of the signals, with failures in words that hold no secret.
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

// A Client asks over HTTP. Redirects are not followed, as they could carry the secrets to somebody who was not asked
// for.
type Client struct {
	http    *http.Client
	header  http.Header
	maxBody int64
	via     *url.URL // the proxy, nil for that of the environment
}

// NewClient makes a client whose requests carry header. With keep, requests share connections until [Client.Close];
// otherwise each has one of its own: probes are rare, and an idle connection would only be found dead.
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

// Accept lets answers have up to n bytes instead of 1 MiB, and returns c. It must be called before the first request.
func (c *Client) Accept(n int64) *Client {
	c.maxBody = n
	return c
}

// TLS sets how TLS is spoken, by default with the system's certificate authorities, and returns c. It must be called
// before the first request.
func (c *Client) TLS(config *tls.Config) *Client {
	c.http.Transport.(*http.Transport).TLSClientConfig = config.Clone()
	return c
}

// Via has all requests go through a proxy, and returns c. It must be called before the first request.
func (c *Client) Via(proxy *url.URL) *Client {
	c.via = proxy
	c.http.Transport.(*http.Transport).Proxy = http.ProxyURL(proxy)
	return c
}

// Close closes the connections that no request uses.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// An Answer is what came back. Status is 0, and the rest empty, where nothing did.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Get asks for u as [Client.Ask] does, for whom the headers do not matter.
func (c *Client) Get(parent, ctx context.Context, u *url.URL) (status int, body []byte, err error) {
	a, err := c.Ask(parent, ctx, u)
	return a.Status, a.Body, err
}

// Ask asks for u until ctx, which comes of parent, ends. An error is a [failure.Failure]; where the status is not 2xx
// the body comes with it.
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
		return a, failure.Bad("answer is longer than %d KiB", c.maxBody>>10)
	}
	a.Body = body
	return a, judge(resp.StatusCode)
}

// The words are not those of the server, which may say what it likes.
func judge(status int) error {
	text := strings.TrimRight(fmt.Sprintf("status %d %s", status, http.StatusText(status)), " ")
	if status == http.StatusPartialContent { // though nobody asked for a part
		return failure.Bad("%s is a part of an answer", text)
	}
	switch status / 100 {
	case 2:
		return nil
	case 3:
		return failure.Bad("%s: redirects are not followed, so set the URL that it leads to", text)
	case 4:
		return failure.Failure{Outcome: probe.ClientError, Text: text}
	case 5:
		return failure.Failure{Outcome: probe.ServerError, Text: text}
	}
	return failure.Bad("%s is no answer", text)
}

func explain(parent, ctx context.Context, u *url.URL, err error) failure.Failure {
	if f, ok := failure.Ended(parent, ctx, err, failure.NoAnswer); ok {
		return f
	}
	if errors.Is(err, http.ErrSchemeMismatch) {
		return failure.Failure{
			Outcome: probe.Unreachable,
			Text:    u.Host + " does not speak TLS: is it http rather than https?",
		}
	}
	if f, ok := failure.Connection(err, u.Host, u.Hostname()); ok {
		return f
	}
	return failure.Bad("answer of %s is not proper HTTP", u.Host)
}

// ParseURL reads the URL of something that is asked over HTTP. Its errors show nothing of it, as it may hold a secret.
func ParseURL(raw, example string) (*url.URL, error) {
	hint := "write it like " + example
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return nil, errors.New("the URL is empty: " + hint)
	case err != nil:
		return nil, errors.New("the URL can't be read, for a space, a wrong port or a wrong %-escape, perhaps: " + hint)
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("the URL does not begin with http:// or https://: " + hint)
	case u.Hostname() == "":
		return nil, errors.New("the URL names no host: " + hint)
	}
	return u, nil
}

// Headers gives what every request carries, and takes the user out of u, which may be nil.
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
			continue // neither is it shown for its value
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
