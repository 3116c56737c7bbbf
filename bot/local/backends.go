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

// remove may be called twice.
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

// pick is uniform among the backends not tried, and counts a connection until it is released. nil: there is none.
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
