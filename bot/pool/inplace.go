package pool

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A resize at DigitalOcean takes about a minute for each GB of disk in use.
const resizeLimit = time.Hour

// Runs outside the loop, which leaves the server alone meanwhile and puts it back into rotation once it is healthy.
// Without a size, the server is only switched on.
func (p *Pool) beginResize(ctx context.Context, a action) {
	r, ok := p.o.Provider.(Resizer)
	if !ok {
		return
	}
	p.log(a, nil)
	doing := "resizing in place: "
	if a.verb == switchOn {
		doing = "switching on: "
	}
	say := func(text string) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.memory.resizing[a.id] = doing + text
	}
	say("draining its requests")
	p.resizes.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, resizeLimit)
		defer cancel()
		err := p.leaveRotation(ctx, a.id)
		if err == nil {
			say("waiting for the provider")
			err = r.Resize(ctx, a.id, a.size, say)
		}
		if err != nil {
			p.o.Log.Warn("pool: could not "+string(a.verb), "pool", p.o.Name, "server", a.name, "why",
				a.why, "error", err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.memory.resized = append(p.memory.resized, resized{a.id, a.verb, err})
		p.passSoon()
	})
}

type resized struct {
	id   string
	verb verb
	err  error
}

// Call this before an observation: an earlier observation may show the servers as they were.
func (m *memory) endResizes(now time.Time) {
	for _, r := range m.resized {
		delete(m.resizing, r.id)
		t := m.tracks[r.id]
		if t == nil {
			continue
		}
		t.leavesFor, t.leaveBegun, t.passes, t.last = "", false, 0, ""
		if r.err != nil && r.verb == switchOn { // the time it has been off still counts
			t.failed(now, r.verb)
			t.last = fmt.Sprintf("%s failed: %v", r.verb, r.err)
			continue
		}
		t.failsSince, t.sickSince = time.Time{}, time.Time{}
		if r.err != nil {
			m.resizeRetry, m.resizeWhy = now.Add(lastRetry), r.err.Error()
			m.events = append(m.events, Event{
				Time: now, Kind: Broken, Server: t.name,
				Text: fmt.Sprintf("%s could not be resized: %v", t.name, r.err),
			})
		}
	}
	m.resized = nil
}

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
			return errors.New("no time left to drain its requests")
		case <-time.After(min(p.o.Busy, time.Second)):
		}
	}
}

func (p *Pool) memberOf(ctx context.Context, id string) (*Member, error) {
	ctx, cancel := context.WithTimeout(ctx, p.o.CallTimeout)
	defer cancel()
	members, err := p.o.Balancer.Members(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the members of the balancer: %w", err)
	}
	return MemberOf(p.server(id), members), nil
}
