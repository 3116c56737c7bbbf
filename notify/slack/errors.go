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

var errNotSlack = errors.New("slack: the response is not from Slack, so the message may not have arrived")

// The library's error may contain the URL, or a form of it that the server sent.
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
		return fmt.Errorf("slack: no response: %w", notify.TransportError(err))
	}
	return errNotSlack
}

// Webhooks respond with a status, as do proxies between the bot and Slack.
func explainStatus(code int) error {
	err := fmt.Errorf("slack: answered %s", strings.TrimSpace(fmt.Sprint(code, " ", http.StatusText(code))))
	switch {
	case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code >= 500:
		return err
	case code/100 == 3:
		err = fmt.Errorf("%w, a redirect; check the URL", err)
	case code == http.StatusForbidden:
		err = fmt.Errorf("%w: the webhook was revoked, or must not post to its channel; create a new one in the "+
			"Slack app's settings", err)
	case code == http.StatusNotFound:
		err = fmt.Errorf("%w: the webhook was removed, or its URL is incomplete; copy it again from the Slack app's "+
			"settings, or create a new one", err)
	case code == http.StatusGone:
		err = fmt.Errorf("%w: the webhook's channel was archived; create a webhook for another channel", err)
	}
	return notify.Permanent(err)
}

// The API responds {"ok":false,"error":"…"}.
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
		hint = "use a bot token, which begins with xoxb-"
	case "channel_not_found":
		hint = "check the channel's name, or use its ID (C…); invite the bot if the channel is private"
	case "not_in_channel":
		hint = "invite the bot to the channel: /invite @its-name"
	case "is_archived":
		hint = "the channel is archived; choose another"
	case "missing_scope":
		hint = "add the scope chat:write to the Slack app and reinstall it"
	case "restricted_action", "no_permission":
		hint = "the workspace does not allow this bot to post there; ask its administrator"
	}
	if hint != "" {
		err = fmt.Errorf("%w; %s", err, hint)
	}
	return notify.Permanent(err)
}

// An error of Slack's API is one word. Any other text may come from a proxy and repeat the token.
func isCode(s string) bool {
	return len(s) <= 60 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}
