// Package throttle bounds how often passwords and tokens can be guessed, whichever way they come in, without shutting out who knows them.
//
//	l := throttle.New(throttle.Options{Proxies: proxies, Log: log})
//	mux.Handle("/metrics/", l.Handler(pushed, nil)) // tokens, which the handler itself checks
//	ok, wait := l.Try(l.ClientOf(r), time.Now(), func() bool { return password == given })
package throttle

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// guessesAtOnce is how many wrong secrets one address may send at once, and then one more every guessPause. A device that signed in
	// before has as many of its own.
	guessesAtOnce = 10
	guessPause    = 6 * time.Second
	// allAtOnce and allPause bound the wrong secrets of all addresses together, but for those that sent a right one before.
	allAtOnce = 100
	allPause  = 600 * time.Millisecond
	// newAtOnce and newPause bound those of addresses that sent no wrong one for newAfter, once the bound on all is used up.
	newAtOnce = 30
	newPause  = 2 * time.Second
	newAfter  = time.Hour
	// mostClients bounds how many addresses and devices are remembered. The bound on all together holds for those that are forgotten.
	mostClients = 1000
	// knownFor is for how long an address is known that sent a right secret.
	knownFor = 30 * 24 * time.Hour

	// refusedText is what the log says of who is answered with 429.
	refusedText = "somebody is refused after too many wrong passwords or tokens"
)

// Options say where requests come from, and who is told of wrong secrets.
type Options struct {
	// Proxies are the addresses of proxies whose X-Forwarded-For header is believed. Without any, none is.
	Proxies []netip.Prefix
	// Log is told of wrong secrets: of a few one by one, and then once a minute. Nil is silent.
	Log *slog.Logger
}

// A Limiter counts wrong secrets, by address and in all. Its methods may be called from several goroutines at once.
type Limiter struct {
	proxies []netip.Prefix
	log     *slog.Logger

	mu       sync.Mutex
	clients  map[string]*client
	all, new *rate.Limiter

	logging log
}

// A client is an address or a device that sent a secret.
type client struct {
	left  *rate.Limiter
	known time.Time // when it last sent a right one
	wrong time.Time // when it last sent a wrong one that was looked at
}

// New makes a Limiter that has counted nothing.
func New(o Options) *Limiter {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Limiter{
		proxies: o.Proxies, log: o.Log, clients: map[string]*client{},
		logging: log{kinds: map[string]*kind{}},
		all:     rate.NewLimiter(rate.Every(allPause), allAtOnce), new: rate.NewLimiter(rate.Every(newPause), newAtOnce),
	}
}

// A Client is who sends a secret.
type Client struct {
	// Addr is the address.
	Addr string
	// Device names a device that is known by something nobody can make up, such as a signed cookie. What it sends counts for it alone,
	// so that the guesses of others at its address do not keep it out. "" is none.
	Device string
}

// key is what the client is remembered by. An address of IPv6 counts with its network, as one machine has many.
func (c Client) key() string {
	if c.Device != "" {
		return "device " + c.Device
	}
	if ip, err := netip.ParseAddr(c.Addr); err == nil && ip.Is6() && !ip.Is4In6() {
		if network, err := ip.WithZone("").Prefix(64); err == nil {
			return network.String()
		}
	}
	return c.Addr
}

// ClientOf is who sent a request, by its address.
func (l *Limiter) ClientOf(r *http.Request) Client { return Client{Addr: l.Address(r)} }

// Address is where a request comes from: the address of the connection, or where that is a trusted proxy's, the last address in
// X-Forwarded-For that is not.
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

// trusts says whether an address is a proxy's whose header is believed.
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

// parseHop reads an address of X-Forwarded-For, which may have a port.
func parseHop(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if at, err := netip.ParseAddrPort(text); err == nil {
		return at.Addr().Unmap().String(), true
	}
	ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	return ip.Unmap().String(), err == nil
}

// Try asks right whether a secret is, unless the client sent too many wrong ones lately; wait is then how long until it may try again.
// One lock holds all tries apart, so that many at once are not more than the bounds allow.
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

func (l *Limiter) try(c Client, now time.Time, right func() bool) (ok bool, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	one, bounds := l.bounds(c, now)
	for _, b := range bounds {
		wait = max(wait, untilNext(b, now))
	}
	if wait > 0 {
		return false, wait
	}
	if right() {
		one.known = now
		l.keep(c, one, now)
		return true, 0
	}
	for _, b := range bounds {
		b.AllowN(now, 1)
	}
	one.wrong = now
	l.keep(c, one, now)
	return false, 0
}

// bounds are what a try of a client counts for. l.mu is held.
func (l *Limiter) bounds(c Client, now time.Time) (*client, []*rate.Limiter) {
	one := l.clients[c.key()]
	if one == nil {
		one = &client{left: rate.NewLimiter(rate.Every(guessPause), guessesAtOnce)}
	}
	switch {
	case c.Device != "", !one.known.IsZero() && now.Sub(one.known) < knownFor:
		return one, []*rate.Limiter{one.left}
	case l.all.TokensAt(now) < 1 && one.isNew(now):
		return one, []*rate.Limiter{one.left, l.new}
	}
	return one, []*rate.Limiter{one.left, l.all}
}

// isNew says whether a client sent no wrong secret lately.
func (c *client) isNew(now time.Time) bool { return c.wrong.IsZero() || now.Sub(c.wrong) > newAfter }

// untilNext is how long a bound refuses, 0 if it does not.
func untilNext(b *rate.Limiter, now time.Time) time.Duration {
	lacks := 1 - b.TokensAt(now)
	if lacks <= 0 {
		return 0
	}
	return max(time.Millisecond, time.Duration(lacks/float64(b.Limit())*float64(time.Second)))
}

// keep remembers a client. Where there are too many it forgets those that count for nothing, then any that is not known, then any.
// l.mu is held.
func (l *Limiter) keep(c Client, one *client, now time.Time) {
	key := c.key()
	if _, there := l.clients[key]; there {
		return
	}
	if len(l.clients) >= mostClients {
		l.forget(now)
	}
	l.clients[key] = one
}

func (l *Limiter) forget(now time.Time) {
	for _, goes := range []func(*client) bool{
		func(o *client) bool { return o.known.IsZero() && o.isNew(now) },
		func(o *client) bool { return o.known.IsZero() },
		func(*client) bool { return true },
	} {
		for key, other := range l.clients {
			if len(l.clients) < mostClients*9/10 {
				return
			}
			if goes(other) {
				delete(l.clients, key)
			}
		}
	}
}
