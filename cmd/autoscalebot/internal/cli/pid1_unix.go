//go:build unix

package cli

import (
	"errors"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// signalled is added to the number of the signal that ended a process to make an exit code, as shells do.
const signalled = 128

// readyToCrash has a crash end the process by SIGABRT, as Go's own exit code would say that the settings are wrong,
// with which no service manager starts a program anew. No core file is left, in which secrets would stand.
func readyToCrash() {
	debug.SetTraceback("crash")
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_CORE, &limit) == nil {
		limit.Cur = 0
		_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &limit)
	}
}

// asInit does what is expected of the first process of a container, if this is it: the program itself runs in a child,
// to which signals are passed on, and every process that is left over is waited for. It returns the child's exit code.
func asInit() (code int, ended bool) {
	if os.Getpid() != 1 {
		return 0, false
	}
	self, err := os.Executable()
	if err != nil {
		return 0, false // without /proc, say: then nobody waits for what is left over
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
			_ = syscall.Kill(child.Pid, s.(syscall.Signal)) // which may have ended
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
