package local

import (
	"context"
	"errors"
	"fmt"
)

// A State is what a process is doing.
type State string

// The states of a process.
const (
	Starting State = "starting" // it was started and accepts no connection yet
	Up       State = "up"       // it accepts connections and gets requests
	Stopping State = "stopping" // it is surplus, gets no request any more, and has not ended yet
	Crashed  State = "crashed"  // it ended by itself, or never accepted a connection, and waits for its restart
)

// A Dyno is one process as seen from outside.
type Dyno struct {
	Name  string // "web.1"
	State State
}

// Dynos lists the processes: those that are wished for by number, then those that are stopping in no order. A new web.2
// and an old one that is still stopping can be there at the same time.
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

// Size gives the number of processes that is wished for. settled is true when each of them accepts connections and no
// surplus one is still stopping.
//
// A process that has crashed counts as settled while it waits for its restart and boots again: a command that is broken
// must not keep the bot from acting for ever. Before and after [Platform.Run] nothing is settled.
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

// Up tells how many processes accept connections. One that is surplus, crashed or starting doesn't count, and before
// and after [Platform.Run] none does.
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
// request once Resize has returned; it gets SIGTERM when its requests have ended, after one second at the latest, and
// SIGKILL 10 s later. Before [Platform.Run] Resize changes how many processes Run starts with; once the shutdown has
// begun it fails.
func (p *Platform) Resize(ctx context.Context, n int) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("scale the local processes to %d: %w", n, err)
	}
	if n < 0 || n > MaxDynos {
		return fmt.Errorf("scale the local processes to %d: want 0 to %d", n, MaxDynos)
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

// The caller holds the lock, and the platform is live.
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

// shrink ends the highest numbers first. The caller holds the lock.
func (p *Platform) shrink(n int) {
	for len(p.active) > n {
		last := len(p.active) - 1
		d := p.active[last]
		p.active = p.active[:last]
		p.stopping[d] = struct{}{}
		d.state = Stopping
		if d.backend != nil {
			p.pool.remove(d.backend) // first of all, so that no further request finds it
		}
		close(d.quit)
	}
}
