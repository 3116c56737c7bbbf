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

// A request needs ADMIN_TOKEN or DASHBOARD_PASSWORD, as a bearer token or by basic authentication. If neither is set,
// the server listens only on a loopback address.
func guarded(s *settings.Settings, l *throttle.Limiter, next http.Handler) http.Handler {
	password, token := s.DashboardPassword.Reveal(), s.AdminToken.Reveal()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, ok := secretOf(r)
		// the token is too long to guess, so it is not throttled
		in, wait := s.Open() || same(given, token), time.Duration(0)
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

func secretOf(r *http.Request) (given string, ok bool) {
	if token, is := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); is {
		return token, true
	}
	_, given, ok = r.BasicAuth()
	return given, ok
}

// Without a password only requests for a loopback host are answered. Otherwise a foreign site could let its own name
// resolve to 127.0.0.1, and read the answers through a visitor's browser (DNS rebinding). Browsers always send a Host.
func sameHost(s *settings.Settings, next http.Handler) http.Handler {
	if !s.Open() || !dashboard.Loopback(s.ServeAddr()) {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "" && !dashboard.LoopbackHost(r.Host) {
			http.Error(w, "without a password, only requests to 127.0.0.1 or localhost are answered",
				http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// The comparison takes constant time for any length. An empty secret never matches.
func same(given, want string) bool {
	g, w := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(g[:], w[:]) == 1 && want != ""
}
