// Package throttle bounds how often passwords and tokens can be guessed, whichever way they come in, without shutting
// out who knows them.
//
//	l := throttle.New(throttle.Options{Proxies: proxies, Log: log})
//	mux.Handle("/metrics/", l.Handler(pushed, nil)) // tokens, which the handler itself checks
//	ok, wait := l.Try(l.ClientOf(r), time.Now(), func() bool { return password == given })
package throttle

import (
	"cmp"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

const refusedText = "somebody is refused after too many wrong passwords or tokens"

// Options say where requests come from, and who is told of wrong secrets.
type Options struct {
	// Proxies are the addresses of proxies whose X-Forwarded-For header is believed. Without any, none is.
	Proxies []netip.Prefix
	// Log is told of wrong secrets: of a few one by one, and then once a minute. Nil is silent.
	Log *slog.Logger
}

// A Limiter counts wrong secrets, by sender, by address and in all. Its methods may be called from several goroutines
// at once.
type Limiter struct {
	proxies []netip.Prefix
	log     *slog.Logger

	mu       sync.Mutex
	lots     *rand.Rand
	clients  map[string]*client
	all, new *bound

	logging log
}

// New makes a Limiter that has counted nothing.
func New(o Options) *Limiter {
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	return &Limiter{
		proxies: o.Proxies, log: o.Log, lots: rand.New(rand.NewPCG(1, 2)), clients: map[string]*client{},
		logging: log{kinds: map[string]*kind{}},
		all:     newBound(allAtOnce, allPause), new: newBound(newAtOnce, newPause),
	}
}

// A Client is who sends a secret.
type Client struct {
	// Addr is the address.
	Addr string
	// Agent is the program that it says it is, such as the header User-Agent. Those at one address are counted apart,
	// so that a program that guesses does not keep a browser out.
	Agent string
	// Device names a device that is known by something nobody can make up, such as a signed cookie. What it sends
	// counts for it alone, so that the guesses of others at its address do not keep it out. "" is none.
	Device string
}

// ClientOf is who sent a request, by its address and its User-Agent.
func (l *Limiter) ClientOf(r *http.Request) Client {
	return Client{Addr: l.Address(r), Agent: r.UserAgent()}
}

// Address is where a request comes from: the address of the connection, or where that is a trusted proxy's, the last
// address in X-Forwarded-For that is not.
func (l *Limiter) Address(r *http.Request) string {
	from, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && l.trusts(from); i-- {
		hop, ok := parseHop(hops[i])
		if !ok {
			break
		}
		from = hop
	}
	return from
}

func (l *Limiter) trusts(addr string) bool {
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return false
	}
	for _, p := range l.proxies {
		if p.Contains(ip.Unmap().WithZone("")) {
			return true
		}
	}
	return false
}

// It may have a port.
func parseHop(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if at, err := netip.ParseAddrPort(text); err == nil {
		return at.Addr().Unmap().String(), true
	}
	ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	return ip.Unmap().String(), err == nil
}

// Try asks right whether a secret is, unless the client sent too many wrong ones lately; wait is then how long until it
// surely may, if nobody else tries. One lock holds all tries apart, so that many at once are not more than the bounds
// allow.
func (l *Limiter) Try(c Client, now time.Time, right func() bool) (ok bool, wait time.Duration) {
	ok, wait = l.try(c, now, right)
	switch {
	case wait > 0:
		l.Refused(c, now, refusedText)
	case !ok:
		l.Refused(c, now, "somebody sent a wrong password or token")
	}
	return ok, wait
}
