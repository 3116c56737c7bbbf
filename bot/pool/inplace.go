package pool

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// resizeLimit is how long a resize in place may take. DigitalOcean's take a minute for each GB of disk in use.
const resizeLimit = time.Hour

// beginResize takes a server out of rotation and resizes it in its place, beside the loop, which leaves it alone meanwhile and
// puts it back into rotation when it is healthy.
func (p *Pool) beginResize(ctx context.Context, a action) {
	r, ok := p.o.Provider.(Resizer)
	if !ok {
		return
	}
	p.log(a, nil)
	say := func(text string) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.memory.resizing[a.id] = text
	}
	say("waiting for its requests to end")
	p.resizes.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, resizeLimit)
		defer cancel()
		err := p.leaveRotation(ctx, a.id)
		if err == nil {
			say("resizing")
			err = r.Resize(ctx, a.id, a.size, say)
		}
		p.mu.Lock()
		delete(p.memory.resizing, a.id)
		if t := p.memory.tracks[a.id]; t != nil {
			t.doom, t.doomed, t.bad, t.passes = "", false, time.Time{}, 0
			if err != nil {
				t.failed(time.Now())
				t.last = fmt.Sprintf("resize failed: %v", err)
			}
		}
		p.rouse()
		p.mu.Unlock()
		if err != nil {
			p.tell(Event{Time: time.Now(), Kind: Broken, Server: a.name, Text: fmt.Sprintf("%s could not be resized: %v", a.name, err)})
		}
	})
}

// leaveRotation drains a server and takes it out of the balancer.
func (p *Pool) leaveRotation(ctx context.Context, id string) error {
	if p.o.Balancer == nil {
		return nil
	}
	for deadline := time.Now().Add(p.o.DrainTimeout); ; {
		m, err := p.memberOf(ctx, id)
		switch {
		case err != nil || m == nil:
			return err
		case m.State == Drained || time.Now().After(deadline):
			return p.call(ctx, func(ctx context.Context) error { return p.o.Balancer.Remove(ctx, *m) })
		case m.State != Draining:
			if err := p.call(ctx, func(ctx context.Context) error { return p.o.Balancer.Drain(ctx, *m) }); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return errors.New("there was no time for its requests to end")
		case <-time.After(min(p.o.Busy, time.Second)):
		}
	}
}

// memberOf reads a server's member afresh, nil where it has none.
func (p *Pool) memberOf(ctx context.Context, id string) (*Member, error) {
	ctx, cancel := context.WithTimeout(ctx, p.o.CallTimeout)
	defer cancel()
	members, err := p.o.Balancer.Members(ctx)
	if err != nil {
		return nil, fmt.Errorf("read who is behind the balancer: %w", err)
	}
	obs := observation{servers: []Server{p.server(id)}, members: members}
	return obs.member(obs.servers[0]), nil
}
