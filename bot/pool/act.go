package pool

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A call in flight when the bot ends gets this long to return.
const endGrace = 5 * time.Second

// Only orders run side by side: a user's script may take minutes for each. What fails is tried again in a later pass.
// The caller holds the turn.
func (p *Pool) act(ctx context.Context, actions []action, now time.Time) {
	began := time.Now()
	at := func() time.Time { return now.Add(time.Since(began)) }
	var orders []action
	for _, a := range actions {
		switch {
		case ctx.Err() != nil:
			return
		case a.verb == create:
			orders = append(orders, a)
		case a.verb == resize || a.verb == switchOn:
			p.beginResize(ctx, a)
		default:
			p.change(ctx, a, at)
		}
	}
	if ctx.Err() == nil && len(orders) > 0 {
		p.create(ctx, orders, at)
	}
}

// An order counts as a server from before it is sent until the provider lists the server.
func (p *Pool) create(ctx context.Context, orders []action, at func() time.Time) {
	p.mu.Lock()
	for _, a := range orders {
		p.memory.orders = append(p.memory.orders, order{name: a.name, size: a.size, at: at()})
	}
	p.mu.Unlock()
	made, errs := make([]Server, len(orders)), make([]error, len(orders))
	var wg sync.WaitGroup
	for i, a := range orders {
		wg.Go(func() {
			errs[i] = p.call(ctx, func(ctx context.Context) (err error) {
				made[i], err = p.o.Provider.Create(ctx, Order{Name: a.name, Size: a.size})
				return err
			})
		})
	}
	wg.Wait()
	now := at()
	p.mu.Lock()
	p.memory.ordered(orders, made, errs, now, p.o.Settle)
	p.mu.Unlock()
	for i, a := range orders {
		p.log(a, errs[i])
		if errs[i] == nil {
			p.notify(Event{
				Time: now, Kind: Created, Server: a.name,
				Text: fmt.Sprintf("%s was ordered: %s", a.name, a.why),
			})
		}
	}
}

// Orders that fail together count as one failure.
func (m *memory) ordered(orders []action, made []Server, errs []error, now time.Time, settle time.Duration) {
	why := ""
	for i, a := range orders {
		at := slices.IndexFunc(m.orders, func(o order) bool { return o.name == a.name })
		switch err := errs[i]; {
		case err == nil:
			m.orders[at].id, m.orders[at].at = made[i].ID, now
			continue
		case errors.Is(err, ErrRefused):
			m.orders = slices.Delete(m.orders, at, at+1)
		default: // a server may exist, and be listed soon
			m.orders[at].at, m.quiet = now, now.Add(settle)
		}
		if why == "" {
			why = errs[i].Error()
		}
	}
	if why != "" {
		m.creationFailed(now, why)
	}
}

func (p *Pool) change(ctx context.Context, a action, at func() time.Time) {
	p.beginLeave(a, at())
	err := p.call(ctx, func(ctx context.Context) error {
		switch a.verb {
		case add:
			return p.o.Balancer.Add(ctx, p.server(a.id))
		case drain:
			return p.o.Balancer.Drain(ctx, a.member)
		case remove:
			return p.o.Balancer.Remove(ctx, a.member)
		case destroy:
			return p.o.Provider.Destroy(ctx, a.id)
		case create, resize, switchOn:
		}
		return fmt.Errorf("unknown action %q", a.verb)
	})
	if a.verb == destroy && errors.Is(err, ErrGone) {
		err = nil
	}
	p.log(a, err)
	p.changed(a, err, at())
	if a.verb == destroy && err == nil {
		p.notify(Event{
			Time: at(), Kind: Destroyed, Server: a.name,
			Text: fmt.Sprintf("%s was destroyed: %s", a.name, a.why),
		})
	}
}

func (p *Pool) changed(a action, err error, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.memory.tracks[a.id]
	switch {
	case t == nil:
	case err != nil:
		t.failed(now, a.verb)
		t.last = fmt.Sprintf("%s failed: %v", a.verb, err)
		if a.verb == add {
			t.refused = err.Error()
		}
	default:
		t.worked()
		t.last = ""
		switch a.verb {
		case add:
			t.added, t.leavesFor, t.leaveBegun, t.refused = now, "", false, ""
		case destroy:
			t.ended = now
		case create, drain, remove, resize, switchOn:
		}
	}
}

func (p *Pool) beginLeave(a action, now time.Time) {
	p.mu.Lock()
	t := p.memory.tracks[a.id]
	first := t != nil && a.leavesFor != "" && !t.leaveBegun
	if first {
		t.leavesFor, t.leaveBegun = a.leavesFor, true
		if a.failed {
			p.memory.creationFailed(now, fmt.Sprintf("%s: %s", a.name, a.why))
		}
	}
	p.mu.Unlock()
	if first && (a.failed || a.leavesFor == failing || a.leavesFor == shutOut) {
		p.notify(Event{
			Time: now, Kind: Broken, Server: a.name,
			Text: fmt.Sprintf("%s is being removed: %s", a.name, a.why),
		})
	}
}

func (p *Pool) server(id string) Server {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.servers {
		if s.ID == id {
			return s.Server
		}
	}
	return Server{ID: id}
}

func (p *Pool) log(a action, err error) {
	if err != nil {
		p.o.Log.Warn("pool: could not "+string(a.verb), "pool", p.o.Name, "server", a.name, "why", a.why, "error", err)
		return
	}
	p.o.Log.Info("pool: "+string(a.verb), "pool", p.o.Name, "server", a.name, "why", a.why)
}

// When ctx ends, a call in flight gets endGrace to return.
func (p *Pool) call(ctx context.Context, do func(ctx context.Context) error) error {
	callCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.o.CallTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(endGrace, cancel) })()
	return do(callCtx)
}
