package dashboard

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/throttle"
)

const (
	sessionLength = 12 * time.Hour
	// Above it, a sign-in ends the oldest session.
	mostSessions = 1000
	longestName  = 60 // bytes
)

type visitor struct {
	name, addr string          // addr has no port
	session    string          // empty for programs and open pages
	until      time.Time       // end of the session
	ended      <-chan struct{} // closed when the session ends early; nil without one
	program    bool            // the request contains the token, so it needs no CSRF check
}

func (v visitor) by() string {
	if v.name != "" {
		return v.name + " (dashboard)"
	}
	return "somebody at " + v.addr + " (dashboard)"
}

func (d *Dashboard) visitor(r *http.Request, now time.Time) (v visitor, in bool) {
	v.addr = d.o.Throttle.Address(r)
	if d.open() {
		return v, true
	}
	if given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		v.program = d.o.Token != "" && same(given, d.o.Token)
		return v, v.program
	}
	c, err := r.Cookie(d.cookieName(r))
	if err != nil {
		return v, false
	}
	id, mac, _ := strings.Cut(c.Value, ".")
	if !same(mac, d.sessions.sign("session", id)) {
		return v, false
	}
	s, ok := d.sessions.get(id, now)
	if ok {
		v.name, v.session, v.until, v.ended = s.name, id, s.until, s.ended
	}
	return v, ok
}

// The time does not depend on the texts or their lengths.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

func (s *Sessions) sign(purpose, id string) string {
	return signed(s.key, purpose, id)
}

func signed(key []byte, purpose, id string) string {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(purpose + " " + id))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

func (d *Dashboard) token(v visitor) string { return d.sessions.sign("form", v.session) }

func (d *Dashboard) isToken(v visitor, token string) bool { return same(token, d.token(v)) }

// A client that sends a wrong X-Forwarded-Proto harms only itself.
func (d *Dashboard) secure(r *http.Request) bool {
	return d.o.Secure || r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"
}

// With the prefix __Host-, browsers refuse cookies set by another host or over HTTP.
func (d *Dashboard) cookieName(r *http.Request) string {
	if d.secure(r) {
		return "__Host-autoscalebot"
	}
	return "autoscalebot"
}

func (d *Dashboard) cookie(r *http.Request, suffix, value string, length time.Duration) *http.Cookie {
	return &http.Cookie{
		Name: d.cookieName(r) + suffix, Value: value, Path: "/", MaxAge: int(length.Seconds()),
		Secure: d.secure(r), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

type session struct {
	name  string
	until time.Time
	ended chan struct{} // closed at the sign-out
}

// Sessions are the signed-in visitors, in memory. Several pages may share them.
type Sessions struct {
	key      []byte            // signs the sessions; new in each process
	throttle *throttle.Limiter // for pages without their own

	mu   sync.Mutex
	byID map[string]session
}

// NewSessions returns empty Sessions.
func NewSessions() *Sessions {
	s := &Sessions{key: make([]byte, 32), byID: map[string]session{}}
	_, _ = rand.Read(s.key) // never fails
	return s
}

func (s *Sessions) limiter(log *slog.Logger) *throttle.Limiter {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.throttle == nil {
		s.throttle = throttle.New(throttle.Options{Log: log})
	}
	return s.throttle
}

func (s *Sessions) get(id string, now time.Time) (session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.byID[id]
	return found, ok && now.Before(found.until)
}

func (s *Sessions) begin(name string, now time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	oldest, first := "", time.Time{}
	for id, other := range s.byID {
		if !now.Before(other.until) {
			s.drop(id)
		} else if oldest == "" || other.until.Before(first) {
			oldest, first = id, other.until
		}
	}
	if len(s.byID) >= mostSessions {
		s.drop(oldest)
	}
	id := rand.Text()
	s.byID[id] = session{name: name, until: now.Add(sessionLength), ended: make(chan struct{})}
	return id
}

func (s *Sessions) end(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(id)
}

// The caller holds s.mu.
func (s *Sessions) drop(id string) {
	if found, ok := s.byID[id]; ok {
		delete(s.byID, id)
		close(found.ended)
	}
}
