package service

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/dashboard"
	"github.com/autoscalebot/autoscalebot/bot/throttle"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// guarded lets through whoever knows the token or the password, as a bearer token or by basic authentication. Where
// there is neither, only this machine can ask.
func guarded(s *settings.Settings, l *throttle.Limiter, next http.Handler) http.Handler {
	password, token := s.DashboardPassword.Reveal(), s.AdminToken.Reveal()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, ok := secretOf(r)
		in, wait := s.Open() || same(given, token), time.Duration(0) // the token is too long to be guessed
		if !in && ok {
			in, wait = l.Try(l.ClientOf(r), time.Now(), func() bool { return same(given, password) })
		}
		switch {
		case in:
			next.ServeHTTP(w, r)
		case wait > 0:
			throttle.RetryAfter(w.Header(), wait)
			http.Error(w, throttle.TooMany, http.StatusTooManyRequests)
		default:
			w.Header().Set("WWW-Authenticate", `Basic realm="autoscalebot"`)
			http.Error(w, "send ADMIN_TOKEN as a bearer token, or DASHBOARD_PASSWORD by basic authentication",
				http.StatusUnauthorized)
		}
	})
}

// secretOf is the bearer token of a request, or its password by basic authentication. ok is false where it carries
// neither.
func secretOf(r *http.Request) (given string, ok bool) {
	if token, is := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); is {
		return token, true
	}
	_, given, ok = r.BasicAuth()
	return given, ok
}

// sameHost answers only requests for a loopback address, or for the host of DASHBOARD_ADDR, where nobody has to sign
// in: somebody else's site may give a name of its own this machine's loopback address, and have a visitor's browser ask
// there. A request without a Host is not a browser's.
func sameHost(s *settings.Settings, next http.Handler) http.Handler {
	if !s.Open() || !dashboard.Loopback(s.ServeAddr()) {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "" && !dashboard.LoopbackHost(r.Host) {
			http.Error(w, "without a password this is answered only at 127.0.0.1 or localhost",
				http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// same compares a secret in constant time, whatever its length. "" is no secret.
func same(given, want string) bool {
	g, w := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(g[:], w[:]) == 1 && want != ""
}
