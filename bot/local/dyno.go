package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
	"time"
)

// A dyno outlives its process: after a crash it gets another.
type dyno struct {
	name string        // "web.1"
	quit chan struct{} // closed when the dyno is surplus

	// The rest is guarded by the platform's lock.
	state   State
	crashes int      // in a row, since it last ran for some time
	backend *backend // the router's backend while it is up
}

var (
	errPortTaken = errors.New("another program took its port")
	errSurplus   = errors.New("stopped as surplus")
)

func (p *Platform) keep(d *dyno) {
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.stopping, d)
	}()
	for stolen := 0; ; {
		err := p.live(d)
		select {
		case <-d.quit:
			return
		case <-p.procs.killed:
			return
		default:
		}
		// A new port is enough. The limit prevents a loop if a command leaves its port in use.
		if errors.Is(err, errPortTaken) && stolen < 3 {
			stolen++
			continue
		}
		stolen = 0
		wait := p.crashed(d)
		p.log.Warn("local process crashed", "process", d.name, "exit", err, "restart_in", wait)
		select {
		case <-time.After(wait):
		case <-d.quit:
			return
		case <-p.procs.killed:
			return
		}
	}
}

// Returns when the process and its whole group have ended. The error says how.
func (p *Platform) live(d *dyno) error {
	port, err := p.ports.take()
	if err != nil {
		return err
	}
	defer p.ports.giveBack(port)
	p.setState(d, Starting)
	began := time.Now()
	proc, err := p.procs.start(d.name, port, "DYNO="+d.name)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	if err := p.boot(d, proc, addr); err != nil {
		return err
	}
	b := p.up(d, addr)
	if b != nil {
		p.log.Info("local process is up", "process", d.name, "port", port, "boot",
			time.Since(began).Round(time.Millisecond))
	}
	select {
	case <-proc.done:
	case <-d.quit:
		p.stop(d, b, proc)
		return errSurplus
	}
	if p.down(d, b, began) && portTaken(port) {
		return errPortTaken
	}
	return errors.New(proc.exit)
}

// On an error the process has ended.
func (p *Platform) boot(d *dyno, proc *process, addr string) error {
	ctx, cancel := context.WithTimeout(context.Background(), p.timing.boot)
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	var dialer net.Dialer
	for {
		if c, err := dialer.DialContext(ctx, "tcp", addr); err == nil {
			_ = c.Close()
			return nil
		}
		select {
		case <-poll.C:
		case <-proc.done:
			if portTaken(proc.port) {
				return errPortTaken
			}
			return errors.New(proc.exit)
		case <-d.quit:
			p.stop(d, nil, proc)
			return errSurplus
		case <-ctx.Done():
			proc.signal(syscall.SIGKILL)
			<-proc.done
			return fmt.Errorf("R10: no connection accepted at 127.0.0.1 on $PORT within %v, so it was stopped",
				p.timing.boot)
		}
	}
}

// Waits for requests, then sends SIGTERM, and SIGKILL if that is not enough. b is nil if the process never got
// requests.
func (p *Platform) stop(d *dyno, b *backend, proc *process) {
	if b != nil {
		select {
		case <-b.idle:
		case <-proc.done:
		case <-p.closing:
		case <-time.After(p.timing.drain):
		}
	}
	if proc.end(p.timing.grace) {
		p.log.Warn("local process ignored SIGTERM and was killed", "process", d.name,
			"after", p.timing.grace)
	}
	p.log.Info("local process stopped", "process", d.name, "exit", proc.exit)
}

// Returns nil if the dyno has become surplus meanwhile.
func (p *Platform) up(d *dyno, addr string) *backend {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d.state == Stopping {
		return nil
	}
	d.state = Up
	d.backend = p.pool.add(addr)
	return d.backend
}

// Reports whether the process ended soon after its start. A process that was up for some time resets its crashes.
func (p *Platform) down(d *dyno, b *backend, began time.Time) (soon bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	soon = time.Since(began) < p.timing.calm
	if !soon {
		d.crashes = 0
	}
	if b != nil && d.backend == b {
		p.pool.remove(b)
		d.backend = nil
	}
	return soon
}

func (p *Platform) crashed(d *dyno) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d.state != Stopping {
		d.state = Crashed
	}
	d.crashes++
	return p.timing.restartAfter(d.crashes)
}

func (p *Platform) setState(d *dyno, s State) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d.state != Stopping {
		d.state = s
	}
}

// crashes counts a row, from 1.
func (t timing) restartAfter(crashes int) time.Duration {
	wait := t.backoff
	for range crashes - 1 {
		if wait >= t.backoffMax {
			break
		}
		wait *= 2
	}
	return min(wait, t.backoffMax)
}
