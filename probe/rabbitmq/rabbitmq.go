// Package rabbitmq reads the number of messages in RabbitMQ queues through the API of the management plugin.
//
//	p, err := rabbitmq.New(rabbitmq.Options{
//		URL:     "https://bot:password@rabbit.example.com", // on another port than AMQP: 15672 unless somebody changed it
//		Queues:  []string{"mail", "pdf"},
//		Timeout: 5 * time.Second,
//	})
//	if err != nil {
//		return err
//	}
//	r := p.Probe(ctx)
//
// The user needs the tag "monitoring" or "management", and permissions in the virtual host. They may all be empty.
package rabbitmq

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/internal/failure"
	"github.com/autoscalebot/autoscalebot/probe/internal/web"
)

const maxQueues = 100

// A Count selects which messages of a queue count.
type Count string

const (
	// Ready messages wait for a consumer.
	Ready Count = "ready"
	// Unacked messages were delivered to a consumer, which has not acknowledged them: it is working on them, or has
	// prefetched them.
	Unacked Count = "unacked"
	// Both is the sum of the two.
	Both Count = "both"
)

// Options configure a [Prober].
type Options struct {
	// Name is the Signal of the readings; "" means "rabbitmq".
	Name string
	// URL is the management plugin's, with the path before /api if any: http://localhost:15672. A user and password in
	// it are sent as basic authentication.
	URL string
	// VHost is the virtual host of the queues; "" means "/".
	VHost string
	// Queues are the names of the queues, 1 to 100. Their messages are added.
	Queues []string
	// Count selects which messages count; "" means Ready.
	Count Count
	// Unit is the Unit of the readings; "" means "messages".
	Unit string
	// Timeout bounds a whole probe; it must be above 0.
	Timeout time.Duration
	// UserAgent is sent as User-Agent; "" means "autoscalebot".
	UserAgent string
}

// A Prober is a [probe.Prober] that adds the messages in queues, as RabbitMQ last counted them, up to 5 s ago. It is
// safe for concurrent use.
//
// A queue that does not exist makes the reading a ClientError. A queue whose length is unknown makes it a BadAnswer: it
// is a few seconds old and not counted yet, statistics are switched off, its node is down, or it has no leader because
// too few of its members are up. In the last two cases RabbitMQ still reports the last count. The other outcomes are
// those of a [probe.Heartbeat], except that redirects are not followed. Value is 0 unless the outcome is Answered.
type Prober struct {
	name, unit string
	vhost      string
	queues     []string
	count      Count
	base       *url.URL
	client     *web.Client
	timeout    time.Duration
}

// New returns a Prober, or all that is wrong with the options, without a secret. It makes no request.
func New(o Options) (*Prober, error) {
	p := &Prober{
		name: o.Name, unit: o.Unit, vhost: o.VHost, queues: slices.Clone(o.Queues), count: o.Count,
		timeout: o.Timeout,
	}
	u, badURL := web.ParseURL(o.URL, "https://bot:password@rabbit.example.com, not the one that "+
		"begins with amqp")
	header, badHeader := headers(u, o.UserAgent)
	if err := errors.Join(badURL, badHeader, o.check()); err != nil {
		return nil, fmt.Errorf("rabbitmq signal: %w", err)
	}
	p.name = cmp.Or(p.name, "rabbitmq")
	p.unit = cmp.Or(p.unit, "messages")
	p.vhost = cmp.Or(p.vhost, "/")
	u.Path = cmp.Or(u.Path, "/")
	p.base, p.client = u, web.NewClient(header, true)
	return p, nil
}

// It removes the user from u, which may be nil.
func headers(u *url.URL, userAgent string) (http.Header, error) {
	if strings.ContainsFunc(userAgent, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
		return nil, errors.New("the user agent has a line break or another control character")
	}
	return web.Headers(u, "", nil, userAgent)
}

