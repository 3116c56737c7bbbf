package local

import (
	"sync"
	"syscall"
	"time"
)

// settling bounds the waits for what follows SIGKILL at once.
const settling = time.Second

type process struct {
	port int
	done chan struct{} // closed when the process has ended and its whole group with it
	exit string        // how it ended: "exit status 1". Set before done is closed.

	mu     sync.Mutex
	group  int
	gone   bool      // the group has ended: its id may be somebody else's by now
	asked  bool      // SIGTERM was sent, so what is left of the group has time until SIGKILL
	killed time.Time // when SIGKILL was sent
}

// When nobody asked the leader to end, the rest gets SIGKILL at once. Otherwise it may still be finishing its
// requests: a shell ends on SIGTERM sooner than the command it runs.
func (proc *process) awaitGroup() {
	proc.mu.Lock()
	asked := proc.asked
	proc.mu.Unlock()
	if !asked {
		proc.signal(syscall.SIGKILL)
	}
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		reapGroup(proc.group)
		proc.mu.Lock()
		// The bound is for a member that is stuck in the kernel.
		proc.gone = !groupAlive(proc.group) || !proc.killed.IsZero() && time.Since(proc.killed) > settling
		gone := proc.gone
		proc.mu.Unlock()
		if gone {
			return
		}
		time.Sleep(pause)
	}
}

func (proc *process) signal(sig syscall.Signal) {
	proc.mu.Lock()
	defer proc.mu.Unlock()
	if proc.gone {
		return
	}
	switch sig {
	case syscall.SIGTERM:
		proc.asked = true
	case syscall.SIGKILL:
		if proc.killed.IsZero() {
			proc.killed = time.Now()
		}
	}
	signalGroup(proc.group, sig)
}

// end reports whether it took SIGKILL.
func (proc *process) end(grace time.Duration) (killed bool) {
	proc.signal(syscall.SIGTERM)
	select {
	case <-proc.done:
		return false
	case <-time.After(grace):
		proc.signal(syscall.SIGKILL)
		<-proc.done
		return true
	}
}
