// Package pagerduty opens and resolves alerts in PagerDuty through its Events API v2.
package pagerduty

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
)

// DefaultURL is the Events API v2. In PagerDuty's EU service region, use https://events.eu.pagerduty.com/v2/enqueue.
const DefaultURL = "https://events.pagerduty.com/v2/enqueue"

const maxAnswer = 64 << 10 // bytes; a response has a few hundred

// Options are the settings of a [Notifier].
type Options struct {
	// RoutingKey is the integration key of a service's “Events API v2” integration: 32 letters and digits. It is a
	// secret.
	RoutingKey string
	// URL is the API's URL; empty means [DefaultURL].
	URL string
	// UserAgent is the header User-Agent; empty means "autoscalebot".
	UserAgent string
	// Timeout is the deadline of one post; 0 means 10 s.
	Timeout time.Duration
}

// A Notifier opens and resolves alerts. It may be used from several goroutines.
type Notifier struct {
	key       string
	url       string
	userAgent string
	timeout   time.Duration
	client    *http.Client
}

var routingKey = regexp.MustCompile(`^[A-Za-z0-9]{32}$`)

// New checks the options. It does not connect.
func New(o Options) (*Notifier, error) {
	if !routingKey.MatchString(o.RoutingKey) {
		return nil, errors.New("pagerduty: invalid routing key: must be 32 letters and digits; copy the integration " +
			"key of the service's “Events API v2” integration (yours is not shown because it is a secret)")
	}
	n := &Notifier{key: o.RoutingKey, url: cmp.Or(o.URL, DefaultURL), userAgent: o.UserAgent, timeout: o.Timeout}
	if !notify.MayCarrySecret(n.url) {
		return nil, fmt.Errorf("pagerduty: the URL must begin with https://; leave it empty for %s", DefaultURL)
	}
	n.userAgent = cmp.Or(n.userAgent, "autoscalebot")
	if n.timeout <= 0 {
		n.timeout = 10 * time.Second
	}
	n.client = notify.HTTPClient()
	return n, nil
}

// Notify opens an alert if e opens an incident or is a reminder of it, and resolves the alert if e resolves the
// incident. The incident's ID is the alert's key, so a reminder updates the open alert.
//
// A failed change that is not an incident opens an alert too, one per app and process type; people must resolve it. So
// does a test. Notify drops all other events without an error.
//
// Responses of 429 and 5xx, and no response, can be retried. Every other response but 202 is a permanent error.
func (n *Notifier) Notify(ctx context.Context, e notify.Event) error {
	ctx, cancel := context.WithTimeout(ctx, n.timeout)
	defer cancel()
	ev, ok := newEvent(e)
	if !ok {
		return ctx.Err()
	}
	ev.RoutingKey = n.key
	body, err := json.Marshal(ev)
	if err != nil {
		return notify.Permanent(fmt.Errorf("pagerduty: write the event: %w", err))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, n.url, bytes.NewReader(body))
	if err != nil {
		return notify.Permanent(errors.New("pagerduty: make the request: invalid URL"))
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", n.userAgent)
	resp, err := n.client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return fmt.Errorf("pagerduty: no response: %w", notify.TransportError(err))
	}
	defer resp.Body.Close()
	return n.judge(resp)
}

// PagerDuty's reference says which responses to retry.
func (n *Notifier) judge(resp *http.Response) error {
	code := resp.StatusCode
	if code == http.StatusAccepted {
		return nil
	}
	err := fmt.Errorf("pagerduty: answered %s", strings.TrimSpace(fmt.Sprint(code, " ", http.StatusText(code))))
	switch {
	case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code >= 500:
		return notify.RetryIn(err, notify.RetryAfterHeader(resp.Header, time.Now()))
	case code == http.StatusBadRequest:
		if said := n.said(resp.Body); said != "" {
			err = fmt.Errorf("%w: %s", err, said)
		}
	case code/100 == 2, code/100 == 3, code == http.StatusNotFound:
		err = fmt.Errorf("%w, unlike PagerDuty; check the URL", err)
	case code == http.StatusForbidden:
		err = fmt.Errorf("%w: check that the routing key belongs to an “Events API v2” integration", err)
	}
	return notify.Permanent(err)
}

// The result is one line without the key.
func (n *Notifier) said(body io.Reader) string {
	var answer struct {
		Message string   `json:"message"`
		Errors  []string `json:"errors"`
	}
	if err := json.NewDecoder(io.LimitReader(body, maxAnswer)).Decode(&answer); err != nil {
		return ""
	}
	said := cmp.Or(strings.Join(answer.Errors, "; "), answer.Message)
	// Cutting to length first could leave part of the key.
	said = regexp.MustCompile(`(?i)`+n.key).ReplaceAllString(said, "(the routing key)")
	return notify.OneLine(said, 300)
}
