package local

import (
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// launch is what sh runs first in every process: it tells the watchdog of its group, closes the pipe to it, and becomes the
// command. Telling it here rather than from the bot leaves no moment at which the bot could be killed and the process be
// unknown to the watchdog. The subshell takes the SIGPIPE when the watchdog is gone.
const launch = `(echo "+$$" >&3) 2>/dev/null; exec 3>&-; exec "$0" -c "$1"`

// settling bounds the waits for what follows SIGKILL at once: the group's end, and that of its output.
const settling = time.Second

// A process is one running command with its process group.
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

// start starts the command as one process group.
func (p *Platform) start(name string, port int) (*process, error) {
	cmd := exec.Command(p.shell, "-c", launch, p.shell, p.o.Command)
	cmd.Dir = p.o.Dir
	cmd.Env = append(append([]string{}, p.o.Env...), "PORT="+strconv.Itoa(port), "DYNO="+name)
	cmd.ExtraFiles = []*os.File{p.dog.pipe}
	cmd.SysProcAttr = ownGroup()
	flush := func() {}
	if p.out != nil {
		w, f, err := p.out.tap(name + " | ")
		if err != nil {
			return nil, err
		}
		defer w.Close()
		cmd.Stdout, cmd.Stderr, flush = w, w, f
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	proc := &process{port: port, done: make(chan struct{}), group: cmd.Process.Pid}
	p.mu.Lock()
	p.running[proc] = struct{}{}
	p.mu.Unlock()
	select {
	case <-p.killed: // Kill may have come before it could find this process
		proc.signal(syscall.SIGKILL)
	default:
	}
	go p.await(proc, cmd, flush)
	return proc, nil
}

// await waits for the end of a process, of its group and of its output.
func (p *Platform) await(proc *process, cmd *exec.Cmd, flush func()) {
	_ = cmd.Wait() // the state below tells it all
	proc.exit = cmd.ProcessState.String()
	proc.awaitGroup()
	p.dog.forget(proc.group)
	flush()
	p.mu.Lock()
	delete(p.running, proc)
	p.mu.Unlock()
	close(proc.done)
}

// awaitGroup waits until the rest of the group has ended after its leader. When nobody asked the leader to end, the rest
// gets SIGKILL at once. Otherwise it may still be finishing its requests: a shell ends on SIGTERM sooner than the command
// it runs.
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

// signal sends a signal to the whole group, unless it has ended.
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
