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
	maxBody  = 4 << 10 // bytes of a form. The longest right one has a few hundred
	maxQuery = 1 << 10 // bytes behind the question mark
)

// The page loads what it brings along, talks to its own server, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; " +
	"base-uri 'none'; frame-ancestors 'none'"

type route struct {
	answer func(w http.ResponseWriter, r *http.Request, v visitor)
	// Nobody needs to sign in for it.
	public bool
}

// below the base
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
		"/sign-in": {
			http.MethodGet:  {answer: d.signInPage, public: true},
			http.MethodHead: {answer: d.signInPage, public: true},
			http.MethodPost: {answer: d.signIn, public: true},
		},
		"/sign-out": post(d.signOut),
	}
	if d.o.Controls != nil {
		paths["/pause"], paths["/resume"] = post(d.pause), post(d.resume)
		paths["/override"], paths["/end-override"] = post(d.override), post(d.endOverride)
	}
	return paths
}

// ServeHTTP answers one request. Its server is expected to bound the time and the header of a request, as [Serve] does.
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
		// Somebody else's site may give a name of its own this machine's loopback address, and ask in the name of who
		// looks at it.
		d.refuse(w, r, http.StatusMisdirectedRequest,
			"without a password this page is shown only at 127.0.0.1 or localhost")
		return
	}
	if len(r.URL.RawQuery) > maxQuery {
		d.refuse(w, r, http.StatusRequestURITooLong, "the address is too long")
		return
	}
	at, ok := strings.CutPrefix(r.URL.Path, d.o.Base)
	if name, found := strings.CutPrefix(at, assetsPath); ok && found {
		d.asset(w, r, name)
		return
	}
	methods, found := d.routes[at]
	if !ok || !found {
		d.refuse(w, r, http.StatusNotFound, "there is nothing here")
		return
	}
	way, ok := methods[r.Method]
	if !ok {
		h.Set("Allow", strings.Join(slices.Sorted(maps.Keys(methods)), ", "))
		d.refuse(w, r, http.StatusMethodNotAllowed, "this cannot be asked for in this way")
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

// Else a form comes from somebody else's page in the visitor's name.
func (d *Dashboard) own(w http.ResponseWriter, r *http.Request, v visitor, way route) bool {
	if err := r.ParseForm(); err != nil {
		d.refuse(w, r, http.StatusBadRequest, "the form is too long or cannot be read")
		return false
	}
	if err := d.foreign.Check(r); err != nil || !way.public && !d.isToken(v, r.PostForm.Get("csrf")) {
		d.o.Throttle.Refused(d.o.Throttle.ClientOf(r), time.Now(),
			"somebody sent a form that did not come from the page")
		d.refuse(w, r, http.StatusForbidden,
			"this form did not come from the page; load the page again, and try once more")
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
		d.o.Throttle.Refused(d.o.Throttle.ClientOf(r), time.Now(), "somebody sent a wrong token to the page")
	}
	if d.o.Token != "" {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	d.refuse(w, r, http.StatusUnauthorized, "sign in first")
}

func (d *Dashboard) home() string { return d.o.Base + "/" }

func (d *Dashboard) refuse(w http.ResponseWriter, _ *http.Request, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // to somebody who may have hung up
}

// Loopback says whether an address to listen on, such as "127.0.0.1:8080", can be reached from this machine alone. An
// address without a host can be reached from everywhere.
func Loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	return err == nil && isLoopback(host)
}

// LoopbackHost says whether the Host of a request, with a port or without, names this machine's loopback address.
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
