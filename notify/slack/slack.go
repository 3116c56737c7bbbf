// Package slack posts notices to a Slack channel, through an incoming webhook or as a bot.
package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"github.com/autoscalebot/autoscalebot/notify"
)

const maxAnswer = 1 << 20 // bytes; Slack repeats the message, a few thousand

// Options are the settings of a [Notifier]. The zero value is ready to use.
type Options struct {
	// Timeout is the deadline of one message; 0 means 10 s.
	Timeout time.Duration
	// APIURL is Slack's API for a bot; empty means https://slack.com/api/. A webhook ignores it.
	APIURL string
	// Threads are those that an earlier Notifier passed to Remember, whose incidents continue in them. Threads of other
	// channels and invalid ones are ignored. A webhook ignores all.
	Threads []Thread
	// Remember is called with the threads of all open incidents, at most the newest 100, oldest first, after each
	// change. The calls never overlap. Remember must not call the Notifier, and may keep the slice. Nil means that
	// incidents continue in new threads after a restart.
	Remember func([]Thread)
	// Log receives pictures that were not posted; if the token has no permission for pictures, only once. Nil discards
	// them. A webhook posts no pictures.
	Log *slog.Logger
}

// A Notifier posts messages. It may be used from several goroutines.
type Notifier struct {
	timeout  time.Duration
	threaded bool // an incident's messages form a thread
	// post posts m, as a reply to the message ts unless that is empty. It returns the new message's place if it can
	// have replies.
	post    func(ctx context.Context, m message, ts string) (place, error)
	threads threads
	// nil for a webhook
	upload     func(context.Context, slack.UploadFileParameters) (*slack.FileSummary, error)
	noPictures atomic.Bool
	log        *slog.Logger
}

// NewWebhook returns a Notifier that posts to an incoming webhook. The webhook determines the channel. Its URL is a
// secret. A webhook supports neither threads nor pictures. NewWebhook does not connect.
func NewWebhook(webhookURL string, o Options) (*Notifier, error) {
	if !notify.MayCarrySecret(webhookURL) {
		return nil, errors.New("slack: invalid webhook URL: must be https, such as " +
			"https://hooks.slack.com/services/T…/B…/… (yours is not shown because it is a secret)")
	}
	client := newClient()
	return newNotifier(o, "", func(ctx context.Context, m message, _ string) (place, error) {
		return place{}, slack.PostWebhookCustomHTTPContext(ctx, webhookURL, client, &slack.WebhookMessage{
			Text: m.text, Blocks: &slack.Blocks{BlockSet: m.blocks}, Attachments: m.attachments,
		})
	}), nil
}

// NewBot returns a Notifier that posts to channel, an ID or a name, as a bot. The token ("xoxb-…") needs the scope
// chat:write. An incident's later messages are replies in the thread of its first. An event's picture is a reply to its
// message, or in its thread. Pictures need the scope files:write, and the bot must be in the channel. NewBot does not
// connect.
func NewBot(token, channel string, o Options) (*Notifier, error) {
	api := slack.APIURL
	if o.APIURL != "" {
		api = strings.TrimSuffix(o.APIURL, "/") + "/"
	}
	switch {
	case token == "":
		return nil, errors.New("slack: the bot token is empty; copy it (xoxb-…) from “OAuth & Permissions” in the " +
			"Slack app's settings")
	case channel == "":
		return nil, errors.New("slack: the channel is empty; use an ID such as C0123456789, or a name such as #ops")
	case !notify.MayCarrySecret(api):
		return nil, errors.New("slack: the API URL must begin with https://; leave it empty for https://slack.com/api/")
	}
	client := slack.New(token, slack.OptionAPIURL(api), slack.OptionHTTPClient(newClient()))
	n := newNotifier(o, channel, func(ctx context.Context, m message, ts string) (place, error) {
		options := []slack.MsgOption{
			slack.MsgOptionText(m.text, false), slack.MsgOptionBlocks(m.blocks...),
			slack.MsgOptionAttachments(m.attachments...),
			slack.MsgOptionDisableLinkUnfurl(),
		}
		if ts != "" {
			options = append(options, slack.MsgOptionTS(ts))
		}
		id, posted, err := client.PostMessageContext(ctx, channel, options...)
		if err == nil && posted == "" {
			return place{}, errNotSlack // the library treats {} and {"ok":false} as success
		}
		return place{id, posted}, err
	})
	n.upload = client.UploadFileContext
	return n, nil
}

// channel is empty for a webhook.
func newNotifier(o Options, channel string, post func(context.Context, message, string) (place, error)) *Notifier {
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	n := &Notifier{timeout: o.Timeout, threaded: channel != "", post: post, log: o.Log}
	n.threads = threads{channel: channel, open: usable(o.Threads, channel), remember: o.Remember}
	return n
}

// Notify posts one message about e. A response of 429 and an error within Slack can be retried. Other refusals are
// permanent errors with a hint. After the message, a bot posts the event's picture, within another 5 s. A failed
// picture is not an error.
func (n *Notifier) Notify(ctx context.Context, e notify.Event) error {
	return n.inTime(ctx, notify.Batch{e}, func(ctx context.Context) (place, error) { return n.tell(ctx, e) })
}

// Joins reports whether e can share a message with other events: it is not a reply in an incident's thread. For a
// webhook it is always true.
func (n *Notifier) Joins(e notify.Event) bool {
	return !n.threaded || e.Incident == "" || e.Phase == notify.Opened
}

// NotifyAll posts one message about all events of b, under the contract of Notify. The message starts the thread of all
// incidents that it opens. Only the newest picture is posted.
func (n *Notifier) NotifyAll(ctx context.Context, b notify.Batch) error {
	return n.inTime(ctx, b, func(ctx context.Context) (place, error) {
		at, err := n.post(ctx, newBatch(b), "")
		if err != nil || at.ts == "" {
			return at, err
		}
		var incidents []string
		for _, e := range b {
			if e.Incident != "" {
				incidents = append(incidents, e.Incident)
			}
		}
		n.threads.begin(at.ts, incidents...)
		return at, nil
	})
}

func (n *Notifier) inTime(ctx context.Context, b notify.Batch, tell func(context.Context) (place, error)) error {
	telling, cancel := context.WithTimeout(ctx, n.timeout)
	defer cancel()
	at, err := tell(telling)
	if err == nil {
		n.show(ctx, b, at)
		return nil
	}
	if telling.Err() != nil {
		return fmt.Errorf("slack: no response: %w", telling.Err())
	}
	return explain(err)
}

// The result is where replies to e belong.
func (n *Notifier) tell(ctx context.Context, e notify.Event) (place, error) {
	if e.Incident == "" {
		return n.post(ctx, newMessage(e), "")
	}
	first := n.threads.of(e.Incident)
	at, err := n.post(ctx, newMessage(e), first)
	if first != "" && closedThread(err) {
		first = ""
		at, err = n.post(ctx, newMessage(e), "")
	}
	switch {
	case err != nil:
		return place{}, err
	case e.Phase == notify.Resolved:
		n.threads.end(e.Incident)
	case first == "" && at.ts != "":
		n.threads.begin(at.ts, e.Incident)
	}
	if first != "" {
		at.ts = first
	}
	return at, nil
}

// The library treats a redirect's response as success, and reads every response to its end.
func newClient() *http.Client {
	c := notify.HTTPClient()
	c.Transport = bounded{c.Transport}
	return c
}

type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	}
	return resp, err
}
