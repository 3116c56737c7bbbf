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

// Only reports whether s consists of 1 to most characters of the set. A text in the path of a URL must have no
// characters with a meaning there.
func Only(s, set string, most int) bool {
	return s != "" && len(s) <= most && strings.Trim(s, set) == ""
}

// IsUUID reports whether s looks like a UUID.
func IsUUID(s string) bool {
	return len(s) == 36 && strings.Count(s, "-") == 4 && Only(s, Digits+"abcdefABCDEF-", 36)
}

// BaseURL checks the URL of an API, and returns it without a trailing slash. what ("the Heroku API's URL"), the example
// and the name of the secret are for the errors, which do not show a URL that may hold a password.
func BaseURL(what, s, example, secret string) (string, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "":
		return "", fmt.Errorf("%s is invalid: must be like %s", what, example)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", fmt.Errorf("%s must not have a user, a query or a fragment: must be like %s", what, example)
	}
	return strings.TrimRight(u.String(), "/"), Encrypted(what, u, secret)
}

// Encrypted returns an error unless the URL is https, or http to this machine.
func Encrypted(what string, u *url.URL, secret string) error {
	switch {
	case u.Scheme == "http" && !Loopback(u.Hostname()):
		return fmt.Errorf("%s %s would send %s unencrypted: use https, or a loopback address such as 127.0.0.1",
			what, u.Redacted(), secret)
	case u.Scheme != "http" && u.Scheme != "https":
		return errors.New(what + " " + u.Redacted() + " must begin with https:// or http://")
	}
	return nil
}

// Loopback reports whether a host is this machine.
func Loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// Dialer returns the transport for connections to an API.
func Dialer() *http.Transport {
	// Calls are made one at a time, so HTTP/2 gains nothing. A dead HTTP/1 connection fails only one call, a dead
	// HTTP/2 connection every later one.
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
