package web

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Letters and Digits are sets for [Only].
const (
	Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	Digits  = "0123456789"
)

// Only reports whether s has characters of the set only, one at least and at most so many. What goes into the path of
// a URL may hold nothing that means something there.
func Only(s, set string, most int) bool {
	return s != "" && len(s) <= most && strings.Trim(s, set) == ""
}

// IsUUID reports whether s looks like a UUID.
func IsUUID(s string) bool {
	return len(s) == 36 && strings.Count(s, "-") == 4 && Only(s, Digits+"abcdefABCDEF-", 36)
}

// BaseURL checks the URL of an API, and gives it without a slash at its end. what it is, as in "the Heroku API's
// URL", the example and the name of the secret that would be sent there are for the errors, which don't show a URL
// that may hold a password.
func BaseURL(what, s, example, secret string) (string, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "":
		return "", fmt.Errorf("%s is not one: it looks like %s", what, example)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", fmt.Errorf("%s has a user, a query or a fragment: it looks like %s", what, example)
	}
	return strings.TrimRight(u.String(), "/"), Encrypted(what, u, secret)
}

// Encrypted wants https, or http to this machine.
func Encrypted(what string, u *url.URL, secret string) error {
	switch {
	case u.Scheme == "http" && !Loopback(u.Hostname()):
		return fmt.Errorf("%s %s would send %s unencrypted: use https, or a loopback address such as 127.0.0.1",
			what, u.Redacted(), secret)
	case u.Scheme != "http" && u.Scheme != "https":
		return errors.New(what + " " + u.Redacted() + " starts with neither https:// nor http://")
	}
	return nil
}

// Loopback reports whether a host is this machine.
func Loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// Dialer makes what connects to an API.
func Dialer() *http.Transport {
	// One call at a time gains nothing from HTTP/2, and a connection of HTTP/1 that went dead goes with the first
	// call that finds out, instead of failing every later one.
	http1 := new(http.Protocols)
	http1.SetHTTP1(true)
	const timeout = 10 * time.Second
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: timeout}).DialContext,
		TLSHandshakeTimeout:    timeout,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		Protocols:              http1,
	}
}
