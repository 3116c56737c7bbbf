package pool

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// A Pool is a platform whose units are servers. Make one with [New]; it works while [Pool.Run] runs. It is safe for
// concurrent use.
type Pool struct {
	o    Options
	wake chan struct{}
	// Held from reading the provider to acting on what was read, so that nobody acts on outdated facts.
	turn     chan struct{}
	foreign  map[string]bool     // members that are not the pool's, by ID
	notified map[Obstacle]string // obstacles that people know about
	would    map[string]bool     // what a dry run has logged
	resizes  sync.WaitGroup

	mu      sync.Mutex
	memory  memory
	servers []*tracked // as of the last complete observation
	obs     observation
	at      time.Time // of the last complete observation
	err     error     // why the last observation failed; nil if it succeeded
	plan    plan
	planned bool // nothing was asked for since the plan was made
}

// New checks the options. It makes no calls.
func New(o Options) (*Pool, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("set up the pool of servers: %w", err)
	}
	return &Pool{
		o: o, wake: make(chan struct{}, 1), turn: make(chan struct{}, 1),
		notified: map[Obstacle]string{}, memory: memory{resizing: map[string]string{}},
	}, nil
}

// Run keeps the pool at the desired number until ctx ends. It also runs a provider or a balancer that has processes of
// its own.
func (p *Pool) Run(ctx context.Context) error {
	var others sync.WaitGroup
	defer p.resizes.Wait()
	defer others.Wait()
	for _, part := range []any{p.o.Provider, p.o.Balancer} {
		if r, ok := part.(interface {
			Run(ctx context.Context) error
		}); ok {
			others.Go(func() {
				if err := r.Run(ctx); err != nil && ctx.Err() == nil {
					p.o.Log.Error("a part of the pool ended", "error", err)
				}
			})
		}
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.wake:
		case <-timer.C:
		}
		wait, _ := p.Step(ctx, time.Now()) // the status reports the error
		timer.Reset(wait)
	}
}

func (p *Pool) take(ctx context.Context) error {
	select {
	case p.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *Pool) give() { <-p.turn }

func (p *Pool) expected() (ids []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, t := range p.memory.tracks {
		if t.ended.IsZero() {
			ids = append(ids, id)
		}
	}
	for _, o := range p.memory.orders {
		if o.id != "" {
			ids = append(ids, o.id)
		}
	}
	return ids
}

// The caller holds the lock.
func (p *Pool) passSoon() {
	p.planned = false
	select {
	case p.wake <- struct{}{}:
	default:
	}
}
