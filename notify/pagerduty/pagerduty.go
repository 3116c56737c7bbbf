// Package pagerduty tells PagerDuty of incidents, through its Events API v2.
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

// DefaultURL is where the Events API v2 takes events, by its reference. In the EU's service region it is
// https://events.eu.pagerduty.com/v2/enqueue.
const DefaultURL = "https://events.pagerduty.com/v2/enqueue"

const maxAnswer = 64 << 10 // bytes; an answer has a few hundred

// Options are the settings of a [Notifier].
type Options struct {
	// RoutingKey is the integration key of a service's integration “Events API v2”: 32 letters and digits. It is a
	// secret.
	RoutingKey string
	// URL is where events are posted to; empty means [DefaultURL].
	URL string
	// UserAgent is the header of that name; empty means "autoscalebot".
	UserAgent string
	// Timeout is the deadline of one post; 0 means 10 s.
	Timeout time.Duration
}

// A Notifier opens and resolves alerts. It is for use from several goroutines.
type Notifier struct {
	key       string
	url       string
	userAgent string
	timeout   time.Duration
	client    *http.Client
}

var routingKey = regexp.MustCompile(`^[A-Za-z0-9]{32}$`)

// New checks the options; it calls nobody.
func New(o Options) (*Notifier, error) {
	if !routingKey.MatchString(o.RoutingKey) {
		return nil, errors.New("pagerduty: the routing key is not of 32 letters and digits; copy the integration key " +
			"of the service's integration “Events API v2” (it is not shown here because it is a secret)")
	}
	n := &Notifier{key: o.RoutingKey, url: cmp.Or(o.URL, DefaultURL), userAgent: o.UserAgent, timeout: o.Timeout}
	if !notify.MayCarrySecret(n.url) {
		return nil, fmt.Errorf("pagerduty: the URL is no https URL; leave it empty for %s", DefaultURL)
	}
	n.userAgent = cmp.Or(n.userAgent, "autoscalebot")
	if n.timeout <= 0 {
		n.timeout = 10 * time.Second
	}
	n.client = notify.HTTPClient()
	return n, nil
}

// Notify opens the incident's alert when e opens or reminds, and resolves it when e does. The incident's id is the
// alert's key, so a reminder adds to the alert that is there.
//
// A single change that failed opens an alert too, one for each app and process type however often it fails; nobody
// resolves it but people. So does a test. All other events wake nobody: they are left out, without an error.
//
// 429 and 5xx are worth another attempt, and so is no answer; 400 and every other answer but 202 is permanent.
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
		return notify.Permanent(errors.New("pagerduty: make the request: the URL cannot be read"))
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", n.userAgent)
	resp, err := n.client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return fmt.Errorf("pagerduty: no answer: %w", notify.TransportError(err))
	}
	defer resp.Body.Close()
	return n.judge(resp)
}

// by the table of retries in PagerDuty's reference
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
		err = fmt.Errorf("%w, which PagerDuty does not; check the URL", err)
	case code == http.StatusForbidden:
		err = fmt.Errorf("%w: check that the routing key is that of an integration “Events API v2”", err)
	}
	return notify.Permanent(err)
}

// in one line without the key
func (n *Notifier) said(body io.Reader) string {
	var answer struct {
		Message string   `json:"message"`
		Errors  []string `json:"errors"`
	}
	if err := json.NewDecoder(io.LimitReader(body, maxAnswer)).Decode(&answer); err != nil {
		return ""
	}
	said := cmp.Or(strings.Join(answer.Errors, "; "), answer.Message)
	// Before it is cut to length, so that no part of the key is left.
	said = regexp.MustCompile(`(?i)`+n.key).ReplaceAllString(said, "(the routing key)")
	return notify.OneLine(said, 300)
}
