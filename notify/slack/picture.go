package slack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/slack-go/slack"

	"github.com/autoscalebot/autoscalebot/notify"
)

// The next notice waits for a picture at most so long.
const maxPictureTime = 5 * time.Second

// A place is where a message stands: a channel's ID, and the first message of its thread, or itself where it is none's
// reply. It is zero when Slack does not tell.
type place struct{ channel, ts string }

// The message at p has been posted, so whatever happens to its picture is no error, and is not tried again.
func (n *Notifier) show(ctx context.Context, b notify.Batch, p place) {
	if n.upload == nil || p.channel == "" || n.noPictures.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, min(n.timeout, maxPictureTime))
	defer cancel()
	picture, of := b.Paint(ctx)
	if of < 0 {
		return
	}
	_, err := n.upload(ctx, slack.UploadFileParameters{
		Channel: p.channel, ThreadTimestamp: p.ts, Filename: "picture.png", Title: b[of].Subject(),
		AltTxt: picture.AltLine(),
		Reader: bytes.NewReader(picture.PNG), FileSize: len(picture.PNG),
	})
	switch {
	case err == nil:
	case !forGood(err):
		n.log.Info("Slack did not take a picture", "error", explainPicture(ctx, err))
	case n.noPictures.CompareAndSwap(false, true):
		n.log.Warn("Slack takes no pictures, so none is posted until the bot is started again", "error",
			explainPicture(ctx, err))
	}
}

// A token that may not upload files takes a new one.
func forGood(err error) bool {
	refusal, ok := errors.AsType[slack.SlackErrorResponse](err)
	return ok && (refusal.Err == "missing_scope" || refusal.Err == "not_allowed_token_type")
}

// The library's error may hold a secret URL.
func explainPicture(ctx context.Context, err error) error {
	refusal, refused := errors.AsType[slack.SlackErrorResponse](err)
	status, answered := errors.AsType[slack.StatusCodeError](err)
	_, unanswered := errors.AsType[*url.Error](err)
	_, limited := errors.AsType[*slack.RateLimitedError](err)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case refused && isCode(refusal.Err):
		hint := ""
		switch refusal.Err {
		case "missing_scope":
			hint = "; give the Slack app the scope files:write and install it again"
		case "not_in_channel", "channel_not_found":
			hint = "; invite the bot to the channel: /invite @its-name"
		}
		return errors.New(refusal.Err + hint)
	case limited:
		return errors.New("too many pictures (429)")
	case answered:
		return fmt.Errorf("it answered %d", status.Code)
	case unanswered:
		return fmt.Errorf("no answer: %w", notify.TransportError(err))
	}
	return errors.New("what came back is not what Slack answers")
}
