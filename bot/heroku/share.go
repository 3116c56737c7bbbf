package heroku

import (
	"context"
	"sync"
	"time"
)

// The ticks of process types begin together, but some heartbeats take longer than others.
const fresh = 2 * time.Second

type share[T any] struct {
	mu     sync.Mutex
	newest *reading[T] // nil if there is no reading to share
}

type reading[T any] struct {
	begun  time.Time
	cancel context.CancelFunc
	done   chan struct{} // closed when value and err are set
	value  T
	err    error

	taken   map[string]bool // by process type; this and waiting are guarded by share.mu
	waiting int
}

func sharing[T any](ctx context.Context, p *Platform, s *share[T], read func(context.Context) (T, error)) (T, error) {
	if p.shared.several() < 2 {
		return read(ctx)
	}
	return s.get(ctx, p, read)
}

// Returns a reading that began less than fresh ago and that this process type has not had: another's, or a new one. It
// returns no later than ctx ends; the request continues as long as somebody waits for it.
func (s *share[T]) get(ctx context.Context, p *Platform, read func(context.Context) (T, error)) (value T, err error) {
	if ctx.Err() != nil {
		return value, p.transport.Ended(ctx)
	}
	r := s.join(ctx, p.processType, read)
	select {
	case <-r.done:
		return r.value, r.err
	case <-ctx.Done():
		s.leave(r)
		return value, p.transport.Ended(ctx)
	}
}

func (s *share[T]) join(ctx context.Context, who string, read func(context.Context) (T, error)) *reading[T] {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.newest; r != nil && !r.taken[who] && time.Since(r.begun) < fresh {
		r.taken[who] = true
		r.waiting++
		return r
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r := &reading[T]{
		begun: time.Now(), cancel: cancel, done: make(chan struct{}),
		taken: map[string]bool{who: true}, waiting: 1,
	}
	s.newest = r
	go func() {
		defer cancel()
		r.value, r.err = read(ctx)
		if r.err != nil {
			s.dropIf(r)
		}
		close(r.done)
	}()
	return r
}

func (s *share[T]) leave(r *reading[T]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.waiting--; r.waiting == 0 {
		r.cancel()
		s.forget(r)
	}
}

func (s *share[T]) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newest = nil
}

func (s *share[T]) dropIf(r *reading[T]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(r)
}

// s.mu must be held.
func (s *share[T]) forget(r *reading[T]) {
	if s.newest == r {
		s.newest = nil
	}
}
