// Package shoutrrr sends notices through the services of the shoutrrr library, such as Discord, Telegram, Teams,
// Matrix, ntfy, Gotify and Pushover. A URL selects and configures the service.
package shoutrrr

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"github.com/autoscalebot/autoscalebot/notify"
)

const (
	// The library has no contexts, so a message that hangs occupies a slot until the library's own time limit, if any.
	maxSends = 4
	maxTitle = 200  // characters; Discord allows 256, Pushover 250
	maxLines = 1000 // characters of several events in one message; Pushover allows 1,024
)

// Options are the settings of a [Notifier].
type Options struct {
	// URL selects and configures the service: "discord://token@id", "ntfy://ntfy.sh/topic". It is a secret.
	URL string
	// Timeout is the deadline of one message; 0 means 10 s.
	Timeout time.Duration
}

// A Notifier sends messages to one service. It may be used from several goroutines.
type Notifier struct {
	kind
	url     *url.URL
	timeout time.Duration
	slots   chan struct{} // one for each message being sent

	mu sync.Mutex
	// The library's services change while they send, so each sends one message at a time.
	idle []types.Service
}

// New checks the options. It does not connect.
func New(o Options) (*Notifier, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme == "" {
		return nil, errors.New("shoutrrr: invalid URL: use one such as discord://token@id or ntfy://ntfy.sh/topic " +
			"(yours is not shown because it contains a secret)")
	}
	k, ok := kinds()[u.Scheme]
	if !ok {
		// An unknown scheme may be part of a secret.
		return nil, fmt.Errorf("shoutrrr: unknown service in the URL: must be one of %s (the URL is not shown "+
			"because it contains a secret)",
			strings.Join(slices.Sorted(maps.Keys(kinds())), ", "))
	}
	n := &Notifier{kind: k, url: u, timeout: o.Timeout, slots: make(chan struct{}, maxSends)}
	if n.timeout <= 0 {
		n.timeout = 10 * time.Second
	}
	if u.Scheme == "matrix" && u.User.Username() != "" {
		return n, nil // Initialize would log in to Matrix
	}
	service, err := n.open()
	if err != nil {
		return nil, fmt.Errorf("shoutrrr: invalid %s URL; see https://shoutrrr.nickfedor.com/services/overview/ "+
			"(yours is not shown because it contains a secret)", u.Scheme)
	}
	n.idle = []types.Service{service}
	return n, nil
}

// Service is the name of the service, such as "discord".
func (n *Notifier) Service() string { return n.url.Scheme }

// Notify sends one message about e. The library cannot be interrupted: a message may still arrive after ctx has ended,
// and a retry may send it twice. Responses of 4xx other than 408 and 429 are permanent errors. Everything else can be
// retried.
func (n *Notifier) Notify(ctx context.Context, e notify.Event) error {
	return n.tell(ctx, e.Subject(), e.Text())
}

// Joins is always true.
func (n *Notifier) Joins(notify.Event) bool { return true }

// NotifyAll sends one message with a line for each event of b, under the contract of Notify. It cuts the lines to make
// the message fit any service.
func (n *Notifier) NotifyAll(ctx context.Context, b notify.Batch) error {
	lines := make([]string, len(b))
	for i, e := range b {
		line := "• " + e.Subject()
		if reason := e.ReasonLine(); reason != "" {
			line += " — " + reason
		}
		lines[i] = notify.OneLine(line, maxLines/len(b)-2) // 2: a cut line's "…" and the line break
	}
	return n.tell(ctx, b.Subject(), strings.Join(lines, "\n"))
}

func (n *Notifier) tell(ctx context.Context, subject, text string) error {
	ctx, cancel := context.WithTimeout(ctx, n.timeout)
	defer cancel()
	if ctx.Err() != nil {
		return n.late(ctx)
	}
	select {
	case n.slots <- struct{}{}:
	case <-ctx.Done():
		return n.late(ctx)
	}
	sent := make(chan error, 1)
	go func() {
		err := n.send(subject, text)
		<-n.slots
		sent <- err
	}()
	select {
	case err := <-sent:
		return n.explain(err)
	case <-ctx.Done():
		return n.late(ctx)
	}
}

func (n *Notifier) late(ctx context.Context) error {
	return fmt.Errorf("shoutrrr: %s: no response: %w", n.Service(), ctx.Err())
}

func (n *Notifier) send(subject, text string) (err error) {
	defer func() {
		if recover() != nil {
			err = errPanicked
		}
	}()
	service, err := n.take()
	if err != nil {
		return err
	}
	params := types.Params{}
	switch {
	case text == "":
		text = subject
	case n.titled:
		params.SetTitle(notify.OneLine(subject, maxTitle))
	default:
		text = subject + "\n\n" + text
	}
	err = service.Send(text, &params)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.idle = append(n.idle, service)
	return err
}

func (n *Notifier) take() (types.Service, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if last := len(n.idle) - 1; last >= 0 {
		service := n.idle[last]
		n.idle = n.idle[:last]
		return service, nil
	}
	return n.open()
}

// Its error may contain the URL.
func (n *Notifier) open() (types.Service, error) {
	service := n.make()
	u := *n.url // the library changes what it gets
	return service, service.Initialize(&u, nil)
}
