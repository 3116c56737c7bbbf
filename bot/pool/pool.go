package pool

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// A Pool is a platform whose dynos are servers. It is made by [New], works while [Pool.Run] does, and can be used from
// several goroutines.
type Pool struct {
	o    Options
	wake chan struct{}
	// turn is held from reading the provider to acting on that, so that nobody acts on what another has just changed.
	turn     chan struct{}
	foreign  map[string]bool     // members that are not the pool's, by ID
	notified map[Obstacle]string // what people know to be in the way
	would    map[string]bool     // what a dry run has logged
	resizes  sync.WaitGroup

	mu      sync.Mutex
	memory  memory
	servers []*tracked // as of the last complete observation
	obs     observation
	at      time.Time // of the last complete observation
	err     error     // why the last observation failed; nil where it did not
	plan    plan
	planned bool // nothing was asked for since the plan was made
}

// New checks the options. It calls nobody.
func New(o Options) (*Pool, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("set the pool of servers up: %w", err)
	}
	return &Pool{
		o: o, wake: make(chan struct{}, 1), turn: make(chan struct{}, 1),
		notified: map[Obstacle]string{}, memory: memory{resizing: map[string]string{}},
	}, nil
}

// Run brings the pool to what is wanted and keeps it there until ctx ends. A provider or a balancer with processes of
// its own runs beside.
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
		wait, _ := p.Step(ctx, time.Now()) // whose error the status tells
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
