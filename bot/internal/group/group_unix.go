//go:build unix

// Package group ends commands together with all that they started.
package group

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// Lead makes a command, which has a context and is not started yet, the leader of a process group: its context ends that as a whole.
func Lead(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		if errors.Is(err, syscall.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
}
