package dashboard

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/autoscalebot/autoscalebot/notify"
)

const (
	// guessesAtOnce is how many wrong passwords one address may send at once, and then one more every guessPause.
	guessesAtOnce = 10
	guessPause    = 6 * time.Second
	// allAtOnce and allPause bound the wrong passwords of all addresses together in the same way.
	allAtOnce = 100
	allPause  = 600 * time.Millisecond
	// mostGuessers bounds how many addresses are remembered; the bound on all together holds for those that are forgotten.
	mostGuessers = 1000
)

// guesses count wrong passwords.
type guesses struct {
	mu   sync.Mutex
	from map[string]*rate.Limiter
	all  *rate.Limiter
}

func newGuesses() guesses {
	return guesses{from: map[string]*rate.Limiter{}, all: rate.NewLimiter(rate.Every(allPause), allAtOnce)}
}

// try asks right whether a password is, unless too many were wrong lately. One lock holds all guesses apart, so that many at once
// are not more than the bound allows.
func (g *guesses) try(addr string, now time.Time, right func() bool) (ok, tooMany bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	one := g.from[addr]
	if one == nil {
		one = rate.NewLimiter(rate.Every(guessPause), guessesAtOnce)
	}
	if one.TokensAt(now) < 1 || g.all.TokensAt(now) < 1 {
		return false, true
	}
	if right() {
		return true, false
	}
	one.AllowN(now, 1)
	g.all.AllowN(now, 1)
	if len(g.from) >= mostGuessers {
		clear(g.from)
	}
	g.from[addr] = one
	return false, false
}

// signInPage shows the form to sign in with.
func (d *Dashboard) signInPage(w http.ResponseWriter, r *http.Request, v visitor) {
	if _, in := d.visitor(r, time.Now()); in {
		http.Redirect(w, r, d.home(), http.StatusSeeOther)
		return
	}
	d.render(w, r, http.StatusOK, signInPage(d.frame(v), ""))
}

// signIn lets somebody in who knows the password.
func (d *Dashboard) signIn(w http.ResponseWriter, r *http.Request, v visitor) {
	now := time.Now()
	if d.open() {
		http.Redirect(w, r, d.home(), http.StatusSeeOther)
		return
	}
	want := d.o.Password
	if want == "" {
		want = d.o.Token
	}
	ok, tooMany := d.sessions.guesses.try(v.addr, now, func() bool { return same(r.PostForm.Get("password"), want) })
	switch {
	case tooMany:
		w.Header().Set("Retry-After", strconv.Itoa(int(guessPause.Seconds())))
		d.o.Log.Warn("sign-in refused after too many wrong passwords", "from", v.addr)
		d.render(w, r, http.StatusTooManyRequests, signInPage(d.frame(v), "Too many wrong passwords. Wait a minute, and try again."))
		return
	case !ok:
		d.o.Log.Warn("somebody tried to sign in with a wrong password", "from", v.addr)
		d.render(w, r, http.StatusUnauthorized, signInPage(d.frame(v), "That is not the password."))
		return
	}
	d.leave(v)
	name := notify.OneLine(r.PostForm.Get("name"), longestName)
	id := d.sessions.begin(name, now)
	d.o.Log.Info("somebody signed in", "name", name, "from", v.addr)
	http.SetCookie(w, d.cookie(r, id+"."+d.sessions.sign("session", id), int(sessionLength.Seconds())))
	http.Redirect(w, r, d.home(), http.StatusSeeOther)
}

// signOut ends the visitor's session, and with it the streams that it opened, those of other pages too.
func (d *Dashboard) signOut(w http.ResponseWriter, r *http.Request, v visitor) {
	d.leave(v)
	http.SetCookie(w, d.cookie(r, "", -1))
	http.Redirect(w, r, d.home(), http.StatusSeeOther)
}

// leave ends the visitor's session, if there is one.
func (d *Dashboard) leave(v visitor) {
	if v.session != "" {
		d.sessions.end(v.session)
	}
}
