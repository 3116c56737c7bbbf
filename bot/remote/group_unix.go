//go:build unix

package remote

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// inOwnGroup makes a command the leader of a process group, which its context ends as a whole.
func inOwnGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		if errors.Is(err, syscall.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
}
