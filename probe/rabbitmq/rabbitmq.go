// Package rabbitmq reads how many messages are in queues of RabbitMQ, by the API of its management plugin.
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
// The user needs the tag "monitoring" or "management", and permissions in the virtual host, which may all be empty.
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

// A Count says which messages of a queue are counted.
type Count string

const (
	// Ready messages wait for a consumer.
	Ready Count = "ready"
	// Unacked messages were given to a consumer, which has not acknowledged them: it works on them, or has fetched them
	// to.
	Unacked Count = "unacked"
	// Both are the two together.
	Both Count = "both"
)

// Options say what a [Prober] counts.
type Options struct {
	// Name is the Signal of the readings; "" means "rabbitmq".
	Name string
	// URL is that of the management plugin, with the path in front of /api if there is any: http://localhost:15672. A
	// user and password in it are sent as basic authentication.
	URL string
	// VHost is the virtual host of the queues; "" means "/".
	VHost string
	// Queues are their names, 1 to 100. Their messages are summed up.
	Queues []string
	// Count says which messages are counted; "" means Ready.
	Count Count
	// Unit is the Unit of the readings; "" means "messages".
	Unit string
	// Timeout bounds a probe as a whole; it is above 0.
	Timeout time.Duration
	// UserAgent is sent as User-Agent; "" means "autoscalebot".
	UserAgent string
}

// A Prober is a [probe.Prober] that sums up the messages in queues, as RabbitMQ counted them last: that is up to 5 s
// ago. It may be used by several goroutines at once.
//
// A queue that does not exist makes the reading a ClientError. One that RabbitMQ has not counted yet, because it is
// some seconds old, or is not to count as its statistics are switched off, makes it a BadAnswer: nobody knows that it
// is empty. So does one that does not run, as its node is down, or that has no leader, as too few of its members are
// there: what is told of it then is what was counted last. The other outcomes are those of a [probe.Heartbeat], save
// that redirects are not followed. Value is 0 unless the outcome is Answered.
type Prober struct {
	name, unit string
	vhost      string
	queues     []string
	count      Count
	base       *url.URL
	client     *web.Client
	timeout    time.Duration
}

// New returns a Prober, or says all that is wrong with the options, without a secret. It asks nobody.
func New(o Options) (*Prober, error) {
	p := &Prober{
		name: o.Name, unit: o.Unit, vhost: o.VHost, queues: slices.Clone(o.Queues), count: o.Count,
		timeout: o.Timeout,
	}
	u, badURL := web.ParseURL(o.URL, "https://bot:password@rabbit.example.com, which is not the one that "+
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

// It takes the user out of u, which may be nil.
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
		wrong = append(wrong, fmt.Errorf("%d queues are too many: %d at the most", len(o.Queues), maxQueues))
	}
	for _, name := range append([]string{o.VHost}, o.Queues...) {
		if name == "." || name == ".." {
			wrong = append(wrong, fmt.Errorf("the name %q is one for which RabbitMQ's API can't be asked", name))
		}
	}
	if o.Count != "" && o.Count != Ready && o.Count != Unacked && o.Count != Both {
		wrong = append(wrong, fmt.Errorf("count is %q, and must be ready, unacked or both", string(o.Count)))
	}
	if o.Timeout <= 0 {
		wrong = append(wrong, fmt.Errorf("the timeout is %v, and must be more than 0", o.Timeout))
	}
	return errors.Join(wrong...)
}

// Probe asks once and says what came of it. It returns when the timeout is over or ctx ends at the latest.
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
	// not the statistics of all its consumers
	q.Set("columns", "name,state,leader,messages_ready,messages_unacknowledged")
	u.RawQuery = q.Encode()
	status, body, err := p.client.Get(parent, ctx, u)
	switch {
	case status == http.StatusNotFound:
		return 0, status, failure.Failure{
			Outcome: probe.ClientError,
			Text:    fmt.Sprintf("there is no queue %.100q in the virtual host %.100q", queue, p.vhost),
		}
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return 0, status, refusal(err, body)
	case err != nil:
		return 0, status, err
	}
	n, err = p.read(queue, body)
	return n, status, err
}

// by RabbitMQ's reasons to refuse a user
var remedies = map[string]string{
	"Login failed":        "check the user and the password in the URL",
	"Not management user": "rabbitmqctl set_user_tags USER monitoring",
	"User not authorised to access virtual host": "rabbitmqctl set_permissions -p VHOST USER '^$' '^$' '^$'",
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

// A queue in such a state cannot be asked. The others are running, idle, flow, live and syncing.
var broken = []string{"down", "crashed", "stopped", "terminated", "minority", "noproc", "nodedown", "unavailable"}

// The usual library tells 0 for what was not counted.
func (p *Prober) read(queue string, body []byte) (float64, error) {
	var counted struct {
		State   string          `json:"state"`
		Leader  json.RawMessage `json:"leader"`
		Ready   *uint64         `json:"messages_ready"`
		Unacked *uint64         `json:"messages_unacknowledged"`
	}
	if err := json.Unmarshal(body, &counted); err != nil {
		return 0, failure.Bad("answer is not one of RabbitMQ: is the URL that of its management plugin?")
	}
	if slices.Contains(broken, counted.State) {
		return 0, failure.Bad("the queue %.100q does not run: its state is %s, so that nobody knows how long it is",
			queue, counted.State)
	}
	if string(counted.Leader) == "null" { // of a quorum queue, whose state and messages go on to be told as they were
		return 0, failure.Bad("the queue %.100q has no leader, so that nobody knows how long it is", queue)
	}
	if counted.Ready == nil || counted.Unacked == nil {
		return 0, failure.Bad("the messages in the queue %.100q are not counted: it is only some seconds old, "+
			"or the statistics are switched off", queue)
	}
	switch p.count {
	case Unacked:
		return float64(*counted.Unacked), nil
	case Both:
		return float64(*counted.Ready) + float64(*counted.Unacked), nil
	}
	return float64(*counted.Ready), nil
}
