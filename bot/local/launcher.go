package local

import (
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
)

// Tells the watchdog its group, closes the pipe, and becomes the command. The bot does not tell the watchdog itself: it
// could be killed before that, and the process would outlive it. The subshell absorbs the SIGPIPE if the watchdog is
// gone.
const launch = `(echo "+$$" >&3) 2>/dev/null; exec 3>&-; exec "$0" -c "$1"`

type launcher struct {
	shell   string
	command string
	dir     string
	env     []string
	out     *output       // nil discards the output
	dog     *watchdog     // set before the first process starts
	killed  chan struct{} // closed by kill

	mu      sync.Mutex
	running map[*process]struct{}
}

func newLauncher(shell, command, dir string, env []string, out *output) *launcher {
	return &launcher{
		shell: shell, command: command, dir: dir, env: env, out: out, killed: make(chan struct{}),
		running: map[*process]struct{}{},
	}
}

func (l *launcher) start(name string, port int, env ...string) (*process, error) {
	cmd := exec.Command(l.shell, "-c", launch, l.shell, l.command)
	cmd.Dir = l.dir
	cmd.Env = append(append(append([]string{}, l.env...), "PORT="+strconv.Itoa(port)), env...)
	cmd.ExtraFiles = []*os.File{l.dog.pipe}
	cmd.SysProcAttr = ownGroup()
	flush := func() {}
	if l.out != nil {
		w, f, err := l.out.tap(name + " | ")
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
	l.mu.Lock()
	l.running[proc] = struct{}{}
	l.mu.Unlock()
	select {
	case <-l.killed: // kill may have come before it could find this process
		proc.signal(syscall.SIGKILL)
	default:
	}
	go l.await(proc, cmd, flush)
	return proc, nil
}

func (l *launcher) await(proc *process, cmd *exec.Cmd, flush func()) {
	_ = cmd.Wait() // the state below is complete
	proc.exit = cmd.ProcessState.String()
	proc.awaitGroup()
	l.dog.forget(proc.group)
	flush()
	l.mu.Lock()
	delete(l.running, proc)
	l.mu.Unlock()
	close(proc.done)
}

// Sends SIGKILL to every group, including those that start later. Reports whether this is the first call.
func (l *launcher) kill() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.killed:
		return false
	default:
		close(l.killed)
	}
	for proc := range l.running {
		proc.signal(syscall.SIGKILL)
	}
	return true
}
