package notify

import (
	"net"
	"net/http"
	"net/url"
)

// HTTPClient returns a client for sending events. It opens a connection per request, since events are rare and idle
// connections die. It bounds response headers. It does not follow redirects: they can turn a POST into a GET, or carry
// an event and its secrets to another host.
func HTTPClient() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableKeepAlives = true
	t.MaxResponseHeaderBytes = 64 << 10
	return &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// MayCarrySecret reports whether only its host can read a request to the URL raw: it is https, or http to this machine.
func MayCarrySecret(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return false
	}
	loopback := u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
	return u.Scheme == "https" || u.Scheme == "http" && loopback
}
