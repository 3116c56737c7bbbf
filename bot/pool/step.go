package pool

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"
)

// Step makes one pass: it reads the pool, does what is due, and returns without waiting for the results. wait is the
// time until the next pass. An error means that the pool could not be read and nothing was changed. [Pool.Status]
// reports actions that failed.
func (p *Pool) Step(ctx context.Context, now time.Time) (wait time.Duration, err error) {
	if err := p.take(ctx); err != nil {
		return p.o.Rest, err
	}
	defer p.give()
	began := time.Now()
	if err := p.look(ctx, now); err != nil {
		return p.o.Rest, err
	}
	now = now.Add(time.Since(began))
	p.mu.Lock()
	pl, retry := p.think(now), p.memory.retry.Sub(now)
	p.mu.Unlock()
	p.notifyObstacles(now, pl.obstacles)
	if p.o.Observe {
		p.pretend(pl.actions)
	} else {
		p.act(ctx, pl.actions, now)
	}
	switch {
	case pl.busy:
		return p.o.Busy, nil
	case retry > 0:
		return min(retry, p.o.Rest), nil
	}
	return p.o.Rest, nil
}

func (p *Pool) pretend(actions []action) {
	would := make(map[string]bool, len(actions))
	for _, a := range actions {
		if text := string(a.verb) + " " + cmp.Or(a.name, a.member.ID); !would[text] {
			if would[text] = true; !p.would[text] {
				p.o.Log.Info("pool: would "+string(a.verb), "pool", p.o.Name, "server", a.name, "why", a.why)
			}
		}
	}
	p.would = would
}

// The caller holds the turn.
func (p *Pool) look(ctx context.Context, now time.Time) error {
	p.mu.Lock()
	p.memory.endResizes(now)
	p.mu.Unlock()
	obs, err := p.observe(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return err // the bot is ending
		}
		p.mu.Lock()
		p.err = err
		p.mu.Unlock()
		p.notifyObstacle(now, ObstacleRead, "the pool cannot be read, so nothing is changed: "+err.Error())
		return err
	}
	p.mu.Lock()
	if p.at.IsZero() {
		p.memory.quiet = now.Add(p.o.Settle) // an earlier run may have sent an order just before it ended
	}
	first := p.at.IsZero()
	p.servers, p.at, p.err = p.memory.learn(&obs, &p.o, now), now, nil
	p.obs = obs
	if first {
		p.o.Log.Info("pool: found", "pool", p.o.Name, "servers", len(p.servers), "want", p.memory.want,
			"size", p.memory.size)
	}
	news := p.memory.events
	p.memory.events = nil
	p.mu.Unlock()
	for _, e := range news {
		p.notify(e)
	}
	p.clearObstacle(now, ObstacleRead)
	return nil
}

// A member that has only a name is removed after its server was missing from this many passes in a row.
const absences = 3

// The caller holds the lock.
func (p *Pool) think(now time.Time) plan {
	st := state{
		memory: p.memory, stale: slices.Clone(p.obs.stale), taken: map[string]bool{}, now: now,
	}
	for _, m := range p.obs.nameless {
		if p.memory.absent[m.Name] >= absences {
			st.stale = append(st.stale, m)
		}
	}
	for _, s := range p.servers {
		planned := *s // planning changes it
		st.servers = append(st.servers, &planned)
		st.taken[s.Name] = true
	}
	for _, m := range p.obs.members {
		st.taken[m.Name] = true
	}
	for _, o := range st.orders {
		st.taken[o.name] = true
	}
	st.least, st.most = p.o.limits(now)
	st.target = min(max(st.want, st.least), st.most)
	p.plan = st.plan(&p.o)
	p.memory.want, p.memory.swap = st.target, p.plan.swap
	p.planned = true
	return p.plan
}

func (p *Pool) notifyObstacles(now time.Time, obstacles map[Obstacle]string) {
	for _, o := range slices.Sorted(maps.Keys(obstacles)) {
		p.notifyObstacle(now, o, obstacles[o])
	}
	for _, o := range slices.Sorted(maps.Keys(p.notified)) {
		if _, still := obstacles[o]; !still {
			p.clearObstacle(now, o)
		}
	}
}

func (p *Pool) notifyObstacle(now time.Time, o Obstacle, text string) {
	if _, told := p.notified[o]; !told {
		p.notified[o] = text
		p.notify(Event{Time: now, Kind: Blocked, About: o, Text: text})
	}
}

func (p *Pool) clearObstacle(now time.Time, o Obstacle) {
	if was, told := p.notified[o]; told {
		delete(p.notified, o)
		p.notify(Event{Time: now, Kind: Cleared, About: o, Text: "resolved: " + was})
	}
}

func (p *Pool) notify(e Event) {
	switch e.Kind {
	case Blocked, Broken:
		p.o.Log.Warn("pool: "+string(e.Kind), "pool", p.o.Name, "server", e.Server, "why", e.Text)
	case Joined, Cleared:
		p.o.Log.Info("pool: "+string(e.Kind), "pool", p.o.Name, "server", e.Server, "why", e.Text)
	case Created, Destroyed: // the action itself is logged
	}
	p.o.Notify(e)
}
