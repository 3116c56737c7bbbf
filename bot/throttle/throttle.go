// Package throttle limits guesses of passwords and tokens across all endpoints, without locking out people who know
// them.
//
//	l := throttle.New(throttle.Options{Proxies: proxies, Log: log})
//	mux.Handle("/metrics/", l.Handler(pushed, nil)) // the handler checks tokens itself
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

const refusedText = "a client is refused after too many wrong passwords or tokens"

// Options are the settings of a [Limiter]. The zero value is ready to use.
type Options struct {
	// Proxies are the addresses of trusted proxies, whose X-Forwarded-For header counts. Without any, the header is
	// ignored.
	Proxies []netip.Prefix
	// Log receives wrong secrets: the first 10 one by one, then once a minute. Nil discards them.
	Log *slog.Logger
}

// A Limiter counts wrong secrets by client, by address and in total. It may be used from several goroutines.
type Limiter struct {
	proxies []netip.Prefix
	log     *slog.Logger

	mu       sync.Mutex
	lots     *rand.Rand
	clients  map[string]*client
	all, new *bound

	logging log
}

// New returns a Limiter without any counts.
func New(o Options) *Limiter {
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	return &Limiter{
		proxies: o.Proxies, log: o.Log, lots: rand.New(rand.NewPCG(1, 2)), clients: map[string]*client{},
		logging: log{kinds: map[string]*kind{}},
		all:     newBound(allAtOnce, allPause), new: newBound(newAtOnce, newPause),
	}
}

// A Client is the sender of a secret.
type Client struct {
	// Addr is its IP address.
	Addr string
	// Agent is its program, such as the header User-Agent. Programs at one address are counted separately, so that one
	// that guesses does not lock out a browser.
	Agent string
	// Device identifies a device by something unforgeable, such as a signed cookie; empty for an unknown device. A
	// device is counted alone, so that guesses from its address do not lock it out.
	Device string
}

// ClientOf returns the sender of a request, with its address and User-Agent.
func (l *Limiter) ClientOf(r *http.Request) Client {
	return Client{Addr: l.Address(r), Agent: r.UserAgent()}
}

// Address returns the client's IP address: the connection's, or, behind a trusted proxy, the last address in
// X-Forwarded-For that is not a trusted proxy.
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

// A hop may have a port.
func parseHop(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if at, err := netip.ParseAddrPort(text); err == nil {
		return at.Addr().Unmap().String(), true
	}
	ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	return ip.Unmap().String(), err == nil
}

// Try calls right to check a secret, unless the client sent too many wrong ones recently. Then ok is false and wait is
// the time after which a try certainly passes if no other client tries. One lock covers all tries, so that parallel
// ones do not exceed the limits.
func (l *Limiter) Try(c Client, now time.Time, right func() bool) (ok bool, wait time.Duration) {
	ok, wait = l.try(c, now, right)
	switch {
	case wait > 0:
		l.Refused(c, now, refusedText)
	case !ok:
		l.Refused(c, now, "a client sent a wrong password or token")
	}
	return ok, wait
}
