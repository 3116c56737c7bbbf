//go:build unix

package cli

import (
	"errors"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// A crash ends the process with SIGABRT. Go's own exit code of a crash, 2, means wrong settings here, and with it the
// service manager would not restart the bot. A core file would contain secrets, so none is written.
func readyToCrash() {
	debug.SetTraceback("crash")
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_CORE, &limit) == nil {
		limit.Cur = 0
		_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &limit)
	}
}

// The first process of a container must reap orphaned processes. If this is that process, the program runs in a child
// that gets all signals, and code is the child's exit code.
func asInit() (code int, ended bool) {
	if os.Getpid() != 1 {
		return 0, false
	}
	self, err := os.Executable()
	if err != nil {
		return 0, false // such as without /proc: orphans are then not reaped
	}
	ch := make(chan os.Signal, 16)
	signal.Notify(ch, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT,
		syscall.SIGUSR1, syscall.SIGUSR2)
	child, err := os.StartProcess(self, os.Args, &os.ProcAttr{Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}})
	if err != nil {
		signal.Stop(ch)
		return 0, false
	}
	go func() {
		for s := range ch {
			_ = syscall.Kill(child.Pid, s.(syscall.Signal)) // fails if it has ended
		}
	}()
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR), err == nil && pid != child.Pid:
		case err != nil:
			return exitWork, true
		case status.Exited():
			return status.ExitStatus(), true
		case status.Signaled():
			return signalled + int(status.Signal()), true
		}
	}
}
