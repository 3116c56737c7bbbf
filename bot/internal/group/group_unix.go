//go:build unix

// Package group ends commands together with every process that they started.
package group

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// Lead makes cmd the leader of a process group, which its context ends as a whole. Call it before the command starts.
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

// guard replaces the shell by the command, next to a process that kills their group if the pipe at descriptor 3 ends
// without a line, that is, if this program has died. The process is not a child of the command, so no command waits for
// it.
const guard = `( ( exec >/dev/null 2>&1; read -r end <&3 || kill -KILL 0 ) & )
exec "$@" 3<&-`

// Shell returns a command that runs the shell with these arguments, as [Lead] describes. Its group is also killed if
// this program dies, by any signal, before it has called end.
func Shell(ctx context.Context, shell string, args ...string) (cmd *exec.Cmd, end func(), err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	cmd = exec.CommandContext(ctx, shell, append([]string{"-c", guard, "sh", shell}, args...)...)
	cmd.ExtraFiles = []*os.File{r}
	Lead(cmd)
	return cmd, func() {
		_, _ = w.WriteString("end\n") // what the command left behind may continue
		_ = w.Close()
		_ = r.Close()
	}, nil
}
