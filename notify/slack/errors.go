package slack

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/slack-go/slack"

	"github.com/autoscalebot/autoscalebot/notify"
)

var errNotSlack = errors.New("slack: what came back is not what Slack answers; the message may not have arrived")

// The library's error may hold the URL or what a server made of it.
func explain(err error) error {
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return notify.RetryIn(errors.New("slack: too many messages (429)"), limited.RetryAfter)
	}
	if status, ok := errors.AsType[slack.StatusCodeError](err); ok {
		return explainStatus(status.Code)
	}
	if refusal, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		return explainRefusal(refusal)
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("slack: no answer: %w", notify.TransportError(err))
	}
	return errNotSlack
}

// Webhooks answer by status, and so does what stands between the bot and Slack.
func explainStatus(code int) error {
	err := fmt.Errorf("slack: answered %s", strings.TrimSpace(fmt.Sprint(code, " ", http.StatusText(code))))
	switch {
	case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code >= 500:
		return err
	case code/100 == 3:
		err = fmt.Errorf("%w, which leads elsewhere; check the URL", err)
	case code == http.StatusForbidden:
		err = fmt.Errorf("%w: the webhook was revoked, or may not post to its channel; make a new one in the Slack "+
			"app's settings", err)
	case code == http.StatusNotFound:
		err = fmt.Errorf("%w: the webhook was removed, or its URL is not whole; copy it again from the Slack app's "+
			"settings, or make a new one", err)
	case code == http.StatusGone:
		err = fmt.Errorf("%w: the webhook's channel was archived; make a new webhook for another channel", err)
	}
	return notify.Permanent(err)
}

// A bot's API answers {"ok":false,"error":"…"}.
func explainRefusal(r slack.SlackErrorResponse) error {
	if !isCode(r.Err) {
		return errNotSlack
	}
	err := fmt.Errorf("slack: refused the message: %s", r.Err)
	hint := ""
	switch r.Err {
	case "ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout":
		return err
	case "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive":
		hint = "copy the bot token (xoxb-…) again from “OAuth & Permissions” in the Slack app's settings"
	case "not_allowed_token_type":
		hint = "a bot token is needed, which begins with xoxb-"
	case "channel_not_found":
		hint = "check the channel's name or better set its ID (C…), and invite the bot if it is private"
	case "not_in_channel":
		hint = "invite the bot to the channel: /invite @its-name"
	case "is_archived":
		hint = "the channel was archived; choose another"
	case "missing_scope":
		hint = "give the Slack app the scope chat:write and install it again"
	case "restricted_action", "no_permission":
		hint = "the workspace does not let this bot post there; ask its administrator"
	}
	if hint != "" {
		err = fmt.Errorf("%w; %s", err, hint)
	}
	return notify.Permanent(err)
}

// An error of Slack's API is a word; anything else comes from somebody else and may repeat the token.
func isCode(s string) bool {
	return len(s) <= 60 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}
