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

// Redirects say which redirects a [Heartbeat] follows.
type Redirects string

const (
	// RedirectsSameHost follows redirects on the host that was asked for, with or without www., and takes a login page
	// or an error page at their end for a bad answer.
	RedirectsSameHost Redirects = "same-host"
	// RedirectsAny follows redirects wherever they lead, and takes whatever answers there.
	RedirectsAny Redirects = "any"
	// RedirectsNone follows none.
	RedirectsNone Redirects = "none"
)

func checkRedirects(r Redirects) (Redirects, error) {
	switch r {
	case "":
		return RedirectsSameHost, nil
	case RedirectsSameHost, RedirectsAny, RedirectsNone:
		return r, nil
	}
	return "", fmt.Errorf("heartbeat redirects %q is invalid: write same-host, any or none", string(r))
}

// A 304 doesn't ask to go elsewhere, nor does a 300.
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
	known         bool           // whether the target may know the secrets
	jar           http.CookieJar // of this visit alone; nil while no redirect has set a cookie
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
			"HEARTBEAT_REDIRECTS=none follows no redirect: give HEARTBEAT_URL the final address",
		}
	case t.h.redirects == RedirectsSameHost && !sameHost(t.target, next):
		return hinted{
			badAnswer("redirect to another host: " + t.h.shown(next)),
			"if the app answers there, give HEARTBEAT_URL that address; HEARTBEAT_REDIRECTS=any follows every redirect",
		}
	case followed == maxRedirects:
		return hinted{
			badAnswer(fmt.Sprintf("more than %d redirects", maxRedirects)),
			"do they lead in a circle? Give HEARTBEAT_URL the final address, with https:// and www. as the " +
				"app wants it",
		}
	}
	t.keep(resp)
	if resp.StatusCode <= http.StatusSeeOther && t.method != http.MethodHead {
		t.method = http.MethodGet // 301, 302 and 303, as every browser does it
	}
	t.known = t.known && mayKnow(t.target, next) // for good: a redirect back doesn't make the way there safe
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
	hint := "let HEARTBEAT_URL answer without a redirect; HEARTBEAT_REDIRECTS=any takes whatever page redirects end at"
	if what == "a login page" {
		hint = t.h.loginHint(t.known) + "; HEARTBEAT_REDIRECTS=any takes whatever page redirects end at"
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
		t.jar, _ = cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List}) // which cannot fail
	}
	t.jar.SetCookies(t.target, cookies)
}

// Its errors show nothing of the URL, as a server may put there what it was sent.
func (t *trail) destination(resp *http.Response) (*url.URL, error) {
	location := resp.Header.Get("Location")
	if location == "" {
		return nil, badAnswer(statusText(resp.StatusCode) + " that leads nowhere")
	}
	next, err := t.target.Parse(location)
	if err != nil {
		return nil, badAnswer("redirect to a URL that can't be read")
	}
	if err := checkTarget(next); err != nil {
		return nil, badAnswer("redirect to a URL that " + err.Error())
	}
	// which would end the request's line; browsers do the same
	next.RawQuery = strings.ReplaceAll(next.RawQuery, " ", "%20")
	return next, nil
}

// The other URL is on the same host and port, or on the same host made safe, on the usual ports.
func mayKnow(from, to *url.URL) bool {
	if !sameHost(from, to) {
		return false
	}
	if from.Scheme == to.Scheme {
		return port(from) == port(to)
	}
	return to.Scheme == "https" && port(from) == "80" && port(to) == "443"
}

// A name and the same with www. before it count as one: whoever owns the one owns the other.
func sameHost(a, b *url.URL) bool {
	return site(a.Hostname()) == site(b.Hostname())
}

// All ways to write a name share the form. It has no www. before it.
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

// A server may put into a URL what it was sent, so a path that holds a secret is left out.
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
