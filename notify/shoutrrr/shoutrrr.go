// Package shoutrrr tells people through services that the shoutrrr library knows, each named by one URL: Discord,
// Telegram, Teams, Matrix, ntfy, Gotify, Pushover and others.
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
	// The library has no contexts, so a message that hangs is left behind until its own time limit, if any.
	maxSends = 4
	maxTitle = 200  // characters; Discord takes 256, Pushover 250
	maxLines = 1000 // characters of several events in one message; Pushover takes 1,024
)

// Options are the settings of a [Notifier].
type Options struct {
	// URL names a service and what it needs: "discord://token@id", "ntfy://ntfy.sh/topic". It is a secret.
	URL string
	// Timeout is the deadline of one message; 0 means 10 s.
	Timeout time.Duration
}

// A Notifier sends messages to one service. It is for use from several goroutines.
type Notifier struct {
	kind
	url     *url.URL
	timeout time.Duration
	slots   chan struct{} // one for each message under way

	mu sync.Mutex
	// One service sends one message at a time, for the library's services change while they send.
	idle []types.Service
}

// New checks the options; it calls nobody.
func New(o Options) (*Notifier, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme == "" {
		return nil, errors.New("shoutrrr: the URL cannot be read; it should look like discord://token@id or " +
			"ntfy://ntfy.sh/topic (it is not shown here because it holds a secret)")
	}
	k, ok := kinds()[u.Scheme]
	if !ok {
		// What stands before the colon may be a part of a secret, as long as it is no service's name.
		return nil, fmt.Errorf("shoutrrr: the URL begins with no service's name; there are %s (the URL is not shown "+
			"here because it holds a secret)",
			strings.Join(slices.Sorted(maps.Keys(kinds())), ", "))
	}
	n := &Notifier{kind: k, url: u, timeout: o.Timeout, slots: make(chan struct{}, maxSends)}
	if n.timeout <= 0 {
		n.timeout = 10 * time.Second
	}
	if u.Scheme == "matrix" && u.User.Username() != "" {
		return n, nil // Matrix logs in as soon as it gets a user and a password
	}
	service, err := n.open()
	if err != nil {
		return nil, fmt.Errorf("shoutrrr: the URL of %s is not as it should be; see "+
			"https://shoutrrr.nickfedor.com/services/overview/ (it is not shown here because it holds a secret)",
			u.Scheme)
	}
	n.idle = []types.Service{service}
	return n, nil
}

// Service is the name of the service: "discord".
func (n *Notifier) Service() string { return n.url.Scheme }

// Notify sends one message about e. When ctx ends first, the message may still arrive, and another attempt bring it a
// second time, since the library cannot be interrupted. What the service refuses with a status of 4xx is permanent,
// save 408 and 429; all else is worth another attempt.
func (n *Notifier) Notify(ctx context.Context, e notify.Event) error {
	return n.tell(ctx, e.Subject(), e.Text())
}

// Joins is true: any event can stand in one message with others.
func (n *Notifier) Joins(notify.Event) bool { return true }

// NotifyAll sends one message that lists the events of b, one a line, as Notify sends one about one. The lines are cut
// so that the message fits any service.
func (n *Notifier) NotifyAll(ctx context.Context, b notify.Batch) error {
	lines := make([]string, len(b))
	for i, e := range b {
		line := "• " + e.Subject()
		if reason := e.ReasonLine(); reason != "" {
			line += " — " + reason
		}
		lines[i] = notify.OneLine(line, maxLines/len(b)-2) // the "…" of a line that was cut, and the line break
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
	return fmt.Errorf("shoutrrr: %s: no answer: %w", n.Service(), ctx.Err())
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

// Its error may hold the URL.
func (n *Notifier) open() (types.Service, error) {
	service := n.make()
	u := *n.url // the library changes what it gets
	return service, service.Initialize(&u, nil)
}
