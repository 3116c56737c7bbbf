package probe

import "net/http"

// loginHint says what to do where the app wants to know who asks. sent says whether it was told.
func (h *Heartbeat) loginHint(sent bool) string {
	switch {
	case len(h.secret) == len(h.plain): // no credentials are sent
		return "the app wants to know who asks: set HEARTBEAT_TOKEN or HEARTBEAT_HEADERS"
	case !sent:
		return "the token and the headers were not sent to where redirects ended: give HEARTBEAT_URL that address"
	}
	return "the app does not accept the token or the headers that are sent: see HEARTBEAT_TOKEN and HEARTBEAT_HEADERS"
}

// statusHint says what to do about a final status that is not accepted. sent says whether the secrets were sent.
func (h *Heartbeat) statusHint(status int, sent bool) string {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return h.loginHint(sent)
	case http.StatusNotFound:
		return "the app has no such page: see HEARTBEAT_URL, and examples/heartbeat for how to make one"
	case http.StatusMethodNotAllowed:
		return "the page does not accept this method: see HEARTBEAT_METHOD"
	case http.StatusProxyAuthRequired:
		return "the proxy wants a user and a password"
	case http.StatusTooManyRequests:
		return "something limits how often this machine may ask: exempt the bot, or set a longer HEARTBEAT_INTERVAL_IN_SECONDS"
	case http.StatusMisdirectedRequest:
		return "the server does not serve this host name: see HEARTBEAT_URL and HEARTBEAT_HOST"
	}
	if isRedirect(status) {
		return ""
	}
	return refusals[status].hint
}
