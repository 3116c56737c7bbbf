package local

import (
	"math/rand/v2"
	"slices"
	"sync"
)

type backends struct {
	mu   sync.Mutex
	live []*backend
}

type backend struct {
	addr string        // "127.0.0.1:43210"
	idle chan struct{} // closed once it is removed and its last connection has ended

	// Guarded by the set's lock.
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

// May be called twice.
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

// Uniform among the backends not tried yet. Counts a connection until it is released. Returns nil if there is no
// backend.
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

func (p *backends) busy(b *backend) (conns int, open bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return b.conns, !b.removed
}
