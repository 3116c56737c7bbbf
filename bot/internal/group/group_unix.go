//go:build unix

// Package group ends commands together with all that they started.
package group

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// Lead makes a command, which has a context and is not started yet, the leader of a process group: its context ends
// that as a whole.
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

// guard runs a command in the place of the shell that reads this, beside a process that kills their group when the
// pipe at descriptor 3 ends without a line: when the program that holds its other end has died. That process is
// nobody's child, so that no command waits for it.
const guard = `( ( exec >/dev/null 2>&1; read -r end <&3 || kill -KILL 0 ) & )
exec "$@" 3<&-`

// Shell makes a command that runs the shell with these arguments as [Lead] says. All that it has started is also killed
// when this program dies before it has called end, by whatever signal.
func Shell(ctx context.Context, shell string, args ...string) (cmd *exec.Cmd, end func(), err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	cmd = exec.CommandContext(ctx, shell, append([]string{"-c", guard, "sh", shell}, args...)...)
	cmd.ExtraFiles = []*os.File{r}
	Lead(cmd)
	return cmd, func() {
		_, _ = w.WriteString("end\n") // what the command has left behind may go on
		_ = w.Close()
		_ = r.Close()
	}, nil
}
