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
	// One more signs out who has been in longest.
	mostSessions = 1000
	longestName  = 60 // bytes
)

type visitor struct {
	// addr is without the port.
	name, addr string
	// "" for a program and where nobody signs in
	session string
	// until is when the session ends, and ended is closed when it does sooner; zero and nil where there is none.
	until time.Time
	ended <-chan struct{}
	// The request carries the token itself, so no browser can be made to send it.
	program bool
}

// It names the visitor in what the bot keeps of a pause or an override.
func (v visitor) by() string {
	if v.name != "" {
		return v.name + " on the page"
	}
	return "somebody on the page, from " + v.addr
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

// in constant time, whatever their lengths
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

// The page's forms carry it to show that they are the page's.
func (d *Dashboard) token(v visitor) string { return d.sessions.sign("form", v.session) }

func (d *Dashboard) isToken(v visitor, token string) bool { return same(token, d.token(v)) }

// As far as can be known. A header that lies about HTTPS harms only who sends it.
func (d *Dashboard) secure(r *http.Request) bool {
	return d.o.Secure || r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"
}

// Where there is HTTPS, browsers refuse a cookie that another host or a plain connection has planted.
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
	ended chan struct{} // closed when somebody signs out
}

// Sessions are who has signed in, in memory. Several pages may share them.
type Sessions struct {
	key      []byte            // signs the sessions, and is forgotten with the process
	throttle *throttle.Limiter // where the pages are given none

	mu   sync.Mutex
	byID map[string]session
}

// NewSessions makes Sessions with nobody signed in.
func NewSessions() *Sessions {
	s := &Sessions{key: make([]byte, 32), byID: map[string]session{}}
	_, _ = rand.Read(s.key) // never fails
	return s
}

// for pages that are given none
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

// s.mu is held.
func (s *Sessions) drop(id string) {
	if found, ok := s.byID[id]; ok {
		delete(s.byID, id)
		close(found.ended)
	}
}
