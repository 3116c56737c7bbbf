// Package webhook posts each event as JSON to a URL, signed according to Standard Webhooks.
package webhook

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/autoscalebot/autoscalebot/notify"
)

// Options are the settings of a [Notifier].
type Options struct {
	// URL is the receiver, http or https. It may contain a secret, so errors show only its scheme and host.
	URL string
	// Secret signs the posts; empty means no signature. "whsec_" followed by base64 is a Standard Webhooks secret. Any
	// other text is the key itself; for a receiver whose library needs a "whsec_" secret, that is "whsec_" followed by
	// the base64 of the text.
	Secret string
	// UserAgent is the header User-Agent; empty means "autoscalebot".
	UserAgent string
	// Timeout is the deadline of one post; 0 means 10 s.
	Timeout time.Duration
}

// A Notifier posts events. It may be used from several goroutines.
type Notifier struct {
	url       string
	host      string // scheme and host, for people
	userAgent string
	signer    *standardwebhooks.Webhook // nil for no signature
	timeout   time.Duration
	client    *http.Client
}

// New checks the options. It does not connect.
func New(o Options) (*Notifier, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("webhook: invalid URL: must be http or https, such as https://example.com/hook (yours " +
			"is not shown because it may contain a secret)")
	}
	n := &Notifier{url: o.URL, host: u.Scheme + "://" + u.Host, userAgent: o.UserAgent, timeout: o.Timeout}
	n.userAgent = cmp.Or(n.userAgent, "autoscalebot")
	if n.timeout <= 0 {
		n.timeout = 10 * time.Second
	}
	if n.signer, err = newSigner(o.Secret); err != nil {
		return nil, err
	}
	n.client = notify.HTTPClient()
	return n, nil
}

func newSigner(secret string) (*standardwebhooks.Webhook, error) {
	if secret == "" {
		return nil, nil
	}
	if !strings.HasPrefix(secret, "whsec_") {
		return standardwebhooks.NewWebhookRaw([]byte(secret))
	}
	signer, err := standardwebhooks.NewWebhook(secret)
	if err != nil || secret == "whsec_" {
		return nil, errors.New("webhook: the secret begins with whsec_, but the rest is not base64; copy the whole " +
			"secret, or use one without that prefix")
	}
	return signer, nil
}

// Notify posts e as JSON, with the headers webhook-id (the event's ID), webhook-timestamp (the time of this attempt)
// and, with a secret, webhook-signature. Any 2xx is success; the response's body is ignored. Responses of 429, 408 and
// 5xx can be retried, after their Retry-After. Every other response is a permanent error.
func (n *Notifier) Notify(ctx context.Context, e notify.Event) error {
	ctx, cancel := context.WithTimeout(ctx, n.timeout)
	defer cancel()
	req, err := n.request(ctx, e, time.Now())
	if err != nil {
		// New has parsed the URL, so the event has no JSON form.
		return notify.Permanent(fmt.Errorf("webhook %s: make the request: %w", n.host, err))
	}
	resp, err := n.client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return fmt.Errorf("webhook %s: no response: %w", n.host, notify.TransportError(err))
	}
	_ = resp.Body.Close()
	return n.judge(resp)
}

func (n *Notifier) request(ctx context.Context, e notify.Event, now time.Time) (*http.Request, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, n.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	id := headerID(e.ID)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", n.userAgent)
	req.Header.Set(standardwebhooks.HeaderWebhookID, id)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	if n.signer != nil {
		signature, err := n.signer.Sign(id, now, body)
		if err != nil {
			return nil, err
		}
		req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	}
	return req, nil
}

// Characters other than printable ASCII become "_". The bot's own IDs have no others.
func headerID(id string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '_'
		}
		return r
	}, id)
}

// Errors quote only the status code, since the body may repeat the URL.
func (n *Notifier) judge(resp *http.Response) error {
	code := resp.StatusCode
	if code/100 == 2 {
		return nil
	}
	err := fmt.Errorf("webhook %s: answered %s", n.host,
		strings.TrimSpace(fmt.Sprint(code, " ", http.StatusText(code))))
	switch {
	case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code >= 500:
		return notify.RetryIn(err, notify.RetryAfterHeader(resp.Header, time.Now()))
	case code/100 == 3:
		err = fmt.Errorf("%w, a redirect; redirects are not followed: set the URL it leads to", err)
	case code == http.StatusGone:
		err = fmt.Errorf("%w: the receiver wants no more events; remove the webhook from the settings", err)
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		err = fmt.Errorf("%w: check that the secret is the same on both sides, and that the URL is complete", err)
	case code == http.StatusNotFound, code == http.StatusMethodNotAllowed:
		err = fmt.Errorf("%w: check the URL, and that it accepts POST", err)
	}
	return notify.Permanent(err)
}