func (o Options) check() error {
	var wrong []error
	switch {
	case len(o.Queues) == 0 || slices.Contains(o.Queues, ""):
		wrong = append(wrong, errors.New("a queue's name is missing or empty"))
	case len(o.Queues) > maxQueues:
		wrong = append(wrong, fmt.Errorf("%d queues are too many: the maximum is %d", len(o.Queues), maxQueues))
	}
	for _, name := range append([]string{o.VHost}, o.Queues...) {
		if name == "." || name == ".." {
			wrong = append(wrong, fmt.Errorf("RabbitMQ's API does not support the name %q", name))
		}
	}
	if o.Count != "" && o.Count != Ready && o.Count != Unacked && o.Count != Both {
		wrong = append(wrong, fmt.Errorf("count is %q: must be ready, unacked or both", string(o.Count)))
	}
	if o.Timeout <= 0 {
		wrong = append(wrong, fmt.Errorf("the timeout is %v: must be more than 0", o.Timeout))
	}
	return errors.Join(wrong...)
}

// Probe reads all queues and returns the result. It returns no later than the timeout or the end of ctx.
func (p *Prober) Probe(ctx context.Context) probe.Reading {
	r := probe.Reading{Signal: p.name, Time: time.Now(), Unit: p.unit, Outcome: probe.Answered}
	inTime, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	defer p.client.Close()
	for _, queue := range p.queues {
		n, status, err := p.depth(ctx, inTime, queue)
		r.Status = status
		if err != nil {
			failure.Note(&r, err)
			return r
		}
		r.Value += n
	}
	return r
}

func (p *Prober) depth(parent, ctx context.Context, queue string) (n float64, status int, err error) {
	u := p.base.JoinPath("api/queues", url.PathEscape(p.vhost), url.PathEscape(queue))
	q := u.Query()
	// without the statistics of all its consumers
	q.Set("columns", "name,state,leader,messages_ready,messages_unacknowledged")
	u.RawQuery = q.Encode()
	status, body, err := p.client.Get(parent, ctx, u)
	switch {
	case status == http.StatusNotFound:
		return 0, status, failure.Failure{
			Outcome: probe.ClientError,
			Text:    fmt.Sprintf("the virtual host %.100q has no queue %.100q", p.vhost, queue),
		}
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return 0, status, refusal(err, body)
	case err != nil:
		return 0, status, err
	}
	n, err = p.read(queue, body)
	return n, status, err
}

// RabbitMQ's reasons for rejecting a user
var remedies = map[string]string{
	"Login failed":        "check the user and the password in the URL",
	"Not management user": "run rabbitmqctl set_user_tags USER monitoring",
	"User not authorised to access virtual host": "run rabbitmqctl set_permissions -p VHOST USER '^$' '^$' '^$'",
}

func refusal(err error, body []byte) error {
	var f failure.Failure
	var said struct{ Reason string }
	if !errors.As(err, &f) || json.Unmarshal(body, &said) != nil || said.Reason == "" {
		return err
	}
	f.Text += fmt.Sprintf(": RabbitMQ says %.200q", said.Reason)
	if remedy, known := remedies[said.Reason]; known {
		f.Text += ": " + remedy
	}
	return f
}

// A queue in one of these states does not answer. The other states are running, idle, flow, live and syncing.
var broken = []string{"down", "crashed", "stopped", "terminated", "minority", "noproc", "nodedown", "unavailable"}

// The usual library returns 0 for a missing count.
func (p *Prober) read(queue string, body []byte) (float64, error) {
	var counted struct {
		State   string          `json:"state"`
		Leader  json.RawMessage `json:"leader"`
		Ready   *uint64         `json:"messages_ready"`
		Unacked *uint64         `json:"messages_unacknowledged"`
	}
	if err := json.Unmarshal(body, &counted); err != nil {
		return 0, failure.Bad("the answer is not RabbitMQ's: check that the URL is its management plugin's")
	}
	if slices.Contains(broken, counted.State) {
		return 0, failure.Bad("the queue %.100q does not run: its state is %s, so its length is unknown",
			queue, counted.State)
	}
	if string(counted.Leader) == "null" { // a quorum queue, whose last state and count are still reported
		return 0, failure.Bad("the queue %.100q has no leader, so its length is unknown", queue)
	}
	if counted.Ready == nil || counted.Unacked == nil {
		return 0, failure.Bad("the messages in the queue %.100q are not counted: it is only a few seconds old, "+
			"or statistics are switched off", queue)
	}
	switch p.count {
	case Unacked:
		return float64(*counted.Unacked), nil
	case Both:
		return float64(*counted.Ready) + float64(*counted.Unacked), nil
	}
	return float64(*counted.Ready), nil
}
