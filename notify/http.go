package notify

import (
	"net"
	"net/http"
	"net/url"
)

// HTTPClient makes a client for telling events over HTTP: each on a connection of its own, since events are rare and an
// idle connection would only be found dead, with bounded headers, and without following redirects, which would turn a
// POST into a GET or carry an event and its secrets to somebody who was not asked for.
func HTTPClient() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableKeepAlives = true
	t.MaxResponseHeaderBytes = 64 << 10
	return &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// MayCarrySecret reports whether a request to raw shows a secret in it to nobody but its host: https, or the machine
// itself.
func MayCarrySecret(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return false
	}
	loopback := u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
	return u.Scheme == "https" || u.Scheme == "http" && loopback
}
