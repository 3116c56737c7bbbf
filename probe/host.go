package probe

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"golang.org/x/net/idna"
)

// The name for the Host header and the app's certificate, instead of the URL's.
type alias struct {
	host, name string                 // with its port, if any, and without
	transport  func() *http.Transport // uses that name for TLS
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// CheckHost checks a host name or an address, with or without a port.
func CheckHost(host string) error {
	u, err := url.Parse("http://" + host)
	if err != nil || u.Host != host || u.User != nil || u.Hostname() == "" {
		return errors.New("must be a host name such as www.example.com, without http:// and path")
	}
	if u.Port() != "" && !validPort(u.Port()) || strings.HasSuffix(host, ":") {
		return errors.New("has an invalid port: must be 1–65535")
	}
	_, err = idna.Lookup.ToASCII(u.Hostname())
	if err != nil && !plainName.MatchString(u.Hostname()) && net.ParseIP(u.Hostname()) == nil {
		return errors.New("must be a host name of letters, digits, dots and hyphens, such as www.example.com")
	}
	return nil
}

func (h *Heartbeat) setAlias(host string) error {
	if host == "" {
		return nil
	}
	if err := CheckHost(host); err != nil {
		return errors.New("heartbeat host: " + err.Error())
	}
	u := url.URL{Scheme: "https", Host: host}
	name, _, _ := net.SplitHostPort(hostPort(&u))
	h.alias = &alias{host: host, name: name, transport: sync.OnceValue(func() *http.Transport {
		t := h.transport.Clone()
		t.TLSClientConfig.ServerName = name
		_ = speakHTTP2(t) // it succeeded for the original
		return t
	})}
	return nil
}

// Redirects and cookies are judged by the URL that the app knows.
func (h *Heartbeat) named(target *url.URL) *url.URL {
	if h.alias == nil {
		return target
	}
	u := *target
	u.Host = h.alias.host
	return &u
}

type route struct {
	url   *url.URL
	host  string // of the Host header
	alias bool   // it goes to the heartbeat URL's host under another name
}

// Requests for the alias go to the heartbeat URL's host.
func (t *trail) route() route {
	a := t.h.alias
	if a == nil || !isName(t.target, a.name) {
		return route{url: t.target, host: headerHost(t.target)}
	}
	u := *t.target
	u.Host = net.JoinHostPort(t.asked.Hostname(), port(t.target))
	if port(t.target) == port(t.start) {
		u.Host = t.asked.Host
	}
	return route{&u, headerHost(t.target), true}
}

// net/http encodes a name with capitals, such as BÜCHER.example, in a form that no name server knows.
func headerHost(u *url.URL) string {
	if !strings.ContainsFunc(u.Host, func(c rune) bool { return c > 0x7f }) {
		return u.Host
	}
	ascii, err := idna.Lookup.ToASCII(u.Hostname())
	switch {
	case err != nil:
		return u.Host
	case u.Port() != "":
		return net.JoinHostPort(ascii, u.Port())
	}
	return ascii
}

func isName(u *url.URL, name string) bool {
	host, _, _ := net.SplitHostPort(hostPort(u))
	return strings.EqualFold(strings.TrimSuffix(host, "."), strings.TrimSuffix(name, "."))
}
