package local

import (
	"sync"
	"syscall"
	"time"
)

// Limits the waits for the immediate effects of SIGKILL.
const settling = time.Second

type process struct {
	port int
	done chan struct{} // closed once the process and its whole group have ended
	exit string        // how it ended, such as "exit status 1"; set before done is closed

	mu     sync.Mutex
	group  int
	gone   bool      // the group has ended: its id may be reused
	asked  bool      // SIGTERM was sent, so the rest of the group has time until SIGKILL
	killed time.Time // time of SIGKILL
}

// If the leader ended unasked, the rest gets SIGKILL at once. Otherwise it may still be finishing requests: a shell
// ends on SIGTERM before the command it runs.
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
		// The limit is for a member stuck in the kernel.
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

// Reports whether it needed SIGKILL.
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
