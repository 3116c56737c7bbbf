package dashboard

import (
	"net/http"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/throttle"
	"github.com/autoscalebot/autoscalebot/notify"
)

func (d *Dashboard) signInPage(w http.ResponseWriter, r *http.Request, v visitor) {
	if _, in := d.visitor(r, time.Now()); in {
		http.Redirect(w, r, d.home(), http.StatusSeeOther)
		return
	}
	d.render(w, r, http.StatusOK, signInPage(d.frame(v), ""))
}

func (d *Dashboard) signIn(w http.ResponseWriter, r *http.Request, v visitor) {
	now := time.Now()
	if d.open() {
		http.Redirect(w, r, d.home(), http.StatusSeeOther)
		return
	}
	ok, wait := d.check(d.client(r), now, r.PostForm.Get("password"))
	switch {
	case wait > 0:
		throttle.RetryAfter(w.Header(), wait)
		d.render(w, r, http.StatusTooManyRequests,
			signInPage(d.frame(v), "Too many wrong passwords. Wait a few seconds, then try again."))
		return
	case !ok:
		trouble := "Wrong password."
		if d.o.Password == "" {
			trouble = "Wrong token."
		}
		d.render(w, r, http.StatusUnauthorized, signInPage(d.frame(v), trouble))
		return
	}
	d.leave(v)
	name := notify.OneLine(r.PostForm.Get("name"), longestName)
	id := d.sessions.begin(name, now)
	d.o.Log.Info("a visitor signed in to the page", "name", name, "from", v.addr)
	http.SetCookie(w, d.cookie(r, "", id+"."+d.sessions.sign("session", id), sessionLength))
	d.remember(w, r)
	http.Redirect(w, r, d.home(), http.StatusSeeOther)
}

// The session's streams end too, on all pages.
func (d *Dashboard) signOut(w http.ResponseWriter, r *http.Request, v visitor) {
	d.leave(v)
	http.SetCookie(w, d.cookie(r, "", "", -time.Second))
	http.Redirect(w, r, d.home(), http.StatusSeeOther)
}

func (d *Dashboard) leave(v visitor) {
	if v.session != "" {
		d.sessions.end(v.session)
	}
}

// After too many wrong passwords, wait is the time to the next try. A right token needs no throttling.
func (d *Dashboard) check(c throttle.Client, now time.Time, given string) (ok bool, wait time.Duration) {
	if d.o.Password == "" && same(given, d.o.Token) {
		return true, 0
	}
	return d.o.Throttle.Try(c, now, func() bool { return d.o.Password != "" && same(given, d.o.Password) })
}
