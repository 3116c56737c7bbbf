package throttle

import (
	"crypto/sha256"
	"math/rand/v2"
	"net/netip"
	"time"

	"golang.org/x/time/rate"
)

const (
	// Wrong secrets of a program at an address, or of a device.
	agentAtOnce = 10
	agentPause  = 2 * time.Second
	// Wrong secrets of all programs at an address.
	addrAtOnce = 20
	addrPause  = time.Second
	// Wrong secrets of all addresses, except those that sent a right one before.
	allAtOnce = 100
	allPause  = 600 * time.Millisecond
	// Wrong secrets of all addresses that sent none for newAfter, once half of allAtOnce is used.
	newAtOnce = 30
	newPause  = 2 * time.Second
	newAfter  = time.Hour
	// Remembered clients. The limit of all addresses covers the forgotten ones.
	mostClients = 1000
	knownFor    = 30 * 24 * time.Hour // for an address that sent a right secret
)

type bound struct {
	*rate.Limiter
	usedUp bool // until it is half full again
}

func newBound(atOnce int, pause time.Duration) *bound {
	return &bound{Limiter: rate.NewLimiter(rate.Every(pause), atOnce)}
}

// It is 0 if a try passes, or else the time after which a try certainly does. After the bound is used up and before
// half of it is free again, tries pass at random, with a chance of left / half. Otherwise a client that guesses all the
// time would take every free try, and one that knows the secret would never get any.
func (b *bound) untilSure(now time.Time, lots *rand.Rand) time.Duration {
	left, half := b.TokensAt(now), float64(b.Burst())/2
	b.usedUp = left < 1 || b.usedUp && left < half
	if !b.usedUp || left >= 1 && lots.Float64()*half < left {
		return 0
	}
	return max(time.Millisecond, time.Duration((half-left)/float64(b.Limit())*float64(time.Second)))
}

type client struct {
	left  *bound
	known time.Time // last right secret
	wrong time.Time // last wrong secret that was checked
}

func (c *client) isKnown(now time.Time) bool { return !c.known.IsZero() && now.Sub(c.known) < knownFor }

func (c *client) isNew(now time.Time) bool { return c.wrong.IsZero() || now.Sub(c.wrong) > newAfter }

func (l *Limiter) try(c Client, now time.Time, right func() bool) (ok bool, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	senders, bounds := l.bounds(c, now)
	for _, b := range bounds {
		wait = max(wait, b.untilSure(now, l.lots))
	}
	if wait > 0 {
		return false, wait
	}
	ok = right()
	for key, sender := range senders {
		if ok {
			sender.known = now
		} else {
			sender.wrong = now
		}
		l.keep(key, sender, now)
	}
	if ok {
		return true, 0
	}
	for _, b := range bounds {
		b.AllowN(now, 1)
	}
	return false, 0
}

// The keys of senders are those of l.clients. The caller holds l.mu.
func (l *Limiter) bounds(c Client, now time.Time) (senders map[string]*client, bounds []*bound) {
	if c.Device != "" {
		key := "device " + c.Device
		device := l.sender(key, agentAtOnce, agentPause)
		return map[string]*client{key: device}, []*bound{device.left}
	}
	network, agent := network(c.Addr), sha256.Sum256([]byte(c.Agent))
	program := network + " " + string(agent[:])
	one, addr := l.sender(program, agentAtOnce, agentPause), l.sender(network, addrAtOnce, addrPause)
	senders, bounds = map[string]*client{program: one, network: addr}, []*bound{one.left, addr.left}
	switch {
	case addr.isKnown(now):
		return senders, bounds
	case l.all.TokensAt(now) < allAtOnce/2 && addr.isNew(now):
		return senders, append(bounds, l.new)
	}
	return senders, append(bounds, l.all)
}

func (l *Limiter) sender(key string, atOnce int, pause time.Duration) *client {
	if one := l.clients[key]; one != nil {
		return one
	}
	return &client{left: newBound(atOnce, pause)}
}

// An IPv6 address counts as its /64 network, since one machine has many addresses.
func network(addr string) string {
	if ip, err := netip.ParseAddr(addr); err == nil && ip.Is6() && !ip.Is4In6() {
		if network, err := ip.WithZone("").Prefix(64); err == nil {
			return network.String()
		}
	}
	return addr
}

// If there are too many clients, it first forgets those without effect, then unknown ones, then any. The caller holds
// l.mu.
func (l *Limiter) keep(key string, one *client, now time.Time) {
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
