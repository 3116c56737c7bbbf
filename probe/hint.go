package probe

import "net/http"

const httpsHint = "If the server uses https on this port, begin HEARTBEAT_URL with https://."

// sent: the secrets were sent to where redirects ended.
func (h *Heartbeat) loginHint(sent bool) string {
	switch {
	case len(h.secret) == len(h.plain): // no credentials are sent
		return "The app requires a login. Set HEARTBEAT_TOKEN or HEARTBEAT_HEADERS."
	case !sent:
		return "The token and the headers were not sent to where the redirects ended. Set HEARTBEAT_URL to " +
			"that address."
	}
	return "The app rejected the token or the headers. Check HEARTBEAT_TOKEN and HEARTBEAT_HEADERS."
}

// A server asks for a certificate at the first handshake, but not when a session is resumed.
func (h *Heartbeat) certificateHint(v *visit) string {
	_, asks := h.askers.Load(v.place)
	switch {
	case !asks || !v.secure():
		return ""
	case h.keyPair == nil:
		return "The server asked for a client certificate. Set HEARTBEAT_CLIENT_CERT_FILE."
	}
	return "The server may have rejected the client certificate. Check HEARTBEAT_CLIENT_CERT_FILE."
}

// sent: the secrets were sent to where redirects ended.
func (h *Heartbeat) statusHint(v *visit, status int, sent bool) string {
	certificate := h.certificateHint(v)
	switch status {
	case http.StatusBadRequest, 495, 496: // the last two are nginx's own
		if certificate == "" && !v.secure() {
			return httpsHint
		}
		return certificate
	case http.StatusUnauthorized, http.StatusForbidden:
		if certificate != "" {
			certificate = " " + certificate
		}
		return h.loginHint(sent) + certificate
	case http.StatusNotFound:
		return "Check HEARTBEAT_URL. If the app has no heartbeat page, copy one from examples/heartbeat."
	case http.StatusMethodNotAllowed:
		return "The page does not accept this method. Set HEARTBEAT_METHOD."
	case http.StatusProxyAuthRequired:
		return "The proxy requires a user and a password."
	case http.StatusTooManyRequests:
		return "A rate limit stopped this request. Exempt the bot, or set a longer " +
			"HEARTBEAT_INTERVAL_IN_SECONDS."
	case http.StatusMisdirectedRequest:
		return "The server does not serve this host name. Check HEARTBEAT_URL and HEARTBEAT_HOST."
	}
	if isRedirect(status) {
		return ""
	}
	return refusals[status].hint
}
