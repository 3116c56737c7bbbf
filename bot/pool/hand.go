package pool

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Drain takes a server out of rotation by hand, gently: it gets no new requests from now on. The pool that runs destroys it when its
// requests have ended, and makes another in its place. It is refused where fewer than the minimum would serve.
func (p *Pool) Drain(ctx context.Context, name string) error {
	if err := p.drainByHand(ctx, name); err != nil {
		return fmt.Errorf("drain %s: %w", name, err)
	}
	return nil
}

// Destroy ends a server by hand: it is drained where it is in rotation, taken out of the balancer when its requests have ended or
// their time is over, and destroyed. What is done so far is told to progress, which may be nil. It is refused where fewer than the
// minimum would serve.
func (p *Pool) Destroy(ctx context.Context, name string, progress func(string)) error {
	if progress == nil {
		progress = func(string) {}
	}
	if err := p.destroyByHand(ctx, name, progress); err != nil {
		return fmt.Errorf("destroy %s: %w", name, err)
	}
	return nil
}

// errObserves is why nothing is done by hand.
var errObserves = errors.New("this is a dry run, which changes nothing")

func (p *Pool) drainByHand(ctx context.Context, name string) error {
	if p.o.Observe {
		return errObserves
	}
	if err := p.take(ctx); err != nil {
		return err
	}
	defer p.give()
	s, err := p.find(ctx, name)
	switch {
	case err != nil:
		return err
	case p.o.Balancer == nil:
		return errors.New("the pool has no balancer to take it out of")
	case s.member == nil:
		return fmt.Errorf("it is not in rotation: it is %s", s.stage)
	case s.stage == stageDraining || s.stage == stageDrained:
		return nil
	}
	return p.drainFound(ctx, s)
}

// drainFound drains a server that was just looked at. The caller has the turn.
func (p *Pool) drainFound(ctx context.Context, s tracked) error {
	if err := p.allows(s); err != nil {
		return err
	}
	p.o.Log.Info("pool: drain", "pool", p.o.Name, "server", s.Name, "why", byHand)
	return p.do(s.ID, false, func() error {
		return p.call(ctx, func(ctx context.Context) error { return p.o.Balancer.Drain(ctx, *s.member) })
	})
}

// do does something with a server that lets it go, and remembers why. gone says that this destroys it.
func (p *Pool) do(id string, gone bool, what func() error) error {
	if err := what(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.memory.tracks[id]; t != nil {
		t.doom, t.doomed = byHand, true
		if gone {
			t.ended = time.Now()
		}
	}
	p.rouse()
	return nil
}

// allows says why a server cannot go, nil where it can.
func (p *Pool) allows(s tracked) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	least, _ := p.o.limits(time.Now())
	serving := 0
	for i := range p.seen {
		if s := &p.seen[i]; s.stage == stageServing && !s.leaving() && s.bad.IsZero() {
			serving++
		}
	}
	switch {
	case p.memory.resizing[s.ID] != "":
		return errors.New("it is being resized")
	case s.stage == stageServing && !s.leaving() && s.bad.IsZero() && serving <= least:
		return fmt.Errorf("%d serve, and no fewer than %d may: let the minimum be lower, or more be wanted", serving, least)
	}
	return nil
}

// find looks a server up by its name, afresh. The caller has the turn.
func (p *Pool) find(ctx context.Context, name string) (tracked, error) {
	if err := p.look(ctx, time.Now()); err != nil {
		return tracked{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	names := make([]string, len(p.seen))
	var found []tracked
	for i, s := range p.seen {
		if names[i] = s.Name; s.Name == name {
			found = append(found, s)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return tracked{}, fmt.Errorf("%d servers have this name, and the pool takes all but one of them away by itself", len(found))
	case len(names) == 0:
		return tracked{}, fmt.Errorf("the pool %s has no servers", p.o.Name)
	}
	return tracked{}, fmt.Errorf("the pool %s has no server of this name, only %s", p.o.Name, strings.Join(names, ", "))
}

// handWait is the time between two looks at a server whose requests are to end.
const handWait = time.Second

func (p *Pool) destroyByHand(ctx context.Context, name string, progress func(string)) error {
	if p.o.Observe {
		return errObserves
	}
	var (
		id       string
		deadline time.Time
	)
	for {
		done, err := p.destroyFurther(ctx, name, &id, &deadline, progress)
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w; it was drained, and a pool that runs goes on with it", ctx.Err())
		case <-time.After(handWait):
		}
	}
}

// destroyFurther does what can be done at once.
func (p *Pool) destroyFurther(ctx context.Context, name string, id *string, deadline *time.Time, progress func(string)) (done bool, err error) {
	if err := p.take(ctx); err != nil {
		return false, err
	}
	defer p.give()
	s, err := p.find(ctx, name)
	switch {
	case *id != "" && err == nil && s.ID != *id, *id != "" && err != nil && p.o.Provider != nil && ctx.Err() == nil && p.gone(ctx, *id):
		return true, nil // the pool that runs was faster
	case err != nil:
		return false, err
	}
	*id = s.ID
	switch {
	case s.member == nil:
		return true, p.destroyFound(ctx, s, progress)
	case s.stage == stageEnding:
		return true, nil
	case s.stage == stageDrained, s.stage == stageDraining && !deadline.IsZero() && time.Now().After(*deadline):
		progress("taking " + name + " out of the balancer")
		return false, p.do(s.ID, false, func() error {
			return p.call(ctx, func(ctx context.Context) error { return p.o.Balancer.Remove(ctx, *s.member) })
		})
	case deadline.IsZero():
		*deadline = time.Now().Add(p.o.DrainTimeout)
		if s.stage == stageDraining {
			return false, p.allows(s)
		}
		progress(fmt.Sprintf("draining %s for %v at the most", name, p.o.DrainTimeout))
		return false, p.drainFound(ctx, s)
	}
	return false, nil
}

// gone says that a server is no more.
func (p *Pool) gone(ctx context.Context, id string) bool {
	_, err := p.describe(ctx, id)
	return errors.Is(err, ErrGone)
}

// destroyFound destroys a server that no balancer lists, after one more look at whose it is.
func (p *Pool) destroyFound(ctx context.Context, s tracked, progress func(string)) error {
	if err := p.allows(s); err != nil {
		return err
	}
	switch again, err := p.describe(ctx, s.ID); {
	case errors.Is(err, ErrGone):
		return nil
	case err != nil:
		return err
	case again.Name != s.Name:
		return fmt.Errorf("it is called %s by now", again.Name)
	}
	progress("destroying " + s.Name)
	p.o.Log.Info("pool: destroy", "pool", p.o.Name, "server", s.Name, "why", byHand)
	return p.do(s.ID, true, func() error {
		err := p.call(ctx, func(ctx context.Context) error { return p.o.Provider.Destroy(ctx, s.ID) })
		if errors.Is(err, ErrGone) {
			return nil
		}
		return err
	})
}
