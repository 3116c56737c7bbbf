package probe

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// Redirects select which redirects a [Heartbeat] follows.
type Redirects string

const (
	// RedirectsSameHost follows redirects on the requested host, with or without www. A login page or an error page at
	// their end is a bad answer.
	RedirectsSameHost Redirects = "same-host"
	// RedirectsAny follows all redirects and accepts any page at their end.
	RedirectsAny Redirects = "any"
	// RedirectsNone follows no redirects.
	RedirectsNone Redirects = "none"
)

const acceptAny = "HEARTBEAT_REDIRECTS=any accepts any page at the end of redirects."

func checkRedirects(r Redirects) (Redirects, error) {
	switch r {
	case "":
		return RedirectsSameHost, nil
	case RedirectsSameHost, RedirectsAny, RedirectsNone:
		return r, nil
	}
	return "", fmt.Errorf("invalid heartbeat redirects %q: must be same-host, any or none", string(r))
}

// A 300 or 304 does not redirect.
func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

type trail struct {
	h             *Heartbeat
	asked         *url.URL // as it is reached
	start, target *url.URL // as the app knows them
	method        string
	known         bool           // the target may receive the secrets
	jar           http.CookieJar // of this visit; nil before a redirect sets a cookie
}

func (h *Heartbeat) trail(target *url.URL) *trail {
	start := h.named(target)
	return &trail{h: h, asked: target, start: start, target: start, method: h.method, known: true}
}

func (t *trail) follow(resp *http.Response, followed int) error {
	next, err := t.destination(resp)
	switch {
	case err != nil:
		return err
	case t.h.redirects == RedirectsNone:
		return hinted{
			badAnswer(fmt.Sprintf("%s: redirect to %s", statusText(resp.StatusCode), t.h.shown(next))),
			"Set HEARTBEAT_URL to the final address. HEARTBEAT_REDIRECTS=none follows no redirects.",
		}
	case t.h.redirects == RedirectsSameHost && !sameHost(t.target, next):
		return hinted{
			badAnswer("redirect to another host: " + t.h.shown(next)),
			"If the app answers there, set HEARTBEAT_URL to that address. HEARTBEAT_REDIRECTS=any follows " +
				"all redirects.",
		}
	case followed == maxRedirects:
		return hinted{
			badAnswer(fmt.Sprintf("more than %d redirects", maxRedirects)),
			"Check for a redirect loop. Set HEARTBEAT_URL to the final address, with https:// and www. if " +
				"the app uses them.",
		}
	}
	t.keep(resp)
	if resp.StatusCode <= http.StatusSeeOther && t.method != http.MethodHead {
		t.method = http.MethodGet // 301, 302 and 303, as in browsers
	}
	t.known = t.known && mayKnow(t.target, next) // permanently: a redirect back does not make the way there safe
	t.target = next
	return nil
}

func (t *trail) ended() error {
	what := ""
	switch {
	case t.target == t.start || t.h.redirects == RedirectsAny:
		return nil
	case !isLogin(t.start) && isLogin(t.target), leadsBack(t.target, t.start):
		what = "a login page"
	case !isError(t.start) && isError(t.target):
		what = "an error page"
	default:
		return nil
	}
	hint := "Set HEARTBEAT_URL to a page that answers without a redirect. " + acceptAny
	if what == "a login page" {
		hint = t.h.loginHint(t.known) + " " + acceptAny
	}
	return hinted{badAnswer(fmt.Sprintf("redirect to what looks like %s: %s", what, t.h.shown(t.target))), hint}
}

func (t *trail) header() http.Header {
	header := t.h.plain
	if t.known {
		header = t.h.secret
	}
	if t.jar == nil {
		return header
	}
	cookies := t.jar.Cookies(t.target)
	if len(cookies) == 0 {
		return header
	}
	header = header.Clone()
	kept := slices.DeleteFunc((&http.Request{Header: header}).Cookies(), func(own *http.Cookie) bool {
		return slices.ContainsFunc(cookies, func(c *http.Cookie) bool { return c.Name == own.Name })
	})
	header.Del("Cookie")
	req := http.Request{Header: header}
	for _, c := range append(kept, cookies...) {
		req.AddCookie(c)
	}
	return header
}

func (t *trail) keep(resp *http.Response) {
	cookies := resp.Cookies()
	if len(cookies) == 0 {
		return
	}
	if t.jar == nil {
		t.jar, _ = cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List}) // never fails
	}
	t.jar.SetCookies(t.target, cookies)
}

// Errors quote nothing of the URL, because a server may echo a secret in it.
func (t *trail) destination(resp *http.Response) (*url.URL, error) {
	location := resp.Header.Get("Location")
	if location == "" {
		return nil, badAnswer(statusText(resp.StatusCode) + " without a Location")
	}
	next, err := t.target.Parse(location)
	if err != nil {
		return nil, badAnswer("redirect to an invalid URL")
	}
	if err := checkTarget(next); err != nil {
		return nil, badAnswer("redirect to a URL that " + err.Error())
	}
	// a space would end the request line; browsers do the same
	next.RawQuery = strings.ReplaceAll(next.RawQuery, " ", "%20")
	return next, nil
}

// True for the same host and port, and for the step from http to https on the default ports.
func mayKnow(from, to *url.URL) bool {
	if !sameHost(from, to) {
		return false
	}
	if from.Scheme == to.Scheme {
		return port(from) == port(to)
	}
	return to.Scheme == "https" && port(from) == "80" && port(to) == "443"
}

// With or without www. is the same host: it has the same owner.
func sameHost(a, b *url.URL) bool {
	return site(a.Hostname()) == site(b.Hostname())
}

// The canonical form of a host, without www.
func site(host string) string {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.String()
	}
	host = strings.TrimSuffix(host, ".")
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		host = ascii
	}
	host = strings.ToLower(host)
	if rest, ok := strings.CutPrefix(host, "www."); ok && strings.Contains(rest, ".") {
		return rest
	}
	return host
}

// A server may echo a secret in a URL, so a path that holds one is left out.
func (h *Heartbeat) shown(u *url.URL) string {
	text := u.Scheme + "://" + u.Host
	path := cmp.Or(u.Path, "/")
	if h.holdsSecret(text + path) {
		path = "/…"
	}
	if h.holdsSecret(text) {
		return "…"
	}
	return short(text + path)
}

func (h *Heartbeat) holdsSecret(text string) bool {
	return slices.ContainsFunc(h.secrets, func(s string) bool { return strings.Contains(text, s) })
}
