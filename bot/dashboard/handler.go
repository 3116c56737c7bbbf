package dashboard

import (
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

const (
	maxBody  = 4 << 10 // bytes of a form; the longest valid one has a few hundred
	maxQuery = 1 << 10 // bytes after the question mark
)

// The page loads its own assets, and talks only to its own server.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

type route struct {
	answer func(w http.ResponseWriter, r *http.Request, v visitor)
	public bool // no sign-in needed
}

// The paths are relative to the base.
func (d *Dashboard) paths() map[string]map[string]route {
	get := func(f func(http.ResponseWriter, *http.Request, visitor)) map[string]route {
		return map[string]route{http.MethodGet: {answer: f}, http.MethodHead: {answer: f}}
	}
	post := func(f func(http.ResponseWriter, *http.Request, visitor)) map[string]route {
		return map[string]route{http.MethodPost: {answer: f}}
	}
	paths := map[string]map[string]route{
		"/":          get(d.page),
		"/stream":    get(d.stream),
		"/series":    get(d.series),
		"/money":     get(d.moneyPart),
		"/decisions": get(d.decisionsPart),
		"/jump":      get(d.jump),
		"/signals":   get(d.signalSeries),
		"/sign-in": {
			http.MethodGet:  {answer: d.signInPage, public: true},
			http.MethodHead: {answer: d.signInPage, public: true},
			http.MethodPost: {answer: d.signIn, public: true},
		},
		"/sign-out": post(d.signOut),
	}
	if d.o.Files != nil {
		paths["/export"], paths["/report"] = get(d.export), get(d.report)
	}
	if d.o.Controls != nil {
		paths["/pause"], paths["/resume"] = post(d.pause), post(d.resume)
		paths["/override"], paths["/end-override"] = post(d.override), post(d.endOverride)
		paths["/limits"], paths["/end-limits"] = post(d.setLimits), post(d.endLimits)
	}
	if d.testsNotices() {
		paths["/test-notices"] = post(d.testNotices)
	}
	return paths
}

// ServeHTTP serves the page. The server must limit the time and the headers of requests, as [Serve] does.
func (d *Dashboard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if d.open() && !LoopbackHost(r.Host) {
		// DNS rebinding: another site may point its own name at this machine's loopback address, and send requests from
		// a visitor's browser.
		d.refuse(w, r, http.StatusMisdirectedRequest,
			"without a password, this page is available only at 127.0.0.1 or localhost")
		return
	}
	if len(r.URL.RawQuery) > maxQuery {
		d.refuse(w, r, http.StatusRequestURITooLong, "the URL is too long")
		return
	}
	at, ok := strings.CutPrefix(r.URL.Path, d.o.Base)
	if name, found := strings.CutPrefix(at, assetsPath); ok && found {
		d.asset(w, r, name)
		return
	}
	methods, found := d.routes[at]
	if !ok || !found {
		d.refuse(w, r, http.StatusNotFound, "page not found")
		return
	}
	way, ok := methods[r.Method]
	if !ok {
		h.Set("Allow", strings.Join(slices.Sorted(maps.Keys(methods)), ", "))
		d.refuse(w, r, http.StatusMethodNotAllowed, "method not allowed")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	v, in := d.visitor(r, time.Now())
	if !in && !way.public {
		d.o.Throttle.Handler(http.HandlerFunc(d.turnAway), nil).ServeHTTP(w, r)
		return
	}
	if r.Method == http.MethodPost && !v.program && !d.own(w, r, v, way) {
		return
	}
	way.answer(w, r, v)
}

// It refuses forms that another site's page sends from the visitor's browser.
func (d *Dashboard) own(w http.ResponseWriter, r *http.Request, v visitor, way route) bool {
	if err := r.ParseForm(); err != nil {
		d.refuse(w, r, http.StatusBadRequest, "the form is invalid or too long")
		return false
	}
	if err := d.foreign.Check(r); err != nil || !way.public && !d.isToken(v, r.PostForm.Get("csrf")) {
		d.o.Throttle.Refused(d.o.Throttle.ClientOf(r), time.Now(),
			"a client sent a form that did not come from the page")
		d.refuse(w, r, http.StatusForbidden, "this form did not come from the page; reload the page and try again")
		return false
	}
	return true
}

func (d *Dashboard) turnAway(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == d.home() && (r.Method == http.MethodGet || r.Method == http.MethodHead) &&
		r.Header.Get("Authorization") == "" {
		http.Redirect(w, r, d.home()+"sign-in", http.StatusSeeOther)
		return
	}
	if r.Header.Get("Authorization") != "" {
		d.o.Throttle.Refused(d.o.Throttle.ClientOf(r), time.Now(), "a client sent a wrong token to the page")
	}
	if d.o.Token != "" {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	d.refuse(w, r, http.StatusUnauthorized, "sign in first")
}

func (d *Dashboard) home() string { return d.o.Base + "/" }

// Loopback reports whether only this machine can reach the listening address addr, such as "127.0.0.1:8080". It is
// false for an address without a host.
func Loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	return err == nil && isLoopback(host)
}

// LoopbackHost reports whether the Host of a request, with or without a port, is a loopback address or localhost.
func LoopbackHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return isLoopback(strings.Trim(host, "[]"))
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
