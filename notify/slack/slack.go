// Package slack tells people in a Slack channel, through an incoming webhook or as a bot.
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

const maxAnswer = 1 << 20 // bytes. Slack repeats the message, which is a few thousand

// Options are the settings of a [Notifier]. The zero value is fit for use.
type Options struct {
	// Timeout is the deadline of one message; 0 means 10 s.
	Timeout time.Duration
	// APIURL is where a bot finds Slack's API; empty means https://slack.com/api/. A webhook takes no notice of it.
	APIURL string
	// Threads are those that an earlier Notifier told Remember, so that its incidents go on in them. What is of another
	// channel, or makes no sense, is left out. A webhook takes no notice of them.
	Threads []Thread
	// Remember is called with the threads of all open incidents, the newest 100 at the most, oldest first, whenever
	// they have changed; never from two goroutines at once, and it must not call the Notifier. The slice is its own.
	// Nil means that a restart begins new threads.
	Remember func([]Thread)
	// Log is told once when the bot's token may not post pictures, and of each picture that fails otherwise; nil means
	// nobody is. A webhook posts none.
	Log *slog.Logger
}

// A Notifier posts messages. It is for use from several goroutines.
type Notifier struct {
	timeout time.Duration
	// What is told of one incident stands in a thread.
	threaded bool
	// post posts m, as a reply to the message ts unless that is empty, and returns the place of the new message if it
	// can have replies.
	post    func(ctx context.Context, m message, ts string) (place, error)
	threads threads
	// nil where no file can be posted
	upload     func(context.Context, slack.UploadFileParameters) (*slack.FileSummary, error)
	noPictures atomic.Bool
	log        *slog.Logger
}

// NewWebhook returns a Notifier that posts to an incoming webhook, whose channel was chosen when it was made. The URL
// is a secret: whoever has it can post. A webhook does not tell what it posted, so there are no threads, and takes no
// files, so there are no pictures. It calls nobody.
func NewWebhook(webhookURL string, o Options) (*Notifier, error) {
	if !notify.MayCarrySecret(webhookURL) {
		return nil, errors.New("slack: the webhook URL is no https URL; it should look like " +
			"https://hooks.slack.com/services/T…/B…/… (it is not shown here because it is a secret)")
	}
	client := newClient()
	return newNotifier(o, "", func(ctx context.Context, m message, _ string) (place, error) {
		return place{}, slack.PostWebhookCustomHTTPContext(ctx, webhookURL, client, &slack.WebhookMessage{
			Text: m.text, Blocks: &slack.Blocks{BlockSet: m.blocks}, Attachments: m.attachments,
		})
	}), nil
}

// NewBot returns a Notifier that posts to channel, an ID or a name, as the bot whose token ("xoxb-…", with the scope
// chat:write) is given. What is told of one incident after its first message is a reply to that, in a thread. An
// event's picture is a reply to its message, or in its thread, for which the bot needs the scope files:write and must
// be in the channel. It calls nobody.
func NewBot(token, channel string, o Options) (*Notifier, error) {
	api := slack.APIURL
	if o.APIURL != "" {
		api = strings.TrimSuffix(o.APIURL, "/") + "/"
	}
	switch {
	case token == "":
		return nil, errors.New("slack: the bot token is empty; it should look like xoxb-…, from “OAuth & " +
			"Permissions” in the Slack app's settings")
	case channel == "":
		return nil, errors.New("slack: the channel is empty; it should be an ID such as C0123456789, or a name " +
			"such as #ops")
	case !notify.MayCarrySecret(api):
		return nil, errors.New("slack: the API URL is no https URL; leave it empty for https://slack.com/api/")
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
			return place{}, errNotSlack // the library takes {} and {"ok":false} for success
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

// Notify posts one message about e. 429 and what Slack calls its own fault are worth another attempt; other refusals
// are permanent, and the error has a hint. When the message is posted, a bot posts the event's picture, for which it
// takes 5 s more at the most. Without a picture there is no error.
func (n *Notifier) Notify(ctx context.Context, e notify.Event) error {
	return n.inTime(ctx, notify.Batch{e}, func(ctx context.Context) (place, error) { return n.tell(ctx, e) })
}

// Joins reports whether e does not belong into an incident's thread: it opens the incident or is of none. A webhook,
// which knows no threads, tells any event with others.
func (n *Notifier) Joins(e notify.Event) bool {
	return !n.threaded || e.Incident == "" || e.Phase == notify.Opened
}

// NotifyAll posts one message about all events of b, as Notify posts one about one. It begins the thread of all
// incidents that it opens. Of several pictures it posts the newest.
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
		return fmt.Errorf("slack: no answer: %w", telling.Err())
	}
	return explain(err)
}

// It returns where replies to e belong.
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

// The library takes a redirect's answer for success and reads every answer to its end.
func newClient() *http.Client {
	c := notify.HTTPClient()
	c.Transport = bounded{c.Transport}
	return c
}

// bounded ends every answer after maxAnswer bytes, since the library reads them to their end.
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
