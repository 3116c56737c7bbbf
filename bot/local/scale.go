package local

import (
	"context"
	"errors"
	"fmt"
)

// A State is the state of a process.
type State string

// States of a process.
const (
	Starting State = "starting" // started, accepts no connection yet
	Up       State = "up"       // accepts connections and gets requests
	Stopping State = "stopping" // surplus: gets no requests, and has not ended yet
	Crashed  State = "crashed"  // ended on its own, or never accepted a connection; waits for its restart
)

// A Dyno describes one process.
type Dyno struct {
	Name  string // "web.1"
	State State
}

// Dynos lists the active processes by number, then those that are stopping in any order. A new web.2 and an old,
// stopping one can exist at the same time.
func (p *Platform) Dynos() []Dyno {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]Dyno, 0, len(p.active)+len(p.stopping))
	for _, d := range p.active {
		list = append(list, Dyno{d.name, d.state})
	}
	for d := range p.stopping {
		list = append(list, Dyno{d.name, d.state})
	}
	return list
}

// Size returns the desired number of processes. settled is true if each accepts connections and no surplus process is
// stopping.
//
// A crashed process counts as settled while it waits for its restart and boots: a broken command must not block the bot
// forever. Before and after [Platform.Run] nothing is settled.
func (p *Platform) Size(ctx context.Context) (n int, settled bool, err error) {
	if err := ctx.Err(); err != nil {
		return 0, false, fmt.Errorf("read the number of local processes: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	settled = p.phase == live && len(p.stopping) == 0
	for _, d := range p.active {
		settled = settled && (d.state == Up || d.crashes > 0)
	}
	return p.wish, settled, nil
}

// Up returns the number of processes that accept connections. Surplus, crashed and starting processes do not count. It
// is 0 before and after [Platform.Run].
func (p *Platform) Up(ctx context.Context) (n int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("count the local processes that are up: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range p.active {
		if d.backend != nil {
			n++
		}
	}
	return n, nil
}

// Resize asks for n processes, 0 to MaxDynos, and returns without waiting for them. A surplus process gets no new
// requests once Resize has returned. It gets SIGTERM when its requests have ended, at most one second later, and
// SIGKILL 10 s after that. Before [Platform.Run], Resize sets the number at the start. During a shutdown it fails.
func (p *Platform) Resize(ctx context.Context, n int) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("scale the local processes to %d: %w", n, err)
	}
	if n < 0 || n > MaxDynos {
		return fmt.Errorf("scale the local processes to %d: must be 0 to %d", n, MaxDynos)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.phase == ending {
		return errors.New("scale the local processes: the platform is shutting down")
	}
	p.wish = n
	if p.phase == live {
		p.adjust()
	}
	return nil
}

// The caller holds the lock, and the platform runs.
func (p *Platform) adjust() {
	p.shrink(p.wish)
	for len(p.active) < p.wish {
		d := &dyno{
			name: fmt.Sprintf("%s.%d", p.o.ProcessType, len(p.active)+1), state: Starting,
			quit: make(chan struct{}),
		}
		p.active = append(p.active, d)
		p.keepers.Go(func() { p.keep(d) })
	}
}

// Ends the highest numbers first. The caller holds the lock.
func (p *Platform) shrink(n int) {
	for len(p.active) > n {
		last := len(p.active) - 1
		d := p.active[last]
		p.active = p.active[:last]
		p.stopping[d] = struct{}{}
		d.state = Stopping
		if d.backend != nil {
			p.pool.remove(d.backend) // first, so that no further request finds it
		}
		close(d.quit)
	}
}
