package probe

import "net/http"

const httpsHint = "if the server speaks https on this port, begin HEARTBEAT_URL with https://"

// sent says whether the app was told.
func (h *Heartbeat) loginHint(sent bool) string {
	switch {
	case len(h.secret) == len(h.plain): // no credentials are sent
		return "the app wants to know who asks: set HEARTBEAT_TOKEN or HEARTBEAT_HEADERS"
	case !sent:
		return "the token and the headers were not sent to where redirects ended: give HEARTBEAT_URL that address"
	}
	return "the app does not accept the token or the headers that are sent: see HEARTBEAT_TOKEN and HEARTBEAT_HEADERS"
}

// A server asks for a certificate at the first handshake, and not where a session is resumed.
func (h *Heartbeat) certificateHint(v *visit) string {
	_, asks := h.askers.Load(v.place)
	switch {
	case !asks || !v.secure():
		return ""
	case h.keyPair == nil:
		return "the server asked for a client certificate: see HEARTBEAT_CLIENT_CERT_FILE"
	}
	return "the server may not accept the client certificate: check HEARTBEAT_CLIENT_CERT_FILE"
}

// sent says whether the secrets were sent.
func (h *Heartbeat) statusHint(v *visit, status int, sent bool) string {
	certificate := h.certificateHint(v)
	switch status {
	case http.StatusBadRequest, 495, 496: // the latter two are nginx's own
		if certificate == "" && !v.secure() {
			return httpsHint
		}
		return certificate
	case http.StatusUnauthorized, http.StatusForbidden:
		if certificate != "" {
			certificate = "; " + certificate
		}
		return h.loginHint(sent) + certificate
	case http.StatusNotFound:
		return "the app has no such page: see HEARTBEAT_URL, and examples/heartbeat for how to make one"
	case http.StatusMethodNotAllowed:
		return "the page does not accept this method: see HEARTBEAT_METHOD"
	case http.StatusProxyAuthRequired:
		return "the proxy wants a user and a password"
	case http.StatusTooManyRequests:
		return "something limits how often this machine may ask: exempt the bot, or set a longer " +
			"HEARTBEAT_INTERVAL_IN_SECONDS"
	case http.StatusMisdirectedRequest:
		return "the server does not serve this host name: see HEARTBEAT_URL and HEARTBEAT_HOST"
	}
	if isRedirect(status) {
		return ""
	}
	return refusals[status].hint
}
