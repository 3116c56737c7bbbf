package local

import (
	"math/rand/v2"
	"slices"
	"sync"
)

// Backends are the set of processes that requests may go to.
type backends struct {
	mu   sync.Mutex
	live []*backend
}

// A backend is one process as the router sees it.
type backend struct {
	addr string        // "127.0.0.1:43210"
	idle chan struct{} // closed when it was removed and its last connection has ended

	// Guarded by the lock of the set.
	conns   int
	removed bool
}

func (p *backends) add(addr string) *backend {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := &backend{addr: addr, idle: make(chan struct{})}
	p.live = append(p.live, b)
	return b
}

// remove takes a backend out: no further request finds it. To remove it twice is harmless.
func (p *backends) remove(b *backend) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if b.removed {
		return
	}
	b.removed = true
	p.live = slices.DeleteFunc(p.live, func(o *backend) bool { return o == b })
	if b.conns == 0 {
		close(b.idle)
	}
}

// pick gives a random backend that is not among the tried ones, each as likely as the other, and counts a connection to it
// until it is released. It gives nil when there is none.
func (p *backends) pick(tried []*backend) *backend {
	p.mu.Lock()
	defer p.mu.Unlock()
	choice := p.live
	if len(tried) > 0 {
		choice = slices.DeleteFunc(slices.Clone(choice), func(b *backend) bool { return slices.Contains(tried, b) })
	}
	if len(choice) == 0 {
		return nil
	}
	b := choice[rand.IntN(len(choice))]
	b.conns++
	return b
}

func (p *backends) release(b *backend) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b.conns--
	if b.removed && b.conns == 0 {
		close(b.idle)
	}
}

// putBack has a removed backend found again.
func (p *backends) putBack(b *backend) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !b.removed {
		return
	}
	b.removed = false
	if b.conns == 0 {
		b.idle = make(chan struct{})
	}
	p.live = append(p.live, b)
}

// busy is how many connections a backend has, and whether requests may still go to it.
func (p *backends) busy(b *backend) (conns int, open bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return b.conns, !b.removed
}
