// Package webhook tells programs: it posts each event as JSON, signed by the Standard Webhooks scheme.
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
	// URL is where events are posted to, http or https. It may hold a secret, so only its scheme and host are told.
	URL string
	// Secret signs the posts; empty means that they are not signed. "whsec_" and base64 is a key in the form of
	// Standard Webhooks. Any other text is a key as it stands, byte for byte; a receiver whose library wants a "whsec_"
	// secret takes "whsec_" and the base64 of the text.
	Secret string
	// UserAgent is the header of that name; empty means "autoscalebot".
	UserAgent string
	// Timeout is the deadline of one post; 0 means 10 s.
	Timeout time.Duration
}

// A Notifier posts events. It is for use from several goroutines.
type Notifier struct {
	url       string
	host      string // scheme and host, for people
	userAgent string
	signer    *standardwebhooks.Webhook // nil when posts are not signed
	timeout   time.Duration
	client    *http.Client
}

// New checks the options; it calls nobody.
func New(o Options) (*Notifier, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("webhook: the URL is no http or https URL; it should look like " +
			"https://example.com/hook (it is not shown here because it may hold a secret)")
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
		return nil, errors.New("webhook: the secret begins with whsec_, but what follows is not base64; copy it " +
			"whole, or use a secret without that prefix")
	}
	return signer, nil
}

// Notify posts e as JSON, with the headers webhook-id (the event's ID), webhook-timestamp (this attempt's) and, where
// there is a secret, webhook-signature. Any 2xx means that it arrived; the answer's body is not read. 429, 408 and 5xx
// are worth another attempt, after the time that the answer's Retry-After asks for; every other answer is permanent.
func (n *Notifier) Notify(ctx context.Context, e notify.Event) error {
	ctx, cancel := context.WithTimeout(ctx, n.timeout)
	defer cancel()
	req, err := n.request(ctx, e, time.Now())
	if err != nil {
		// New has parsed the URL, so this is about an event that JSON can't hold.
		return notify.Permanent(fmt.Errorf("webhook %s: make the request: %w", n.host, err))
	}
	resp, err := n.client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return fmt.Errorf("webhook %s: no answer: %w", n.host, notify.TransportError(err))
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

// Whatever is not printable ASCII becomes "_". The bot's IDs stay as they are.
func headerID(id string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '_'
		}
		return r
	}, id)
}

// It quotes nothing of the answer but the status code, since the rest may repeat the URL.
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
		err = fmt.Errorf("%w, which leads elsewhere; redirects are not followed: set the URL they lead to", err)
	case code == http.StatusGone:
		err = fmt.Errorf("%w: the receiver wants no more events; remove the webhook from the settings", err)
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		err = fmt.Errorf("%w: check that the secret is the same on both sides, and the URL whole", err)
	case code == http.StatusNotFound, code == http.StatusMethodNotAllowed:
		err = fmt.Errorf("%w: check the URL, and that it takes POST", err)
	}
	return notify.Permanent(err)
}
