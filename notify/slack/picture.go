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

// The next notice waits for the picture.
const maxPictureTime = 5 * time.Second

// The place of a message: a channel's ID and the first message of the thread. It is zero if Slack does not return it.
type place struct{ channel, ts string }

// The message at p is already posted. A retry would post it twice, so a failed picture is not an error.
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
		n.log.Info("a picture was not posted to Slack", "error", explainPicture(ctx, err))
	case n.noPictures.CompareAndSwap(false, true):
		n.log.Warn("Slack refuses pictures, so the bot posts no more until it restarts", "error",
			explainPicture(ctx, err))
	}
}

// Only a new token fixes a missing permission to upload files.
func forGood(err error) bool {
	refusal, ok := errors.AsType[slack.SlackErrorResponse](err)
	return ok && (refusal.Err == "missing_scope" || refusal.Err == "not_allowed_token_type")
}

// The library's error may contain a secret URL.
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
			hint = "; add the scope files:write to the Slack app and reinstall it"
		case "not_in_channel", "channel_not_found":
			hint = "; invite the bot to the channel: /invite @its-name"
		}
		return errors.New(refusal.Err + hint)
	case limited:
		return errors.New("too many pictures (429)")
	case answered:
		return fmt.Errorf("answered %d", status.Code)
	case unanswered:
		return fmt.Errorf("no response: %w", notify.TransportError(err))
	}
	return errors.New("the response is not from Slack")
}
